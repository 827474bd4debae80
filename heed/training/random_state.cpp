// SPDX-License-Identifier: Apache-2.0
#include "heed/training/random_state.h"

#include <mutex>

#include <ATen/ATen.h>
#include <ATen/Context.h>

#include "heed/core/error.h"

namespace heed::training {
namespace {

std::map<std::string, at::Generator> generators(at::Device device) {
  std::map<std::string, at::Generator> result{{"cpu", at::globalContext().defaultGenerator(at::kCPU)}};
  if (!device.is_cpu()) result.emplace("device", at::globalContext().defaultGenerator(device));
  return result;
}

}  // namespace

std::map<std::string, at::Tensor> random_state(at::Device device) {
  std::map<std::string, at::Tensor> state;
  for (auto& [name, generator] : generators(device)) {
    const std::lock_guard<std::mutex> lock(generator.mutex());
    state[name] = generator.get_state().clone();
  }
  return state;
}

void set_random_state(const std::map<std::string, at::Tensor>& state, at::Device device,
                      const std::string& place) {
  for (auto& [name, generator] : generators(device)) {
    const auto found = state.find(name);
    if (found == state.end()) {
      throw Error(ErrorKind::kCheckpoint, "has no random state for the " + name + " generator", place);
    }
    const std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_state(found->second);
  }
}

}  // namespace heed::training
