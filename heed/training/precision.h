// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <c10/core/Device.h>

namespace heed::training {

/// Seconds a square matrix product of fp32 takes over seconds the same product of bf16 takes; above 1, bf16
/// is faster. Multiplies 256 by 256 on the CPU, about a layer of a small Transformer, and 4,096 on an
/// accelerator: a tenth of a second.
double bf16_speedup(at::Device device);

/// "fp32" or "bf16" as asked; for "auto" what the device is faster at, fp32 unless bf16 gains a fifth.
std::string resolve_precision(const std::string& precision, at::Device device);

}  // namespace heed::training
