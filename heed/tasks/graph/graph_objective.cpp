// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/graph/graph_objective.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/isnan.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/graph/graph_schema_json.h"
#include "heed/tasks/graph/graph_predictor.h"
#include "heed/tasks/graph/graph_scores.h"

namespace heed::tasks {
namespace {

at::Tensor class_loss(const at::Tensor& logits, const at::Tensor& classes) {
  return at::cross_entropy_loss(logits, classes, {}, at::Reduction::Sum);
}

/// As data.target_weights says. Throws Error(kConfig).
at::Tensor weights_of_targets(const GraphDataOptions& options, const graph::Targets& targets,
                              at::Device device) {
  const auto& weights = options.target_weights;
  if (weights.empty()) return {};
  const auto fail = [](const std::string& message) {
    throw Error(ErrorKind::kConfig, message, "data.target_weights");
  };
  if (targets.has_classes()) fail("is for numbers; these targets are classes");
  if (weights.size() != targets.names.size())
    fail("has " + std::to_string(weights.size()) + " numbers for " + std::to_string(targets.names.size()) +
         " targets");
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  const bool negative = std::any_of(weights.begin(), weights.end(), [](double w) { return !(w >= 0); });
  if (negative || !(sum > 0) || !std::isfinite(sum)) fail("must be numbers from 0, not all 0");
  return (at::tensor(weights) * (static_cast<double>(weights.size()) / sum)).to(device, at::kFloat);
}

/// Sum over the rows of the mean error of the targets that they have. Errors count by weight, if there are weights.
at::Tensor number_loss(const at::Tensor& found, const at::Tensor& wanted, bool squared,
                       const at::Tensor& weights) {
  const at::Tensor known = at::isnan(wanted).logical_not();
  const at::Tensor difference = (found - wanted).where(known, at::zeros_like(found));
  at::Tensor errors = squared ? difference.square() : difference.abs();
  if (weights.defined()) errors = errors * weights;
  return (errors.sum(1) / known.sum(1)).sum();
}

}  // namespace

GraphObjective::Part GraphObjective::part(const std::string& split, const TargetScale& scale) const {
  const auto& rows = corpus_->split(split);
  return {
      rows,
      {tensors_, *corpus_->set, corpus_->set->targets.level, rows, options_.batch_size, model_->neighbours()},
      targets_of(*corpus_, rows, scale).to(device_)};
}

GraphObjective::GraphObjective(std::shared_ptr<nn::GraphModel> model,
                               std::shared_ptr<const GraphCorpus> corpus,
                               std::shared_ptr<const GraphTensors> tensors, const GraphDataOptions& options,
                               TargetScale scale, uint64_t seed, at::Device device)
    : model_(std::move(model)),
      corpus_(std::move(corpus)),
      tensors_(std::move(tensors)),
      options_(options),
      scale_(std::move(scale)),
      target_weights_(weights_of_targets(options, corpus_->set->targets, device)),
      device_(device),
      train_(part("train", scale_)),
      valid_(part("valid", scale_)),
      test_(part("test", scale_)),
      order_(train_.batches.graphs(), seed),
      ahead_([this](int64_t index) { return training_batch(index); }) {
  if (!train_.batches.is_one()) return;
  // All graphs in one batch: packed once, and the same for every part where it is a single graph.
  train_.kept = train_.batches.make(0).to(device_);
  for (Part* other : {&valid_, &test_}) {
    if (other->rows.empty() || !other->batches.is_one()) continue;
    other->kept = other->batches.make(0).to(device_);
    if (corpus_->set->graphs() == 1) other->kept->graphs = train_.kept->graphs;
  }
}

int64_t GraphObjective::tokens_per_index() const {
  const auto& set = *corpus_->set;
  return set.nodes() * std::ssize(train_.rows) / set.rows(set.targets.level) / indices_per_epoch() + 1;
}

void GraphObjective::write_assets(const std::filesystem::path& run) {
  write_atomically(run / kSchemaFile, graph::format_schema(graph::schema_of(*corpus_->set)));
}

GraphBatch GraphObjective::training_batch(int64_t index) {
  std::vector<size_t> chosen;
  const auto graphs = static_cast<int64_t>(order_.count());
  const int64_t batches = train_.batches.batches(), epoch = index / batches, number = index % batches;
  const int64_t last = std::min((number + 1) * options_.batch_size, graphs);
  for (int64_t i = number * options_.batch_size; i < last; ++i)
    chosen.push_back(order_.at(epoch * graphs + i));
  return train_.batches.make(chosen);
}

training::Loss GraphObjective::training_loss(int64_t index) {
  const GraphBatch batch = train_.kept ? *train_.kept : ahead_.take(index).to(device_);
  const at::Tensor found = batch.outputs(*model_);
  at::Tensor wanted = train_.targets;
  if (!train_.kept) {
    const at::Tensor numbers = at::empty({std::ssize(batch.numbers)}, at::kLong);
    std::copy(batch.numbers.begin(), batch.numbers.end(), numbers.mutable_data_ptr<int64_t>());
    wanted = wanted.index_select(0, numbers.to(device_));
  }
  const at::Tensor loss = corpus_->has_classes()
                              ? class_loss(found, wanted)
                              : number_loss(found, wanted, options_.loss == "squared", target_weights_);
  return {loss, found.size(0)};
}

at::Tensor GraphObjective::outputs(Part& part) {
  if (part.kept) return part.kept->outputs(*model_).to(at::kCPU, at::kFloat);
  return collect(part.batches, device_, [&](const GraphBatch& batch) { return batch.outputs(*model_); });
}

std::map<std::string, double> GraphObjective::score(Part& part) {
  const at::Tensor found = outputs(part);
  if (corpus_->has_classes()) return metrics_of(score_classes(found, *corpus_, part.rows));
  return metrics_of(score_numbers(found, *corpus_, part.rows, scale_));
}

training::Validation GraphObjective::validate() {
  training::Validation validation;
  validation.metrics = score(valid_);
  validation.count = std::ssize(valid_.rows);
  if (corpus_->has_classes()) {
    const bool by_nll = options_.watch == "nll";
    validation.watch = by_nll ? "nll" : "accuracy";
    validation.lower_is_better = by_nll;
    if (options_.watch == "either") validation.second_watch = "nll";
  } else {
    validation.watch = validation.metrics.count("ratio") ? "ratio"
                       : validation.metrics.count("mae") ? "mae"
                                                         : "error";
  }
  return validation;
}

}  // namespace heed::tasks
