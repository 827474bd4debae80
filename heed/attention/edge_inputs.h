// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"
#include "heed/kernels/edge_attention.h"

namespace heed::attention {

/// "dot", "gat", "gatv2", as the operators take it.
const char* edge_score_name(kernels::EdgeScore score);

/// Checked inputs of attention along edges. Tables have query's dtype; the scale is resolved.
struct EdgeInputs {
  at::Tensor query, key, value;
  Edges edges;  ///< without order
  kernels::EdgeScore score = kernels::EdgeScore::kDot;
  double scale = 1, slope = 0.2;
  std::optional<at::Tensor> vector = {};
  EdgeRelation relation = {};
  Dropout dropout = {};

  int64_t heads() const { return value.size(1); }
  int64_t head_dim() const { return value.size(2); }
};

/// Gradients in the inputs' dtypes and shapes; undefined where the input is absent.
struct EdgeGradients {
  at::Tensor query, key, value, vector = {}, relation_key = {}, relation_value = {}, relation_bias = {};
  std::array<at::Tensor, 4> tables() const { return {vector, relation_key, relation_value, relation_bias}; }
};

/// Checks everything that attend() promises to check and resolves defaults: c10::Error "[edge_attention] ...".
EdgeInputs check_edge_inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                             const Spec& spec);

/// Checks the shapes, dtypes and numbers of the edges, on the device of `like`: c10::Error "[edge_attention] ...".
void check_edges(const Edges& edges, const at::Tensor& like);

/// The factor of every weight, 0 or 1 / (1 - p): [edges, heads]. Undefined if p is 0.
at::Tensor edge_dropout_factors(const EdgeInputs& inputs, const at::TensorOptions& options);

}  // namespace heed::attention
