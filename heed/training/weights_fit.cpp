// SPDX-License-Identifier: Apache-2.0
#include "heed/training/weights_fit.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "heed/core/error.h"

namespace heed::training {
namespace {

/// Returns the names of weights of which the file contains none of their names.
std::vector<std::string> missing_weights(const TensorMap& weights, const ShapeMap& shapes) {
  std::set<const void*> given;
  for (const auto& [name, tensor] : weights) {
    if (shapes.count(name) != 0) given.insert(tensor.unsafeGetTensorImpl());
  }
  std::vector<std::string> missing;
  for (const auto& [name, tensor] : weights) {
    if (!given.count(tensor.unsafeGetTensorImpl())) missing.push_back(name);
  }
  return missing;
}

}  // namespace

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

ShapeMap shapes_of(const Safetensors& file) {
  ShapeMap shapes;
  for (const auto& [name, view] : file.tensors()) shapes[name] = view.shape;
  return shapes;
}

void check_weights_fit(const TensorMap& weights, const ShapeMap& shapes, const std::string& file) {
  std::vector<std::string> extra, misshapen;
  for (const auto& [name, shape] : shapes) {
    const auto found = weights.find(name);
    if (found == weights.end()) {
      extra.push_back(name);
    } else if (found->second.sizes() != at::IntArrayRef(shape)) {
      misshapen.push_back(name + " is " + shape_text(shape) + " where the model has " +
                          shape_text(found->second.sizes()));
    }
  }
  std::string message;
  const auto add = [&](const char* what, const std::vector<std::string>& names) {
    if (!names.empty()) message += (message.empty() ? "" : "; ") + std::string(what) + list_names(names);
  };
  add("missing: ", missing_weights(weights, shapes));
  add("extra: ", extra);
  add("misshapen: ", misshapen);
  if (!message.empty())
    throw Error(ErrorKind::kCheckpoint, "the weights do not fit the model; " + message, file);
}

}  // namespace heed::training
