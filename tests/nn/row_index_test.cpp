// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/row_index.h"

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <ATen/ops/tensor.h>

namespace heed::nn {
namespace {

using Numbers = std::vector<int64_t>;

/// What RowIndex promises, written out: every row is the list of the marks that it has consumed, and a mark
/// lies where the index said that it is to be written.
class PlainRows {
 public:
  PlainRows(int64_t inputs, int64_t rows_per_input, int64_t capacity)
      : index(inputs, rows_per_input, capacity), store_(static_cast<size_t>(capacity * index.slots()), -1) {
    for (int64_t i = 0; i < inputs; ++i) rows.push_back({i, {}});
  }

  void advance(const Numbers& counts) {
    index.advance(counts);
    size_t query = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      for (int64_t n = 0; n < (counts.empty() ? 1 : counts[i]); ++n, ++query) {
        ASSERT_EQ(index.positions()[query], std::ssize(rows[i].marks));
        at(index.positions()[query], index.write_slots()[query]) = next_;
        rows[i].marks.push_back(next_++);
      }
    }
    ASSERT_EQ(index.positions().size(), query);
  }

  void reorder(const Numbers& order) {
    index.reorder(at::tensor(order, at::kLong));
    std::vector<Row> moved;
    for (const int64_t row : order) moved.push_back(rows[static_cast<size_t>(row)]);
    rows = moved;
  }

  /// Of the latest advance(): every query sees its own row's marks up to its own.
  void expect_own_pasts() {
    const StepQueries step = index.queries();
    ASSERT_EQ(step.queries.size(), index.positions().size());
    for (size_t q = 0; q < step.queries.size(); ++q) {
      const auto& query = step.queries[q];
      const Row& row = rows[static_cast<size_t>(query.row)];
      EXPECT_EQ(query.first, 0);
      EXPECT_EQ(query.seen, nullptr);
      ASSERT_EQ(query.count, index.positions()[q] + 1);
      for (int32_t t = 0; t < query.count; ++t) {
        const auto slot = step.slots[static_cast<size_t>(t * step.slot_position + query.row)];
        ASSERT_EQ(at(t, slot), row.marks[static_cast<size_t>(t)])
            << "row " << query.row << ", position " << t;
      }
    }
  }

  struct Row {
    int64_t input;
    Numbers marks;
  };
  RowIndex index;
  std::vector<Row> rows;

 private:
  int64_t& at(int64_t position, int64_t slot) {
    return store_.at(static_cast<size_t>(position * index.slots() + slot));
  }

  Numbers store_;
  int64_t next_ = 0;
};

class RandomRows : public testing::TestWithParam<int64_t> {  // rows per input
 protected:
  int64_t below(int64_t bound) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(bound)); }

  /// Rows of one input stay of one length.
  Numbers random_counts(const PlainRows& plain) {
    Numbers of_input, counts;
    for (int64_t i = 0; i < 5; ++i) of_input.push_back(1 + below(4));
    for (const auto& row : plain.rows) counts.push_back(of_input[static_cast<size_t>(row.input)]);
    return counts;
  }
  /// Any rows of each input, some inputs left out, in any order.
  Numbers random_order(const PlainRows& plain) {
    Numbers order;
    for (int64_t input = 0; input < 5; ++input) {
      Numbers own;
      for (size_t i = 0; i < plain.rows.size(); ++i)
        if (plain.rows[i].input == input) own.push_back(static_cast<int64_t>(i));
      if (own.empty()) continue;
      for (int64_t n = below(8) == 0 ? 0 : 1 + below(GetParam()); n > 0; --n)
        order.push_back(own[static_cast<size_t>(below(std::ssize(own)))]);
    }
    std::shuffle(order.begin(), order.end(), random_);
    return order;
  }

  std::mt19937 random_{7};
};

