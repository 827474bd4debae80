// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <c10/core/Device.h>

namespace heed::training {

/// Seconds a square matrix product of fp32 takes over seconds the same product of bf16 takes; above 1, bf16
/// is faster. Takes a few milliseconds. The products are 384 wide, about what a layer of a small Transformer
/// multiplies (4,096 on an accelerator).
double bf16_speedup(at::Device device);

/// "fp32" or "bf16" as asked; for "auto" what the device is faster at, fp32 unless bf16 gains a fifth.
std::string resolve_precision(const std::string& precision, at::Device device);

}  // namespace heed::training
