// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/graph/graph_scores.h"

#include <algorithm>
#include <numeric>
#include <span>

#include <ATen/ops/argmax.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>

namespace heed::tasks {
namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

at::Tensor classes_of_rows(const GraphCorpus& corpus, const std::vector<int64_t>& rows) {
  at::Tensor classes = at::empty({std::ssize(rows)}, at::kLong);
  int64_t* out = classes.mutable_data_ptr<int64_t>();
  for (const int64_t row : rows) *out++ = corpus.set->targets.classes.codes[static_cast<size_t>(row)];
  return classes;
}

}  // namespace

ClassResult score_classes(const at::Tensor& logits, const GraphCorpus& corpus,
                          const std::vector<int64_t>& rows) {
  ClassResult result{evaluation::ConfusionMatrix(corpus.outputs()), {}, 0};
  const at::Tensor classes = classes_of_rows(corpus, rows);
  const at::Tensor found = at::argmax(logits, 1);
  const int64_t *actual = classes.const_data_ptr<int64_t>(), *predicted = found.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < classes.size(0); ++i) result.confusion.add(actual[i], predicted[i]);
  result.scores = evaluation::classification_scores(result.confusion);
  result.nll = at::cross_entropy_loss(logits.to(at::kDouble), classes).item<double>();
  return result;
}

NumberResult score_numbers(const at::Tensor& standardised, const GraphCorpus& corpus,
                           const std::vector<int64_t>& rows, const TargetScale& scale) {
  const at::Tensor restored = scale.restore(standardised, *corpus.set, rows).contiguous();
  const auto& targets = corpus.set->targets;
  const size_t width = targets.names.size();
  std::vector<double> actual;
  actual.reserve(rows.size() * width);
  for (const int64_t row : rows) {
    const auto first = targets.numbers.begin() + row * static_cast<int64_t>(width);
    actual.insert(actual.end(), first, first + static_cast<ptrdiff_t>(width));
  }
  NumberResult result;
  const std::span predicted(restored.const_data_ptr<double>(), actual.size());
  result.scores = evaluation::number_scores(predicted, actual, width);
  std::vector<double> relative;
  for (size_t t = 0; t < width; ++t) {
    relative.push_back(result.scores[t].mae / scale.deviation[t]);
    const double accuracy = evaluation::chemical_accuracy(targets.names[t]);
    if (accuracy > 0) result.ratios.push_back(result.scores[t].mae / accuracy);
  }
  if (result.ratios.size() != width) result.ratios.clear();
  result.error = !result.ratios.empty() ? mean(result.ratios)
                 : width == 1           ? result.scores.front().mae
                                        : mean(relative);
  return result;
}

at::Tensor targets_of(const GraphCorpus& corpus, const std::vector<int64_t>& rows, const TargetScale& scale) {
  return corpus.has_classes() ? classes_of_rows(corpus, rows) : scale.standardise(*corpus.set, rows);
}

std::map<std::string, double> metrics_of(const ClassResult& result) {
  return {{"accuracy", result.scores.accuracy}, {"macro_f1", result.scores.macro_f1}, {"nll", result.nll}};
}

std::map<std::string, double> metrics_of(const NumberResult& result) {
  std::map<std::string, double> metrics;
  if (!result.ratios.empty())
    metrics["ratio"] = result.error;
  else if (result.scores.size() > 1)
    metrics["error"] = result.error;
  if (result.scores.size() == 1) {
    metrics["mae"] = result.scores.front().mae;
    metrics["rmse"] = result.scores.front().rmse;
  }
  return metrics;
}

}  // namespace heed::tasks
