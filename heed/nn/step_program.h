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

/// Decoding steps of a stack of layers as one list of operations, which a few threads run from its first to
/// its last without coming back to libtorch: no tensor is made and no thread is woken in between.
namespace heed::nn {

/// Memory of a program: float32 [rows, width]. Every thread has a private block of its own, others are
/// shared.
struct StepBlock {
  int64_t number = 0, width = 0;
  bool is_private = false;
};

/// What happens to a product before it is written.
struct StepLinear {
  StepBlock from = {}, to = {};
  std::string activation = {};             ///< a name that activate() knows; empty: none
  std::optional<StepBlock> residual = {};  ///< added to `to`
  std::optional<StepBlock> sum = {};       ///< where the residual's sum is written
};

/// Attention of each row to its past, of which its own keys and values become a part.
struct StepAttention {
  StepBlock joined = {};  ///< queries, keys and values, [rows, 3 * d_model]
  StepBlock to = {};      ///< [rows, d_model]
  CachedAttentionOptions options = {};
};

class StepOperation;

/// A list of operations over one token of each row, recorded once and run for each step.
///
/// Products, attention and norms are those of linear(), cached_attention() and layer_norm(), and a row's bits
/// are the same as theirs, for any number of rows and threads. Operations on shared blocks are divided among
/// the threads, which meet after each; norms into private blocks are made by every thread for itself, since
/// that takes less time than to meet. So between two meetings no operation may read what another one writes.
///
/// Weights are looked up in each step, so that they may be written to between steps. A program belongs to one
/// state: it holds its caches by reference.
class StepProgram {
 public:
  StepProgram();
  ~StepProgram();
  StepProgram(const StepProgram&) = delete;
  StepProgram& operator=(const StepProgram&) = delete;

  /// The block that a step begins with is the first that is made.
  StepBlock shared_block(int64_t width);
  StepBlock private_block(int64_t width);

  void norm(const torch::nn::LayerNorm& norm, StepBlock from, StepBlock to);
  void linear(const Linear& linear, const StepLinear& step);
  void attend(KeyValueCache& cache, const StepAttention& step);
  /// The last operation: logits of `from`.
  void output(const OutputLayer& layer, StepBlock from);

  /// Whether a step can run here and now: without gradient and autocast, float32 on the CPU, weights that
  /// linear() would read packed, and one token for each row.
  bool takes(const RowIndex& index) const;
  /// The step of the index's latest advance(), input [rows, width] float32, which it may overwrite: logits
  /// [rows, vocabulary].
  at::Tensor run(const at::Tensor& input, const RowIndex& index);

 private:
  class Memory;
  void add(std::unique_ptr<StepOperation> operation);

  std::vector<std::unique_ptr<StepOperation>> operations_;
  std::vector<StepBlock> blocks_;
  int64_t result_width_ = 0;
  std::unique_ptr<Memory> memory_;
};

}  // namespace heed::nn