TEST_P(RandomRows, KeepTheirOwnPastThroughRaggedStepsAndAnyReordering) {
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    PlainRows plain(5, GetParam(), 60);
    for (int step = 0; step < 14 && !plain.rows.empty(); ++step) {
      plain.advance(below(3) == 0 ? Numbers{} : random_counts(plain));
      plain.expect_own_pasts();
      if (HasFatalFailure()) return;
      if (below(2) == 0) plain.reorder(random_order(plain));
      for (size_t i = 0; i < plain.rows.size(); ++i) {
        const auto row = static_cast<int64_t>(i);
        EXPECT_EQ(plain.index.input(row), plain.rows[i].input);
        EXPECT_EQ(plain.index.length(row), std::ssize(plain.rows[i].marks));
      }
      EXPECT_EQ(plain.index.rows(), std::ssize(plain.rows));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(RowsPerInput, RandomRows, testing::Values(1, 2, 3, 5));

TEST(RowIndex, RowsOfInputsOfDifferentLengthsDoNotOverwriteEachOther) {
  PlainRows plain(3, 2, 12);
  plain.advance({7, 1, 4});
  plain.reorder({2, 0, 1, 0, 2, 1});
  plain.advance({1, 2, 3, 2, 1, 3});
  plain.expect_own_pasts();
  EXPECT_EQ(plain.index.longest(), 9);
  plain.reorder({5, 1, 1});
  plain.advance({});
  plain.expect_own_pasts();
}

TEST(RowIndex, ABeamThatTookOverAnotherLeavesItsSiblingsPastAlone) {
  PlainRows plain(1, 3, 8);
  plain.advance({});
  plain.reorder({0, 0, 0});
  plain.advance({});
  plain.reorder({2, 1, 0});  // each now writes where another wrote before
  plain.advance({});
  plain.reorder({1, 1});
  plain.advance({});
  plain.expect_own_pasts();
}

TEST(RowIndex, OneRowAnInputKeepsToOneSlot) {
  RowIndex index(4, 1, 3);
  index.reorder(at::tensor({3, 1}, at::kLong));
  index.advance();
  EXPECT_EQ(index.queries().slot_position, 0);
  EXPECT_EQ(index.write_slots(), (std::vector<int32_t>{3, 1}));
  EXPECT_EQ(index.slots(), 4);
}

TEST(RowIndex, HoldsItsCapacityAndItsRowsPerInput) {
  RowIndex index(2, 2, 5);
  index.advance(Numbers{5, 3});
  EXPECT_THROW(index.advance(), c10::Error) << "the first row is full";
  RowIndex other(2, 2, 5);
  EXPECT_THROW(other.advance(Numbers{1, 6}), c10::Error);
  EXPECT_THROW(RowIndex(1, 1, 0).advance(), c10::Error);

  RowIndex beams(2, 2, 5);
  beams.advance();
  EXPECT_THROW(beams.reorder(at::tensor({0, 0, 0, 1}, at::kLong)), c10::Error);
  EXPECT_THROW(beams.reorder(at::tensor({0, 2}, at::kLong)), c10::Error);
  EXPECT_THROW(beams.reorder(at::tensor({-1}, at::kLong)), c10::Error);
  beams.reorder(at::tensor({1, 1, 0, 0}, at::kLong));
  EXPECT_EQ(beams.rows(), 4);
  RowIndex single(2, 1, 5);
  EXPECT_THROW(single.reorder(at::tensor({0, 0}, at::kLong)), c10::Error);
}

TEST(RowIndex, RefusesStepsThatAreNotOneOrMoreTokensOfEveryRow) {
  RowIndex index(3, 1, 9);
  EXPECT_THROW(index.advance(Numbers{1, 1}), c10::Error);
  EXPECT_THROW(index.advance(Numbers{1, 0, 2}), c10::Error);
  EXPECT_THROW(RowIndex(-1, 1, 4), c10::Error);
  EXPECT_THROW(RowIndex(1, 0, 4), c10::Error);
}

TEST(RowIndex, NamesTheLastQueryOfEachRowWhereARowHasSeveral) {
  RowIndex index(3, 1, 20);
  index.advance(Numbers{2, 1, 4});
  EXPECT_TRUE(index.last_queries().equal(at::tensor({1, 2, 6}, at::kLong)));
  EXPECT_TRUE(index.position_tensor(at::kCPU).equal(at::tensor({0, 1, 0, 0, 1, 2, 3}, at::kLong)));
  index.advance();
  EXPECT_FALSE(index.last_queries().defined());
  EXPECT_TRUE(index.position_tensor(at::kCPU).equal(at::tensor({2, 1, 4}, at::kLong)));
}

TEST(RowIndex, LastQueriesAreThoseOfTheLatestAdvanceWhateverIsReorderedSince) {
  RowIndex index(3, 2, 20);
  index.advance(Numbers{2, 1, 4});
  index.reorder(at::tensor({0, 2}, at::kLong));
  EXPECT_TRUE(index.last_queries().equal(at::tensor({1, 2, 6}, at::kLong)));
  index.advance();
  index.reorder(at::tensor({0, 0, 1, 1}, at::kLong));
  EXPECT_FALSE(index.last_queries().defined());
}

TEST(RowIndex, DroppedPositionsAreWrittenAgain) {
  RowIndex index(3, 1, 6);
  index.advance(Numbers{2, 1, 4});
  EXPECT_EQ(index.first_query(1), 2);
  EXPECT_EQ(index.first_query(3), 7);
  index.drop_last(Numbers{1, 0, 4});
  EXPECT_EQ(index.length(0), 1);
  EXPECT_EQ(index.length(2), 0);
  index.advance();
  EXPECT_EQ(index.positions(), (std::vector<int32_t>{1, 1, 0}));
  EXPECT_THROW(index.drop_last(Numbers{3, 0, 0}), c10::Error);
  EXPECT_THROW(index.drop_last(Numbers{0, 0}), c10::Error);
  EXPECT_EQ(index.length(0), 2) << "what is refused changes nothing";
}

TEST(RowIndex, NoInputsAreNoRows) {
  RowIndex index(0, 2, 4);
  index.advance();
  EXPECT_EQ(index.rows(), 0);
  EXPECT_TRUE(index.queries().queries.empty());
}

TEST(RowIndex, WithAPlanEachQuerySeesWhatThePlanSays) {
  const auto plan = std::make_shared<const DecodingPlan>(
      attention::Local1d{.query_block = 3, .memory_before = 2}, /*length=*/9);
  RowIndex index(2, 1, 9, plan);
  index.advance(Numbers{7, 2});
  const StepQueries step = index.queries();
  EXPECT_EQ(std::ssize(step.coordinates), 9);
  for (size_t q = 0; q < step.queries.size(); ++q) {
    kernels::CachedQuery expected;
    plan->look(index.positions()[q], expected);
    EXPECT_EQ(step.queries[q].first, expected.first);
    EXPECT_EQ(step.queries[q].count, expected.count);
    EXPECT_EQ(step.queries[q].row, q < 7 ? 0 : 1);
  }
}

}  // namespace
}  // namespace heed::nn
