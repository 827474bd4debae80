// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/kernels/dropout.h"
#include "heed/kernels/element.h"

/// Attention along the edges of a graph, forward and backward in memory O(nodes + edges * heads). Each target node attends to
/// the sources of its edges. Rows of nodes have the heads side by side, so that an edge reads a row of each tensor as one
/// piece of memory.
namespace heed::kernels {

/// How the query of a target meets the key of a source, in each head:
/// kDot      scale * query . (key + relation)
/// kGat      leaky_relu(query + key), numbers of nodes; Velickovic et al. 2018, arXiv:1710.10903
/// kGatV2    vector . leaky_relu(query + key + relation); Brody et al. 2022, arXiv:2105.14491
/// To each the relation's bias is added, in kGat before leaky_relu.
enum class EdgeScore : uint8_t { kDot, kGat, kGatV2 };

/// The edges by target: those of target i are target_begin[i] .. target_begin[i + 1] - 1.
struct EdgesByTarget {
  const int64_t* target_begin = nullptr;  ///< [targets + 1]
  const int32_t* source = nullptr;        ///< [edges]
};

/// The same edges by source: those of source j are edge[source_begin[j]] .. edge[source_begin[j + 1] - 1], numbered by target.
struct EdgesBySource {
  const int64_t* source_begin = nullptr;  ///< [sources + 1]
  const int64_t* edge = nullptr;          ///< [edges]
  const int32_t* target = nullptr;        ///< [edges], in the order of `edge`
};

/// What an edge adds. Row `row[e]` of each table belongs to edge e: its type, or the edge itself.
struct EdgeRelation {
  const int32_t* row = nullptr;  ///< [edges]; optional: row e
  Rows key = {}, value = {};     ///< [rows, heads * head_dim], optional
  const float* bias = nullptr;   ///< [rows, heads], optional
};

struct EdgeProblem {
  EdgesByTarget edges;
  int32_t heads = 0,
          head_dim = 0;  ///< head_dim of values, and of queries and keys; these are [heads] in kGat
  EdgeScore score = EdgeScore::kDot;
  Element element = Element::kFloat;  ///< of all Rows
  float scale = 1, slope = 0.2f;      ///< of kDot; of leaky_relu below 0
  const float* vector = nullptr;      ///< [heads * head_dim], of kGatV2
  Rows query, key, value;             ///< [targets], [sources], [sources]
  EdgeRelation relation;
  Dropout dropout;             ///< of a weight, by edge and head
  Rows output;                 ///< [targets, heads * head_dim]; zeros for a target without edges
  float* logsumexp = nullptr;  ///< [targets, heads]; -infinity for a target without edges
};

/// The gradients; kernels write all of them, except that they add to `sums`.
struct EdgeGradient {
  EdgeProblem forward;
  EdgesBySource by_source;
  Rows output_grad;                       ///< [targets, heads * head_dim]
  Rows query_grad, key_grad, value_grad;  ///< as query, key, value
  // From one pass to the next, each with 16 more floats than it says:
  float *target_lists = nullptr,                  ///< [targets, target_floats(forward)]
      *score_grad = nullptr;                      ///< [edges, edge_heads(heads)]
  Rows edge_key_grad = {}, edge_value_grad = {};  ///< rows of edges, where relation.row is absent
  float* edge_bias_grad = nullptr;                ///< [edges, heads], where relation.row is absent
};

/// Where relation.row says the rows, and for `vector`: sums over the edges of a part of the sources, to which kernels add.
/// Each optional.
struct EdgeSums {
  float *key = nullptr, *value = nullptr, *bias = nullptr;  ///< as the relation's tables
  float* vector = nullptr;                                  ///< [heads * head_dim]
};

/// Sums along edges with given weights: output[target] = sum of weight * value[source], head by head, or with one value for all
/// heads.
struct EdgeSum {
  EdgesByTarget edges;
  EdgesBySource by_source;  ///< of the gradient of values
  int32_t heads = 0, head_dim = 0;
  bool one_value = false;             ///< value and value_grad have head_dim numbers a row
  Element element = Element::kFloat;  ///< of all Rows
  const float* weights = nullptr;     ///< [edges, edge_heads(heads)] and 16 more
  Rows value, output;                 ///< [sources], [targets]
  Rows output_grad, value_grad;       ///< of the backward pass
  float* weights_grad = nullptr;      ///< as weights
};

/// On the calling thread: targets or sources begin..end. The bits of a node's row depend on its own edges alone. Scratch in
/// floats, aligned to 64 bytes.
struct EdgeKernels {
  /// `most`: the most edges of a target, or in backward_sources of a source; none in backward_targets.
  int64_t (*scratch)(const EdgeProblem&, int64_t most) noexcept;
  void (*forward)(const EdgeProblem&, int64_t begin, int64_t end, float* scratch) noexcept;
  // The backward pass, one after the other; forward.output is read in float32.
  void (*backward_means)(const EdgeGradient&, int64_t begin, int64_t end,
                         float* scratch) noexcept;  ///< targets
  /// Gradients of keys, values and edges.
  void (*backward_sources)(const EdgeGradient&, const EdgeSums&, int64_t begin, int64_t end,
                           float* scratch) noexcept;
  /// Gradients of queries.
  void (*backward_targets)(const EdgeGradient&, int64_t begin, int64_t end, float* scratch) noexcept;
  /// Floats that lists of heads have for each edge.
  int32_t (*edge_heads)(int32_t heads) noexcept;
  int32_t (*target_floats)(const EdgeProblem&) noexcept;

  /// The scratch of sums: [heads * head_dim] and 16 more.
  void (*sum_forward)(const EdgeSum&, int64_t begin, int64_t end, float* scratch) noexcept;  ///< targets
  void (*sum_backward_weights)(const EdgeSum&, int64_t begin, int64_t end,
                               float* scratch) noexcept;  ///< targets
  void (*sum_backward_values)(const EdgeSum&, int64_t begin, int64_t end,
                              float* scratch) noexcept;  ///< sources
};

}  // namespace heed::kernels
