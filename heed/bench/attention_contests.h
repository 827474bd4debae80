// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "heed/bench/contest.h"

/// The problems on which attention is measured.
namespace heed::bench {

/// Shape of the dense problem, which all implementations solve.
struct DenseShape {
  int64_t batch = 1, heads = 8, length = 2048, head_dim = 64;
};

constexpr DenseShape kTinyDense{.batch = 1, .heads = 2, .length = 70, .head_dim = 16};

/// Music Transformer: every implementation in float32 and bfloat16, then heed's alone at other lengths; Shaw
/// et al. 2018. With `quick`, the other lengths and Shaw's problem are tiny.
std::vector<Contest> dense_contests(const DenseShape& shape, bool quick);
/// Stand-alone self-attention: windows of 3 x 3 and 7 x 7, as operators and as layers, compared with the
/// convolution.
std::vector<Contest> window_contests(bool quick);
/// Image Transformer: local 1D and local 2D, with and without a relation, and with half and twice the
/// positions.
std::vector<Contest> local_contests(bool quick);
/// Graphs: attention along two million edges, 64 numbers a node.
std::vector<Contest> edge_contests(bool quick);

}  // namespace heed::bench
