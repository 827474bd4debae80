// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/data/graph/graph_schema.h"
#include "heed/nn/graph_model.h"
#include "heed/tasks/graph/graph_batches.h"
#include "heed/tasks/graph/graph_data.h"
#include "heed/tasks/graph/target_scale.h"
#include "heed/tasks/trained.h"

namespace heed::tasks {

/// The file in a run folder with the columns and categories that a model knows (graph/graph_schema_json.h).
inline constexpr const char* kSchemaFile = "graphs.json";

/// A trained model of graphs with what it knows of its data.
struct GraphPredictor : TaskModel {
  /// Throws Error(kCheckpoint) when its files do not fit each other.
  explicit GraphPredictor(Trained<torch::nn::Module> any);

  Trained<nn::GraphModel> trained;
  graph::GraphSchema schema;
  GraphDataOptions data;  ///< those of training
  TargetScale scale;      ///< of numbers

  bool has_classes() const { return !schema.classes.values.empty(); }
  bool of_graphs() const { return schema.target_level == graph::Level::kGraph; }

  /// Reads graphs with the columns of the model; targets may be missing. Other categories are Error(kData).
  std::shared_ptr<const graph::GraphSet> read(const Paths& data) const;
  /// Graphs as the model gets them.
  std::shared_ptr<const GraphTensors> tensors(std::shared_ptr<const graph::GraphSet> set) const;

  /// Logits, or standardised numbers, of rows of a set, [rows, outputs]; and their embeddings, [rows, width]. At most `batch_size`
  /// graphs share a pass, in which they do not see each other. `progress` gets the number of rows done.
  at::Tensor outputs(const std::shared_ptr<const graph::GraphSet>& set, const std::vector<int64_t>& rows,
                     int64_t batch_size, const std::function<void(int64_t)>& progress = {}) const;
  at::Tensor embeddings(const std::shared_ptr<const graph::GraphSet>& set, const std::vector<int64_t>& rows,
                        int64_t batch_size) const;

 private:
  at::Tensor collect_rows(const std::shared_ptr<const graph::GraphSet>& set, const std::vector<int64_t>& rows,
                          int64_t batch_size, const std::function<at::Tensor(const GraphBatch&)>& of,
                          const std::function<void(int64_t)>& progress) const;
};

}  // namespace heed::tasks
