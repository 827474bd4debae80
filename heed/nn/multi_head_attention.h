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

/// What relation a multi-head attention learns.
/// kNone   nothing; positions come with the input
/// kShaw   Shaw et al. 2018: one table of key and one of value embeddings, clipped, shared by the heads
/// kMusic  Huang et al. 2018 (Music Transformer): a table of key embeddings for each head
enum class RelationKind { kNone, kShaw, kMusic };

struct MultiHeadAttentionOptions {
  int64_t d_model = 256, heads = 4;
  /// What a position may attend to; decoding step by step needs a causal one.
  attention::Pattern pattern = attention::Dense{.causal = true};
  RelationKind relation = RelationKind::kNone;
  /// Dense patterns: distances 0 to this less one have a row of their own. Local ones have a row for each
  /// distance that they know.
  int64_t max_relative_distance = 512;
  attention::Beyond beyond = attention::Beyond::kClip;
  double dropout = 0;  ///< of the attention weights, in training
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
  /// Decoding: input [queries, d_model] of the index's latest advance() is written to the cache, and each
  /// query attends to what its row has consumed. Any causal pattern, with a plan in the index where it is not
  /// dense.
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

  /// Query, key and value of `input`, each [batch, heads, length, head_dim], views of one product.
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
