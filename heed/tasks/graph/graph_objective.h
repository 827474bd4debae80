// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "heed/nn/graph_model.h"
#include "heed/tasks/epoch_order.h"
#include "heed/tasks/graph/graph_batches.h"
#include "heed/tasks/graph/graph_data.h"
#include "heed/tasks/graph/target_scale.h"
#include "heed/tasks/prefetch.h"
#include "heed/training/objective.h"

namespace heed::tasks {

/// Cross-entropy of classes, or the absolute or squared error of standardised numbers, of nodes or graphs. A set that fits into one
/// batch, such as a single graph, is packed once, and a step is an epoch.
///
/// Validation gives accuracy, macro F1 and nll, watched as data.watch says; or the mean absolute error and the root of the mean squared
/// error of one number in its unit; or, of several, the mean of their errors over chemical accuracy (ratio) or over their
/// deviation (error).
class GraphObjective : public training::Objective {
 public:
  GraphObjective(std::shared_ptr<nn::GraphModel> model, std::shared_ptr<const GraphCorpus> corpus,
                 std::shared_ptr<const GraphTensors> tensors, const GraphDataOptions& options,
                 TargetScale scale, uint64_t seed, at::Device device);

  torch::nn::Module& module() override { return *model_; }
  training::Loss training_loss(int64_t index) override;
  training::Validation validate() override;
  bool has_test() const override { return !test_.rows.empty(); }
  std::map<std::string, double> test() override { return score(test_); }
  int64_t indices_per_epoch() const override { return train_.batches.batches(); }
  int64_t tokens_per_index() const override;
  void write_assets(const std::filesystem::path& run) override;

 private:
  /// A part of the data.
  struct Part {
    const std::vector<int64_t>& rows;
    GraphBatches batches;
    at::Tensor targets;                   ///< of the rows
    std::optional<GraphBatch> kept = {};  ///< the only batch, on the device
  };
  Part part(const std::string& split, const TargetScale& scale) const;
  GraphBatch training_batch(int64_t index);
  at::Tensor outputs(Part& part);
  std::map<std::string, double> score(Part& part);

  std::shared_ptr<nn::GraphModel> model_;
  std::shared_ptr<const GraphCorpus> corpus_;
  std::shared_ptr<const GraphTensors> tensors_;
  GraphDataOptions options_;
  TargetScale scale_;
  at::Tensor target_weights_;  ///< [targets], with a mean of 1; undefined: all alike
  at::Device device_;
  Part train_, valid_, test_;
  EpochOrder order_;
  Prefetch<GraphBatch> ahead_;
};

}  // namespace heed::tasks
