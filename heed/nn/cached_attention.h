// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"
#include "heed/nn/row_index.h"

/// Attention of decoding steps: a few queries over keys and values of earlier steps, by
/// heed/kernels/cached_attention.h where they are float32 on the CPU, else in libtorch's operations.
namespace heed::nn {

/// Embeddings of the distance from a query to each position, for keys and for values.
///
/// key, value  [heads, rows, head_dim], or of one head that all share; undefined: none
struct StepRelation {
  at::Tensor key = {}, value = {};
  int64_t zero = 0;  ///< row of distance 0
  attention::Beyond beyond = attention::Beyond::kClip;
};

/// What queries attend to: key and value [positions, slots, heads * head_dim], heads side by side, or
/// [positions, slots, heads, head_dim]; equal strides, the last of them 1.
struct CachedKeys {
  at::Tensor key, value;
};

/// query    [queries, heads * head_dim], row stride free
/// scale    of the scores; 0: head_dim^-1/2
/// returns  [queries, heads * head_dim]
///
/// weights  where it points to a tensor, that becomes [queries, heads, positions], float32 on the CPU: the
///          softmax of the scores, and 0 where a query does not see
///
/// Has no gradient. float32 queries on the CPU take keys and values in float32 or bfloat16, with sums in float32;
/// the bits of a query's result then depend on its own numbers alone, not on the other queries or the number
/// of threads. Other dtypes and devices gather each row's keys: extra memory [rows,
/// longest, d_model], twice.
struct CachedAttentionOptions {
  int64_t heads = 1;
  double scale = 0;
  StepRelation relation = {};
};
at::Tensor cached_attention(const at::Tensor& query, const CachedKeys& keys, const StepQueries& step,
                            const CachedAttentionOptions& options, at::Tensor* weights = nullptr);

/// A call as the kernels take it, without query vectors and output. `d_model` is heads * head_dim.
/// Throws c10::Error when shapes or types disagree.
kernels::CachedProblem cached_problem(const CachedKeys& keys, const StepQueries& step,
                                      const CachedAttentionOptions& options, int64_t d_model);
/// Scratch of the calling thread for this problem, kept for its next call.
void* cached_attention_scratch(const kernels::CachedProblem& problem);

/// The shape of a cache.
struct KeyValueShape {
  int64_t heads = 1, head_dim = 0;
  bool rounded = false;  ///< float32 on the CPU is rounded to bfloat16: half the bytes
};

/// Keys and values of one layer for every row of a RowIndex; rows are reordered by the index alone. Memory is
/// taken once; the operating system commits it as it is written.
///
/// For float32 on the CPU the positions of a head follow each other in memory, as attention reads them; where
/// rows change slots, as beams do, the slots of a position stand side by side. Elsewhere a position has keys
/// and values of all heads side by side.
class KeyValueCache {
 public:
  /// options: the dtype and the device of queries, keys and values. What is appended may have another dtype.
  KeyValueCache(const RowIndex& index, const KeyValueShape& shape, const at::TensorOptions& options);

  /// Writes key_value [queries, 2 * d_model] of the index's latest advance(): keys of all heads, then values.
  void append(const at::Tensor& key_value, const RowIndex& index);
  /// True when write() can be called.
  bool by_head() const { return by_head_; }
  /// The same for some heads of one query, whose keys and values begin at key_value. Threads may write
  /// different queries or heads at once.
  void write(const RowIndex& index, size_t query, int64_t head_begin, int64_t head_end,
             const float* key_value) noexcept;
  const CachedKeys& keys() const { return keys_; }

 private:
  CachedKeys views(bool one_slot_each) const;

  KeyValueShape shape_;
  bool by_head_;
  /// by head: [slots, heads, 2, capacity, head_dim], or [heads, 2, capacity, slots, head_dim] where rows
  /// change slots; else [capacity, slots, 2 * d_model]
  at::Tensor store_;
  CachedKeys keys_;
};

/// What rows attend to beside themselves: the memory that an encoder made of each input, [inputs,
/// source_length, width], of which the first lengths [inputs] positions count.
class MemoryIndex {
 public:
  explicit MemoryIndex(const at::Tensor& lengths);
  /// The queries of the index's latest advance(), each over the memory of its row's input. Good until the
  /// next.
  const StepQueries& look(const RowIndex& index);
  /// The same for `queries_each` queries of each input, side by side.
  const StepQueries& look_by_input(int64_t queries_each);
  int64_t length(int64_t input) const { return lengths_[static_cast<size_t>(input)]; }

 private:
  const StepQueries& finish();

  std::vector<int32_t> lengths_, slots_;
  std::vector<kernels::CachedQuery> queries_;
  StepQueries step_;
};

}  // namespace heed::nn
