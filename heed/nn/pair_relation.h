// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include "heed/attention/attention.h"
#include "heed/nn/graph_model.h"
#include "heed/nn/radial_functions.h"

namespace heed::nn {

/// Which rows the tables of relations need for the edges of some graphs: one for each combination of edge type, bin of length
/// and length of path that occurs. All layers share it.
struct PairRows {
  at::Tensor row;       ///< [edges] int32: the row of each edge
  at::Tensor type;      ///< [rows] int64
  at::Tensor path;      ///< [rows] int64, from 0; undefined where paths are not told apart
  at::Tensor distance;  ///< [rows] float32: the middle of the bin; undefined where nodes have no coordinates
  at::Tensor bias;      ///< [rows] float32, added to scores; undefined: nothing
};

/// Lengths are rounded to bins of 0.01 up to 3, of 0.05 beyond, and cut at `most`: in Angstrom, bonds are told apart finely.
/// Paths longer than `longest_path`, and none, count as one longer than it; 0: they are not told apart.
PairRows pair_rows(const Graphs& graphs, const GraphDomain& domain, double most, int64_t longest_path = 0);

struct PairRelationOptions {
  int64_t types = 1;         ///< of edges
  bool distances = false;    ///< whether edges have lengths
  int64_t longest_path = 0;  ///< as of pair_rows
  int64_t heads = 8, head_dim = 16;
  int64_t basis = 32;        ///< radial functions of the distance
  int64_t hidden = 64;       ///< width of the net that reads them
  double most = 12;          ///< the longest distance that is told apart
  bool scores_only = false;  ///< keys and values get nothing
  bool rings =
      false;  ///< scores also get -((distance - a) * b)^2 with a, b learned for each head: it begins with a ring of its own
};

/// What an edge adds to keys, values and scores of attention: a row for its type, as the relation of Shaw et al. 2018
/// (arXiv:1803.02155) with the label of an edge for the distance, another one for the length of the shortest path (Ying et al. 2021,
/// arXiv:2106.05234), and a smooth function of its length: a net of one hidden layer on
/// exponential radial functions (Unke and Meuwly 2019, arXiv:1902.08408, equation 7).
class PairRelationImpl : public torch::nn::Module {
 public:
  explicit PairRelationImpl(const PairRelationOptions& options);
  attention::EdgeRelation forward(const PairRows& rows);

 private:
  PairRelationOptions options_;
  RadialFunctions radial_;
  torch::nn::Embedding types_{nullptr}, paths_{nullptr};
  torch::nn::Linear hidden_{nullptr}, output_{nullptr};
  at::Tensor ring_radius_, ring_sharpness_;  ///< [heads]
};
TORCH_MODULE(PairRelation);

}  // namespace heed::nn
