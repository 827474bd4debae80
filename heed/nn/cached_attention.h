// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"

/// Attention of decoding steps, where every row asks with one query, over heed/kernels/cached_attention.h.
namespace heed::nn {

/// Embeddings of the distance from a row's query to each position, for keys and for values.
///
/// key, value  [heads, rows, head_dim], or of one head that all share; float32 on the CPU; undefined: none
/// place       [positions] int32, what distances are differences of, with that of the queries; undefined:
///             positions count up, and a row's query stands at the last that it sees
struct StepRelation {
  at::Tensor key = {}, value = {};
  int64_t zero = 0;  ///< row of distance 0
  attention::Beyond beyond = attention::Beyond::kClip;
  at::Tensor place = {};
  int64_t query_place = 0;
};

/// Keys and values that rows attend to, and where each row finds them.
///
/// key, value  [slots, positions, d_model], heads side by side; the first two axes may be swapped by strides
/// slot        [positions, rows] int32: which slot holds a position of a row; [1, rows]: every position
/// length      [rows] int32: positions 0 ... length - 1 are seen, at least one
struct CachedSteps {
  at::Tensor key, value;    ///< float32, [slots, positions, d_model], any strides but the last, which is 1
  at::Tensor slot, length;  ///< on the CPU
  StepRelation relation;
};

/// query    [rows, d_model] float32 on the CPU, row stride free
/// returns  [rows, d_model]
///
/// weights  where it points to a tensor, that becomes [rows, heads, positions]: the softmax of the scores,
///          and 0 past a row's length
///
/// Scores are scaled by head_dim^-1/2. Without gradient. A row's bits depend on nothing but its own numbers:
/// not on the rows beside it, nor on the number of threads.
at::Tensor cached_attention(const at::Tensor& query, int64_t heads, const CachedSteps& steps,
                            at::Tensor* weights = nullptr);

/// One query of each row over keys and values of its own, any dtype and device.
///
/// query       [rows, d_model]
/// key, value  [rows, seen, d_model], all of it seen, heads side by side
/// relation    of keys alone, with a place for each position; or of nothing
/// returns     [rows, d_model]
///
/// In float32 on the CPU it is cached_attention(), with its promise.
at::Tensor single_query_attention(const at::Tensor& query, int64_t heads, const at::Tensor& key,
                                  const at::Tensor& value, const StepRelation& relation = {});

/// Keys and values of the target tokens that rows have consumed, kept by position, so that a step writes side
/// by side and beams are reordered by their index alone.
class TokenCache {
 public:
  /// `rows` rows to begin with; memory for `capacity` positions of `most_rows`.
  TokenCache(int64_t rows, int64_t most_rows, int64_t capacity, int64_t d_model);

  /// Writes key and value [rows, d_model] of the next position.
  void append(const at::Tensor& key, const at::Tensor& value);
  /// Row i becomes old row rows[i]; rows [n] int64 on the CPU, n at most most_rows.
  void reorder(const at::Tensor& rows);
  /// Everything so far. The view is good until the next append or reorder.
  CachedSteps steps() const;
  int64_t length() const { return length_; }

 private:
  at::Tensor key_, value_;  ///< [capacity, slots, d_model]
  at::Tensor slot_;         ///< [capacity, slots] int32; of the first rows_ columns
  int64_t rows_ = 0, length_ = 0;
};

}  // namespace heed::nn
