// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/graph/graph_batches.h"

#include <algorithm>
#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>

namespace heed::tasks {

GraphBatch GraphBatch::to(at::Device device) const {
  if (device.is_cpu()) return *this;
  return {to_device(graphs, device), places.defined() ? places.to(device) : places, numbers};
}

GraphBatches::GraphBatches(std::shared_ptr<const GraphTensors> tensors, const graph::GraphSet& set,
                           graph::Level level, const std::vector<int64_t>& rows, int64_t batch_size,
                           nn::Neighbours neighbours)
    : tensors_(std::move(tensors)),
      set_(set),
      level_(level),
      rows_(rows),
      batch_size_(batch_size),
      neighbours_(neighbours) {
  for (size_t row = 0; row < rows_.size();) {
    if (level_ == graph::Level::kGraph) {
      graphs_.push_back({static_cast<size_t>(rows_[row]), row, row + 1});
    } else {
      const auto after = std::upper_bound(set_.node_ptr.begin(), set_.node_ptr.end(), rows_[row]);
      const auto end = std::lower_bound(rows_.begin() + static_cast<ptrdiff_t>(row), rows_.end(), *after);
      graphs_.push_back({static_cast<size_t>(after - set_.node_ptr.begin()) - 1, row,
                         static_cast<size_t>(end - rows_.begin())});
    }
    row = graphs_.back().last;
  }
}

int64_t GraphBatches::batches() const {
  return (std::ssize(graphs_) + batch_size_ - 1) / batch_size_;
}

GraphBatch GraphBatches::make(const std::vector<size_t>& chosen) const {
  GraphBatch batch;
  std::vector<size_t> graphs;
  std::vector<int64_t> places;
  int64_t nodes = 0;
  for (const size_t number : chosen) {
    const Part& part = graphs_[number];
    const int64_t first = set_.node_ptr[part.graph];
    for (size_t row = part.first; row < part.last; ++row) {
      batch.numbers.push_back(row);
      if (level_ == graph::Level::kNode) places.push_back(nodes + rows_[row] - first);
    }
    graphs.push_back(part.graph);
    nodes += set_.node_ptr[part.graph + 1] - first;
  }
  batch.graphs = tensors_->pack(graphs, neighbours_);
  if (level_ == graph::Level::kNode && std::ssize(places) < nodes)
    batch.places = at::from_blob(places.data(), {std::ssize(places)}, at::kLong).clone();
  return batch;
}

GraphBatch GraphBatches::make(int64_t batch) const {
  std::vector<size_t> chosen;
  const int64_t last = std::min((batch + 1) * batch_size_, std::ssize(graphs_));
  for (int64_t number = batch * batch_size_; number < last; ++number)
    chosen.push_back(static_cast<size_t>(number));
  return make(chosen);
}

at::Tensor collect(const GraphBatches& batches, at::Device device,
                   const std::function<at::Tensor(const GraphBatch&)>& of,
                   const std::function<void(int64_t)>& progress) {
  std::vector<at::Tensor> parts;
  int64_t done = 0;
  for (int64_t i = 0; i < batches.batches(); ++i) {
    parts.push_back(of(batches.make(i).to(device)).to(at::kCPU, at::kFloat));
    done += parts.back().size(0);
    if (progress) progress(done);
  }
  return at::cat(parts);
}

}  // namespace heed::tasks
