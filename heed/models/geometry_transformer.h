// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include "heed/core/field.h"
#include "heed/nn/graph_model.h"
#include "heed/nn/point_levels.h"

namespace heed::models {

struct GeometryTransformerOptions {
  int64_t d_model = 32;     ///< of the finest level; each coarser one is twice as wide
  int64_t head_dim = 16;    ///< numbers of a head
  int64_t levels = 3;       ///< of points, each with a quarter of those of the one before
  int64_t layers = 1;       ///< of attention in each level
  int64_t neighbours = 20;  ///< about how many points around it a point attends to, itself too
  double dropout = 0;       ///< on the output of each sublayer
};
std::vector<Field> fields(GeometryTransformerOptions& options);

/// A Transformer on signals on points, such as a sphere's: all graphs have the same points and no edges. Points attend to the ones near
/// them. The distance goes into the scores (nn/pair_relation.h), and into nothing else: each head is an integral over a ring around the
/// point, weighted by contents, which hardly depends on how the points happen to lie. Nothing says where a point is, so outputs stay when
/// the points are rotated, mirrored or moved. A point of a coarser level attends to the points of the finer one around it, with twice
/// the width, until few are left that all see each other (the levels of nn/point_levels.h). Weights of points, of a grid on a sphere
/// for example, go into the scores of the finest level. The outputs of a graph are made of the mean over its coarsest level and of a mean by
/// attention, in which each feature has a score of its own; those of nodes of the finest level alone. Both means are normalised over the batch (Ioffe and Szegedy 2015): where most of a signal is empty,
/// graphs differ little in either.
class GeometryTransformer : public nn::GraphModel {
 public:
  /// Throws c10::Error for invalid sizes, and for data whose graphs do not share their points.
  GeometryTransformer(const nn::GraphDomain& domain, const GeometryTransformerOptions& options);

  nn::GraphInputs reads() const override { return {.coordinates = true}; }
  at::Tensor embeddings(const nn::Graphs& graphs) override;
  at::Tensor forward(const nn::Graphs& graphs) override;
  /// Layers from fine to coarse: those among the points of a level, and before those of a coarser level the one from the points of the
  /// finer one. Targets are the first points of each graph.
  int64_t attention_layers() const override { return static_cast<int64_t>(blocks_->size()); }
  nn::AttendedEdges attended(const nn::Graphs& graphs, int64_t layer) override;

 private:
  struct BlockImpl;
  /// What a block gets, and who attends to whom in it.
  struct Inputs {
    at::Tensor below, here;
    const nn::PointEdges* edges = nullptr;
  };
  /// The levels for so many graphs on these points. Remembers those of the last points.
  const std::vector<nn::PointLevel>& levels_of(const nn::Graphs& graphs);
  BlockImpl& block(int64_t index) const;
  /// The inputs of a block, and for their number the outputs of the last one, in `below`.
  Inputs inputs_of(const nn::Graphs& graphs, int64_t index);
  at::Tensor normalised(const at::Tensor& pooled);

  GeometryTransformerOptions options_;
  torch::nn::Linear input_{nullptr}, hidden_{nullptr}, pooling_{nullptr}, output_{nullptr};
  torch::nn::ModuleList blocks_;
  torch::nn::LayerNorm norm_{nullptr};
  torch::nn::BatchNorm1d pooled_norm_{nullptr};

  at::Tensor points_, weights_;
  std::vector<nn::PointLevel> one_graph_, many_graphs_;
  int64_t graphs_ = 0;
};

}  // namespace heed::models
