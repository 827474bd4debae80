// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/pair_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>

namespace heed::tasks {
namespace {
using ::testing::ElementsAre;

constexpr PairMarks kPairTestMarks{0, 9};

std::vector<int64_t> list(const at::Tensor& row) {
  const at::Tensor values = row.contiguous();
  return {values.const_data_ptr<int64_t>(), values.const_data_ptr<int64_t>() + values.numel()};
}

TEST(PairBatches, JoinSourceAndTarget) {
  int64_t prompt = 0;
  EXPECT_THAT(joined_pair({{1, 2}, {3}}, kPairTestMarks, 10, prompt), ElementsAre(0, 1, 2, 9, 3, 0));
  EXPECT_EQ(prompt, 4);
  EXPECT_THAT(pair_prompt({1, 2}, kPairTestMarks, 10), ElementsAre(0, 1, 2, 9));
}

TEST(PairBatches, SourcesLoseTheirEndBeforeTargets) {
  int64_t prompt = 0;
  EXPECT_THAT(joined_pair({{1, 2, 3, 4}, {5, 6}}, kPairTestMarks, 7, prompt),
              ElementsAre(0, 1, 2, 9, 5, 6, 0));
  EXPECT_THAT(joined_pair({{1}, {2, 3, 4, 5}}, kPairTestMarks, 7, prompt), ElementsAre(0, 1, 9, 2, 3, 4, 0));
  EXPECT_THAT(joined_pair({{1, 1, 1, 1}, {2, 3, 4, 5}}, kPairTestMarks, 7, prompt),
              ElementsAre(0, 1, 1, 9, 2, 3, 0));
  EXPECT_THAT(pair_prompt({1, 2, 3}, kPairTestMarks, 4), ElementsAre(0, 1, 2, 9));
  EXPECT_THROW(pair_prompt({1}, kPairTestMarks, 1), c10::Error);
}

TEST(PairBatches, OnlyTargetsAreLearned) {
  const std::vector<TaskText> texts{{{1, 2}, {3}}, {{4}, {5, 6, 7}}};
  const std::vector<size_t> rows{0, 1};
  constexpr int64_t kNo = TokenBatch::kIgnore;
  const auto batch = make_pair_batch(texts, rows, kPairTestMarks, 10, false);
  EXPECT_THAT(list(batch.input.tokens[0]), ElementsAre(0, 1, 2, 9, 3, 0));
  EXPECT_THAT(list(batch.targets[0]), ElementsAre(kNo, kNo, kNo, 3, 0, kNo));
  EXPECT_THAT(list(batch.targets[1]), ElementsAre(kNo, kNo, 5, 6, 7, 0));
  const auto both = make_pair_batch(texts, rows, kPairTestMarks, 10, true);
  EXPECT_THAT(list(both.targets[0]), ElementsAre(1, 2, 9, 3, 0, kNo));
}

}  // namespace
}  // namespace heed::tasks
