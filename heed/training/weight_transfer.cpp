// SPDX-License-Identifier: Apache-2.0
#include "heed/training/weight_transfer.h"

#include <set>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include "heed/core/error.h"
#include "heed/training/run_folder.h"
#include "heed/training/weights_fit.h"

namespace heed::training {
namespace {

/// Matches the tensors of a file with those of a module.
class WeightMatch {
 public:
  WeightMatch(const TensorMap& weights, const Safetensors& file, const WeightTransfer& transfer)
      : weights_(weights), transfer_(transfer) {
    std::set<std::string> used;
    for (const auto& rule : transfer.rules) {
      loads.emplace_back();
      for (const auto& [name, view] : file.tensors())
        if (name.starts_with(rule.from) && match(rule, name, view)) used.insert(name);
    }
    for (const auto& [name, view] : file.tensors())
      if (used.count(name) == 0) report.unused.push_back(name);
    for (const auto& [name, tensor] : weights)
      if (filled_.count(name) == 0) report.fresh.push_back(name);
  }

  std::vector<TensorMap> loads;  ///< by rule: tensors of the file, and what takes their values
  std::vector<at::Tensor> grown;
  WeightReport report;
  std::vector<std::string> misshapen;

 private:
  bool match(const WeightRule& rule, const std::string& name, const TensorView& view) {
    const std::string own = rule.to + name.substr(rule.from.size());
    const auto found = weights_.find(own);
    if (found == weights_.end()) return false;
    const at::Tensor& tensor = found->second;
    const at::IntArrayRef shape(view.shape);
    filled_.insert(own);
    if (tensor.sizes() == shape) {
      loads.back()[name] = tensor;
      report.loaded.push_back(own);
    } else if (grows(tensor, shape)) {
      loads.back()[name] = tensor.narrow(0, 0, transfer_.old_rows);
      grown.push_back(tensor);
      report.grown.push_back(own);
    } else {
      misshapen.push_back(own + " is " + shape_text(shape) + " where the model has " +
                          shape_text(tensor.sizes()));
    }
    return true;
  }
  bool grows(const at::Tensor& tensor, at::IntArrayRef shape) const {
    return !shape.empty() && shape[0] == transfer_.old_rows && tensor.dim() > 0 &&
           tensor.size(0) == transfer_.new_rows && transfer_.new_rows > transfer_.old_rows &&
           tensor.sizes().slice(1) == shape.slice(1);
  }

  const TensorMap& weights_;
  const WeightTransfer& transfer_;
  std::set<std::string> filled_;
};

/// Throws when the match breaks a promise of the transfer.
void check_match(const WeightMatch& match, const WeightTransfer& transfer, const std::string& file) {
  std::string message;
  const auto add = [&](const char* what, const std::vector<std::string>& names) {
    if (!names.empty()) message += (message.empty() ? "" : "; ") + std::string(what) + list_names(names);
  };
  if (transfer.complete) {
    add("missing: ", match.report.fresh);
    add("extra: ", match.report.unused);
  }
  add("misshapen: ", match.misshapen);
  if (message.empty() && match.report.loaded.empty() && match.report.grown.empty())
    message = "not one of its tensors fits: it has " + list_names(match.report.unused);
  if (!message.empty())
    throw Error(ErrorKind::kCheckpoint, "the weights do not fit the model; " + message, file);
}

void draw_added_rows(const at::Tensor& table, int64_t old_rows, const at::Generator& generator) {
  const at::Tensor old = table.narrow(0, 0, old_rows).to(at::kCPU, at::kFloat);
  const int64_t added = table.size(0) - old_rows;
  auto shape = table.sizes().vec();
  shape[0] = added;
  const at::Tensor noise = at::randn(shape, generator, at::TensorOptions().dtype(at::kFloat));
  const at::Tensor mean = old.mean(0, true), deviation = old.std(0, /*unbiased=*/false, true);
  table.narrow(0, old_rows, added).copy_(mean + noise * deviation);
}

}  // namespace

std::string WeightReport::text() const {
  std::string text = std::to_string(loaded.size()) + " tensors loaded";
  if (!grown.empty()) text += "; " + std::to_string(added_rows) + " rows added to " + list_names(grown);
  if (!fresh.empty()) text += "; new: " + list_names(fresh);
  if (!unused.empty()) text += "; not used: " + list_names(unused);
  return text;
}

WeightReport transfer_weights(torch::nn::Module& module, const Safetensors& file,
                              const WeightTransfer& transfer) {
  const c10::NoGradGuard no_grad;
  const TensorMap weights = distinct_weights(module);
  WeightMatch match(weights, file, transfer);
  check_match(match, transfer, file.name());
  for (const auto& load : match.loads) read_tensors(file, load);
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(transfer.seed);
  for (const auto& table : match.grown) draw_added_rows(table, transfer.old_rows, generator);
  match.report.added_rows = transfer.new_rows - transfer.old_rows;
  return std::move(match.report);
}

}  // namespace heed::training
