// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <c10/core/Device.h>

namespace heed::training {

/// Returns the time of a square matrix product in fp32 divided by its time in bf16; above 1, bf16 is faster.
/// The size is 256 on the CPU, about that of a layer of a small Transformer, and 4,096 on an accelerator.
/// Takes a tenth of a second.
double bf16_speedup(at::Device device);

/// Returns "fp32" or "bf16" as requested; for "auto", bf16 if it is at least a fifth faster on the device,
/// else fp32. Warns where bf16 is requested and takes more than twice as long as fp32.
std::string resolve_precision(const std::string& precision, at::Device device);

}  // namespace heed::training
