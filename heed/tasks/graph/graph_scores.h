// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/evaluation/classification.h"
#include "heed/evaluation/regression.h"
#include "heed/tasks/graph/graph_data.h"
#include "heed/tasks/graph/target_scale.h"

namespace heed::tasks {

/// Scores of outputs, [rows, outputs] on the CPU, of rows of a corpus of classes.
struct ClassResult {
  evaluation::ConfusionMatrix confusion;
  evaluation::ClassificationScores scores;
  double nll = 0;  ///< nats a row
};
ClassResult score_classes(const at::Tensor& logits, const GraphCorpus& corpus,
                          const std::vector<int64_t>& rows);

/// Scores of standardised numbers of rows, in the units of the data.
struct NumberResult {
  std::vector<evaluation::NumberScore> scores;  ///< of each target
  std::vector<double> ratios;  ///< mae / chemical accuracy; empty unless every target has one
  double error = 0;            ///< mean of the ratios, else of mae / deviation; of one target its mae
};
NumberResult score_numbers(const at::Tensor& standardised, const GraphCorpus& corpus,
                           const std::vector<int64_t>& rows, const TargetScale& scale);

/// The classes of rows, [rows] int64; or their standardised numbers, [rows, targets] float32.
at::Tensor targets_of(const GraphCorpus& corpus, const std::vector<int64_t>& rows, const TargetScale& scale);

/// What logs show.
std::map<std::string, double> metrics_of(const ClassResult& result);
std::map<std::string, double> metrics_of(const NumberResult& result);

}  // namespace heed::tasks
