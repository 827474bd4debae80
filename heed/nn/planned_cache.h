// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"

namespace heed::nn {

/// The keys that each position of a causal pattern attends to, laid out for decoding one position after the
/// other. The sequence falls into blocks. While a block is decoded, a position sees the block's memory, which
/// lies before the block and stays what it is, and the positions of the block up to itself.
///
/// Dense, causal: one block without a memory. Local1d: its query blocks, each with the positions before it.
/// Local2d: its rectangles, each with what lies above and beside it and comes before.
class DecodingPlan {
 public:
  struct Block {
    int64_t begin = 0, end = 0;  ///< positions
    at::Tensor memory;           ///< [count] int64, ascending, each below begin
    bool contiguous = true;      ///< the memory ends where the block begins and has no gaps
    at::Tensor places = {};      ///< of the memory and the block: [count + end - begin] int32
  };

  /// Throws c10::Error when the pattern is not causal or does not fit the length.
  DecodingPlan(const attention::Pattern& pattern, int64_t length);

  int64_t length() const { return length_; }
  const Block& block_of(int64_t position) const;
  /// Most keys that a position attends to.
  int64_t capacity() const { return capacity_; }
  bool contiguous() const { return contiguous_; }
  /// What attention::Distance counts differences of, for each key that `position` sees, itself last: [seen]
  /// int32.
  at::Tensor places(int64_t position) const;

 private:
  int64_t length_, capacity_ = 0;
  bool contiguous_ = true;
  std::vector<Block> blocks_;
  std::vector<int32_t> block_of_;  ///< by position
};

/// Keys and values of one layer, decoded along a plan by any number of rows that advance together.
///
/// Memory: key and value [rows, length, d_model], and where memories have gaps [rows, capacity, d_model] once
/// more: a block's memory is gathered when the block begins, so that a step reads one run of keys.
class PlannedCache {
 public:
  PlannedCache(std::shared_ptr<const DecodingPlan> plan, int64_t rows, int64_t d_model,
               const at::TensorOptions& options);

  /// The next position's key and value, [rows, d_model]. Throws c10::Error past the plan's length.
  void append(const at::Tensor& key, const at::Tensor& value);
  /// What the latest position attends to, itself last: [rows, seen, d_model]. Good until the next append.
  at::Tensor key() const { return seen(key_); }
  at::Tensor value() const { return seen(value_); }
  /// Of these: DecodingPlan::places().
  at::Tensor places() const { return plan_->places(length_ - 1); }
  int64_t length() const { return length_; }
  /// Row i becomes old row rows[i]; int64.
  void reorder(const at::Tensor& rows);

 private:
  struct Store {
    at::Tensor all, block;  ///< of every position; of the block at hand with its memory before it
  };
  void append(Store& store, const at::Tensor& next);
  at::Tensor seen(const Store& store) const;

  std::shared_ptr<const DecodingPlan> plan_;
  Store key_, value_;
  int64_t length_ = 0;
};

}  // namespace heed::nn
