// SPDX-License-Identifier: Apache-2.0
#include "heed/training/run_folder.h"

#include <array>
#include <cstring>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "heed/core/error.h"
#include "heed/core/files.h"

namespace heed::training {
namespace {

struct DtypePair {
  at::ScalarType tensor;
  Dtype file;
};
constexpr std::array kDtypePairs{DtypePair{at::kBool, Dtype::kBool}, DtypePair{at::kByte, Dtype::kU8},
                                 DtypePair{at::kChar, Dtype::kI8},   DtypePair{at::kShort, Dtype::kI16},
                                 DtypePair{at::kInt, Dtype::kI32},   DtypePair{at::kLong, Dtype::kI64},
                                 DtypePair{at::kHalf, Dtype::kF16},  DtypePair{at::kBFloat16, Dtype::kBF16},
                                 DtypePair{at::kFloat, Dtype::kF32}, DtypePair{at::kDouble, Dtype::kF64}};

/// Parameters and buffers under every name they have; a tied weight may stand under two.
std::map<std::string, at::Tensor> named_weights(const torch::nn::Module& module) {
  std::map<std::string, at::Tensor> weights;
  for (const auto& item : module.named_parameters()) weights[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) weights[item.key()] = item.value();
  return weights;
}

/// "a, b, c and 12 more".
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

/// Throws when file and module disagree in names or shapes.
void check_fit(const std::map<std::string, at::Tensor>& weights, const Safetensors& file,
               const std::string& place) {
  std::set<const void*> given;
  for (const auto& [name, tensor] : weights) {
    if (file.contains(name)) given.insert(tensor.unsafeGetTensorImpl());
  }
  std::vector<std::string> missing, extra, misshapen;
  for (const auto& [name, tensor] : weights) {
    if (!given.count(tensor.unsafeGetTensorImpl())) missing.push_back(name);
  }
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
  add("missing: ", missing);
  add("extra: ", extra);
  add("misshapen: ", misshapen);
  if (!message.empty())
    throw Error(ErrorKind::kCheckpoint, "the weights do not fit the model; " + message, place);
}

}  // namespace

void save_weights(const torch::nn::Module& module, const std::filesystem::path& file, WeightFormat format) {
  std::map<std::string, at::Tensor> kept;
  std::set<const void*> seen;
  for (const auto& [name, weight] : named_weights(module)) {
    if (!seen.insert(weight.unsafeGetTensorImpl()).second) continue;
    at::Tensor tensor = weight.detach().to(at::kCPU);
    if (format == WeightFormat::kBFloat16 && tensor.is_floating_point()) tensor = tensor.to(at::kBFloat16);
    kept[name] = tensor.contiguous();
  }
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : kept) views[name] = view_tensor(tensor);
  write_atomically(file, format_safetensors(views, {{"format", "pt"}}));
}

void load_weights(torch::nn::Module& module, const std::filesystem::path& file) {
  const auto weights = named_weights(module);
  const Safetensors stored = Safetensors::read(file);
  check_fit(weights, stored, file.string());
  const c10::NoGradGuard no_grad;
  for (const auto& [name, view] : stored.tensors()) {
    at::Tensor weight = weights.at(name);
    weight.copy_(to_tensor(view));
  }
}

TensorView view_tensor(const at::Tensor& tensor) {
  TORCH_CHECK(tensor.device().is_cpu() && tensor.is_contiguous(),
              "[view_tensor] the tensor must be contiguous and on the CPU");
  for (const auto& pair : kDtypePairs) {
    if (pair.tensor != tensor.scalar_type()) continue;
    return {pair.file,
            tensor.sizes().vec(),
            {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}};
  }
  TORCH_CHECK(false, "[view_tensor] safetensors has no dtype for ", tensor.scalar_type());
}

at::Tensor to_tensor(const TensorView& view) {
  for (const auto& pair : kDtypePairs) {
    if (pair.file != view.dtype) continue;
    at::Tensor tensor = at::empty(view.shape, at::TensorOptions().dtype(pair.tensor));
    TORCH_CHECK(tensor.nbytes() == view.bytes.size(), "[to_tensor] the shape needs ", tensor.nbytes(),
                " bytes, the view has ", view.bytes.size());
    if (!view.bytes.empty()) std::memcpy(tensor.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
    return tensor;
  }
  TORCH_CHECK(false, "[to_tensor] unknown dtype");
}

}  // namespace heed::training
