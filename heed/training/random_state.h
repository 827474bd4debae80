// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace heed::training {

/// Returns the states of torch's default generators, on which dropout depends: "cpu", and "device" for
/// another device.
std::map<std::string, at::Tensor> random_state(at::Device device);

/// Restores states from random_state(). Throws Error(kCheckpoint) if one is missing.
void set_random_state(const std::map<std::string, at::Tensor>& state, at::Device device,
                      const std::string& place);

}  // namespace heed::training
