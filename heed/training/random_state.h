// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace heed::training {

/// States of torch's default generators: "cpu", and "device" for another device. Dropout draws from them.
std::map<std::string, at::Tensor> random_state(at::Device device);

/// Puts states of random_state() back; Error(kCheckpoint) when one is missing.
void set_random_state(const std::map<std::string, at::Tensor>& state, at::Device device,
                      const std::string& place);

}  // namespace heed::training
