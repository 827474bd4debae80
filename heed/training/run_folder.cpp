// SPDX-License-Identifier: Apache-2.0
#include "heed/training/run_folder.h"

#include <map>
#include <set>
#include <sstream>
#include <vector>

#include <ATen/ATen.h>

#include "heed/core/error.h"
#include "heed/core/files.h"

namespace heed::training {
namespace {

/// Maps all names to parameters and buffers; a tied weight may have two names.
TensorMap named_weights(const torch::nn::Module& module) {
  TensorMap weights;
  for (const auto& item : module.named_parameters()) weights[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) weights[item.key()] = item.value();
  return weights;
}

/// Formats names as "a, b, c and 12 more".
std::string list_names(const std::vector<std::string>& names) {
  constexpr size_t kShown = 5;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

std::string shape_text(at::IntArrayRef shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

/// Returns the names of weights of which the file contains none of their names.
std::vector<std::string> missing_weights(const TensorMap& weights, const Safetensors& file) {
  std::set<const void*> given;
  for (const auto& [name, tensor] : weights) {
    if (file.contains(name)) given.insert(tensor.unsafeGetTensorImpl());
  }
  std::vector<std::string> missing;
  for (const auto& [name, tensor] : weights) {
    if (!given.count(tensor.unsafeGetTensorImpl())) missing.push_back(name);
  }
  return missing;
}

/// Throws if file and module differ in names or shapes.
void check_fit(const TensorMap& weights, const Safetensors& file) {
  std::vector<std::string> extra, misshapen;
  for (const auto& [name, view] : file.tensors()) {
    const auto found = weights.find(name);
    if (found == weights.end()) {
      extra.push_back(name);
    } else if (found->second.sizes() != at::IntArrayRef(view.shape)) {
      misshapen.push_back(name + " is " + shape_text(view.shape) + " where the model has " +
                          shape_text(found->second.sizes()));
    }
  }
  std::string message;
  const auto add = [&](const char* what, const std::vector<std::string>& names) {
    if (!names.empty()) message += (message.empty() ? "" : "; ") + std::string(what) + list_names(names);
  };
  add("missing: ", missing_weights(weights, file));
  add("extra: ", extra);
  add("misshapen: ", misshapen);
  if (!message.empty())
    throw Error(ErrorKind::kCheckpoint, "the weights do not fit the model; " + message, file.name());
}

/// Maps the first name of each weight to it.
TensorMap distinct_weights(const torch::nn::Module& module) {
  TensorMap weights;
  std::set<const void*> seen;
  for (const auto& [name, weight] : named_weights(module)) {
    if (seen.insert(weight.unsafeGetTensorImpl()).second) weights[name] = weight;
  }
  return weights;
}

}  // namespace

void write_weights(FileWriter& file, const torch::nn::Module& module, WeightFormat format) {
  std::optional<at::ScalarType> floats;
  if (format == WeightFormat::kBFloat16) floats = at::kBFloat16;
  write_tensors(file, distinct_weights(module), {{"format", "pt"}}, floats);
}

void save_weights(const torch::nn::Module& module, const std::filesystem::path& file, WeightFormat format) {
  write_atomically(file, [&](FileWriter& writer) { write_weights(writer, module, format); });
}

void load_weights(torch::nn::Module& module, const Safetensors& file, Crc32c* checksum) {
  const TensorMap weights = named_weights(module);
  check_fit(weights, file);
  read_tensors(file, weights, checksum);
}

void load_weights(torch::nn::Module& module, const std::filesystem::path& file) {
  load_weights(module, Safetensors::read(file));
}

}  // namespace heed::training
