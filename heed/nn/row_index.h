// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/kernels/cached_attention.h"
#include "heed/nn/decoding_plan.h"

namespace heed::nn {

/// Queries of one step and where the positions that they see lie: what cached_attention() reads.
struct StepQueries {
  std::span<const kernels::CachedQuery> queries;
  std::span<const int32_t> slots;             ///< slot of position t and row r: slots[t * slot_position + r]
  int64_t slot_position = 0;                  ///< 0: a row keeps to one slot
  std::span<const int32_t> coordinates = {};  ///< of each position; empty: its number
};

/// The rows of a decoding state: how many positions each has consumed, and in which slot each of them lies.
/// One index serves the caches of all layers, so that rows are copied, dropped and reordered without moving a
/// key.
///
/// A state begins with one row for each input. Up to `rows_per_input` rows may come to continue an input, all
/// of the same length: the beams of a sentence. Rows of different inputs may differ in length.
class RowIndex {
 public:
  /// At most `capacity` positions a row. With a plan, a position sees what the plan says; else all before it.
  RowIndex(int64_t inputs, int64_t rows_per_input, int64_t capacity,
           std::shared_ptr<const DecodingPlan> plan = nullptr);

  int64_t rows() const { return std::ssize(rows_); }
  int64_t slots() const { return inputs_ * rows_per_input_; }
  int64_t capacity() const { return capacity_; }
  bool one_slot_each() const { return rows_per_input_ == 1; }
  int64_t length(int64_t row) const { return rows_[static_cast<size_t>(row)].length; }
  int64_t longest() const;
  int64_t input(int64_t row) const { return rows_[static_cast<size_t>(row)].input; }

  /// Row i becomes a copy of old row rows[i]; int64 on the CPU. Throws c10::Error when an input gets more
  /// rows than it may have.
  void reorder(const at::Tensor& rows);

  /// Row i consumes counts[i] positions more, at least one; empty: one each. Their queries stand row after
  /// row. Throws c10::Error beyond the capacity.
  void advance(std::span<const int64_t> counts = {});

  /// Row i forgets its latest counts[i] positions. Throws c10::Error if it has fewer.
  void drop_last(std::span<const int64_t> counts);

  // Of the latest advance().
  StepQueries queries() const;
  /// Position of each query, and the slot that it is written to.
  const std::vector<int32_t>& positions() const { return positions_; }
  const std::vector<int32_t>& write_slots() const { return write_slots_; }
  /// The queries of row i are those from first_query(i) to first_query(i + 1).
  int64_t first_query(int64_t row) const { return first_queries_[static_cast<size_t>(row)]; }
  /// The last query of each row, [rows] int64 on the CPU; undefined where each row has one query alone.
  at::Tensor last_queries() const;
  /// positions() as a tensor [queries] int64 on `device`.
  at::Tensor position_tensor(at::Device device) const;

 private:
  struct Row {
    int32_t input, slot, length;  ///< slot: where the row writes
  };
  void add_query(size_t row);

  int64_t inputs_, rows_per_input_, capacity_;
  std::shared_ptr<const DecodingPlan> plan_;
  std::vector<Row> rows_;
  std::vector<int32_t>
      slot_;  ///< [capacity, slots] by position and row; [rows] where a row keeps to one slot
  std::vector<kernels::CachedQuery> queries_;
  std::vector<int32_t> positions_, write_slots_;
  std::vector<int64_t> first_queries_;  ///< [rows + 1]
};

}  // namespace heed::nn
