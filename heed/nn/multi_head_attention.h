// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "heed/attention/attention.h"
#include "heed/nn/cached_attention.h"
#include "heed/nn/holds_embeddings.h"
#include "heed/nn/linear.h"
#include "heed/nn/step_program.h"

namespace heed::nn {

/// The relative position embeddings that a multi-head attention learns.
/// kNone     none; positions are part of the input
/// kShaw     Shaw et al. 2018: a table of key and one of value embeddings, clipped, shared by the heads
/// kPerHead  Huang et al. 2018 (Music Transformer): a table of key embeddings per head
enum class RelationKind { kNone, kShaw, kPerHead };

struct MultiHeadAttentionOptions {
  int64_t d_model = 256, heads = 4;
  /// The positions that a position may attend to. Step-by-step decoding needs a causal pattern.
  attention::Pattern pattern = attention::Dense{.causal = true};
  RelationKind relation = RelationKind::kNone;
  /// Dense patterns: number of distances, from 0, with their own row. Local patterns have a row for each
  /// distance that occurs in them.
  int64_t max_relative_distance = 512;
  attention::Beyond beyond = attention::Beyond::kClip;
  double dropout = 0;  ///< dropout of the attention weights
  attention::Backend backend = attention::Backend::kAuto;
};

/// Multi-head self-attention, Vaswani et al. 2017 section 3.2.2, over heed::attention.
///
/// input    [batch, length, d_model]
/// returns  [batch, length, d_model]
class MultiHeadAttentionImpl : public torch::nn::Module, public HoldsEmbeddings {
 public:
  explicit MultiHeadAttentionImpl(const MultiHeadAttentionOptions& options);

  at::Tensor forward(const at::Tensor& input, const attention::Extents& extents);
  /// Decoding step: writes input [queries, d_model] of the index's latest advance() to the cache; each query
  /// attends to what its row has consumed. Supports any causal pattern; one that is not dense needs a plan in
  /// the index.
  at::Tensor step(const at::Tensor& input, KeyValueCache& cache, const RowIndex& index);
  /// Rounded to bfloat16 where weights are read in less than float32 (weight_type.h).
  KeyValueCache make_cache(const RowIndex& index) const;
  /// The same step as operations of a program: reads `input`, writes the output layer's product to
  /// `output.to`, with what follows it.
  struct StepBlocks {
    StepBlock joined, found;  ///< [rows, 3 * d_model], [rows, d_model]
  };
  void record(StepProgram& program, KeyValueCache& cache, StepBlock input, const StepBlocks& blocks,
              StepLinear output);

  /// Query, key and value of an input, each [batch, heads, length, head_dim], as views of one product.
  struct Projected {
    at::Tensor query, key, value;
  };
  Projected project(const at::Tensor& input);
  attention::Spec spec(const attention::Extents& extents) const;
  void set_backend(attention::Backend backend) { options_.backend = backend; }
  std::vector<at::Tensor> embeddings() const override { return {relation_key_, relation_value_}; }

 private:
  at::Tensor merge(const at::Tensor& heads_output);
  StepRelation step_relation() const;

  MultiHeadAttentionOptions options_;
  Linear query_key_value_{nullptr}, output_{nullptr};
  at::Tensor relation_key_, relation_value_;
};
TORCH_MODULE(MultiHeadAttention);

}  // namespace heed::nn
