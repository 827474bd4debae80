// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/normalization.h>

#include "heed/nn/cached_attention.h"
#include "heed/nn/linear.h"
#include "heed/nn/output_layer.h"
#include "heed/nn/row_index.h"
#include "heed/nn/team_size.h"

/// Decoding steps of a stack of layers as one list of operations. A few threads run the list from its first to its
/// last operation without returning to libtorch: they make no tensor and wake no thread in between.
namespace heed::nn {

/// Memory of a program: float32 [tokens, width]. A shared block is one for all threads, a private one is one for each.
struct StepBlock {
  int64_t number = 0, width = 0;
  bool is_private = false;
};

/// A product and what is applied to it before it is written.
struct StepLinear {
  StepBlock from = {}, to = {};
  std::string activation = {};             ///< a name of activate(); empty: none
  std::optional<StepBlock> residual = {};  ///< added to `to`
  std::optional<StepBlock> sum = {};       ///< receives the sum with the residual
};

/// Attention of each token to its row's past. The keys and values of the step are added to the cache first.
struct StepAttention {
  StepBlock joined = {};  ///< queries, keys and values, [tokens, 3 * d_model]
  StepBlock to = {};      ///< [tokens, d_model]
  CachedAttentionOptions options = {};
};

class StepOperation;

/// A list of operations over the tokens of a step, one or more of each row, recorded once and run for each step.
///
/// The bits of a token equal those of linear(), cached_attention() and layer_norm(), for any number of rows and threads.
/// The threads divide an operation on shared blocks and meet after it. Every thread computes a norm into its private
/// block for itself, which takes less time than meeting. So between two meetings no operation may read what another one
/// writes. On a machine that others use, one thread runs the steps alone where that is faster (team_size.h).
///
/// A step looks its weights up, so they may change between steps. A program belongs to one state: it refers to its
/// caches.
class StepProgram {
 public:
  StepProgram();
  ~StepProgram();
  StepProgram(const StepProgram&) = delete;
  StepProgram& operator=(const StepProgram&) = delete;

  /// The first block that is made is the input of a step.
  StepBlock shared_block(int64_t width);
  StepBlock private_block(int64_t width);

  void norm(const torch::nn::LayerNorm& norm, StepBlock from, StepBlock to);
  void linear(const Linear& linear, const StepLinear& step);
  void attend(KeyValueCache& cache, const StepAttention& step);
  /// The last operation: logits of `from`.
  void output(const OutputLayer& layer, StepBlock from);

  /// True when a step can run: without gradient and autocast, float32 on the CPU, and weights that linear() reads packed.
  bool takes(const RowIndex& index) const;
  /// Runs the step of the index's latest advance(). Input [tokens, width] float32, which it may overwrite; returns the
  /// logits after every token, [tokens, vocabulary].
  at::Tensor run(const at::Tensor& input, const RowIndex& index);

 private:
  class Memory;
  void add(std::unique_ptr<StepOperation> operation);

  std::vector<std::unique_ptr<StepOperation>> operations_;
  std::vector<StepBlock> blocks_;
  int64_t result_width_ = 0;
  std::unique_ptr<Memory> memory_;
  TeamSize team_size_;
};

}  // namespace heed::nn
