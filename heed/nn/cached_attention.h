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

/// What queries attend to: key and value [positions, slots, heads * head_dim], heads side by side, equal
/// strides, the last of them 1.
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
/// Without gradient. In float32 on the CPU the bits of a query's result depend on its own numbers alone: not
/// on the queries beside it, nor on the number of threads. Other dtypes and devices gather each row's keys:
/// extra memory [rows, longest, d_model], twice.
struct CachedAttentionOptions {
  int64_t heads = 1;
  double scale = 0;
  StepRelation relation = {};
};
at::Tensor cached_attention(const at::Tensor& query, const CachedKeys& keys, const StepQueries& step,
                            const CachedAttentionOptions& options, at::Tensor* weights = nullptr);

/// Keys and values of one layer for every row of a RowIndex: [capacity, slots, 2 * d_model], keys and values
/// side by side; rows are reordered by the index alone. Where a row keeps to one slot its positions follow
/// each other in memory, as attention reads them; beams, which change slots, write side by side. Memory is
/// taken once; the operating system commits it as it is written.
class KeyValueCache {
 public:
  KeyValueCache(const RowIndex& index, int64_t d_model, const at::TensorOptions& options);

  /// Writes key_value [queries, 2 * d_model] of the index's latest advance().
  void append(const at::Tensor& key_value, const RowIndex& index);
  CachedKeys keys() const;

 private:
  at::Tensor store_;
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
