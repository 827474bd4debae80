// SPDX-License-Identifier: Apache-2.0
#include "heed/training/run_folder.h"

#include <map>
#include <set>

#include <ATen/ATen.h>

#include "heed/core/files.h"
#include "heed/training/lora.h"
#include "heed/training/weights_fit.h"

namespace heed::training {
namespace {

/// Maps all names to parameters and buffers; a tied weight may have two names. Adapters belong to a base, whose
/// weights are not theirs.
TensorMap named_weights(const torch::nn::Module& module) {
  TensorMap weights;
  const bool adapted = has_adapters(module);
  for (const auto& item : module.named_parameters())
    if (!adapted || item.value().requires_grad()) weights[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) weights[item.key()] = item.value();
  return weights;
}

}  // namespace

TensorMap distinct_weights(const torch::nn::Module& module) {
  TensorMap weights;
  std::set<const void*> seen;
  for (const auto& [name, weight] : named_weights(module)) {
    if (seen.insert(weight.unsafeGetTensorImpl()).second) weights[name] = weight;
  }
  return weights;
}

void write_weights(FileWriter& file, const TensorMap& weights, WeightFormat format) {
  std::optional<at::ScalarType> floats;
  if (format == WeightFormat::kBFloat16) floats = at::kBFloat16;
  write_tensors(file, weights, {{"format", "pt"}}, floats);
}

void write_weights(FileWriter& file, const torch::nn::Module& module, WeightFormat format) {
  write_weights(file, distinct_weights(module), format);
}

void save_weights(const torch::nn::Module& module, const std::filesystem::path& file, WeightFormat format) {
  write_atomically(file, [&](FileWriter& writer) { write_weights(writer, module, format); });
}

void load_weights(torch::nn::Module& module, const Safetensors& file, Crc32c* checksum) {
  const TensorMap weights = named_weights(module);
  check_weights_fit(weights, shapes_of(file), file.name());
  read_tensors(file, weights, checksum);
}

void load_weights(torch::nn::Module& module, const std::filesystem::path& file) {
  load_weights(module, Safetensors::read(file));
}

}  // namespace heed::training
