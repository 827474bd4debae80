// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/data/graph/graph_set.h"
#include "heed/nn/graph_model.h"
#include "heed/tasks/graph/graph_tensors.h"

namespace heed::tasks {

/// Packed graphs, and the rows, nodes or graphs, whose outputs are wanted.
struct GraphBatch {
  nn::Graphs graphs;
  at::Tensor places;            ///< [rows] int64: which outputs of the packed graphs; undefined: all of them
  std::vector<size_t> numbers;  ///< of the rows, in the list that they were chosen from

  /// The outputs [rows, outputs] that are wanted.
  at::Tensor outputs(nn::GraphModel& model) const { return chosen(model.forward(graphs)); }
  /// The rows of something that all nodes or graphs have.
  at::Tensor chosen(const at::Tensor& all) const {
    return places.defined() ? all.index_select(0, places) : all;
  }
  GraphBatch to(at::Device device) const;
};

/// Batches of a list of rows of a set. Rows of nodes come with their whole graph.
class GraphBatches {
 public:
  /// `rows` ascend, and are nodes or graphs as `level` says.
  GraphBatches(std::shared_ptr<const GraphTensors> tensors, const graph::GraphSet& set, graph::Level level,
               const std::vector<int64_t>& rows, int64_t batch_size, nn::Neighbours neighbours);

  /// Graphs that have a row.
  size_t graphs() const { return graphs_.size(); }
  int64_t batches() const;
  /// Whether all graphs are one batch.
  bool is_one() const { return batches() == 1; }
  /// The batch of the graphs with these numbers below graphs().
  GraphBatch make(const std::vector<size_t>& chosen) const;
  /// The batches in order.
  GraphBatch make(int64_t batch) const;

 private:
  struct Part {
    size_t graph;        ///< in the set
    size_t first, last;  ///< rows, in the list
  };

  std::shared_ptr<const GraphTensors> tensors_;
  const graph::GraphSet& set_;
  graph::Level level_;
  std::vector<int64_t> rows_;
  int64_t batch_size_;
  nn::Neighbours neighbours_;
  std::vector<Part> graphs_;
};

/// Something of all rows of the batches, [rows, width] float32 on the CPU: `of` gives it of a batch. The model is in eval mode.
/// `progress` gets the number of rows done.
at::Tensor collect(const GraphBatches& batches, at::Device device,
                   const std::function<at::Tensor(const GraphBatch&)>& of,
                   const std::function<void(int64_t)>& progress = {});

}  // namespace heed::tasks
