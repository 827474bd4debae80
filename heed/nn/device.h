// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <c10/core/Device.h>

namespace heed::nn {

/// "cpu", "cuda" or "cuda:1". Throws Error(kUsage) naming the field `device` when this machine or this libtorch has
/// no such device.
at::Device parse_device(const std::string& name);

}  // namespace heed::nn
