// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/row_history.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>

namespace heed::nn {
namespace {

/// Values of three rows: 100 * row + tokens consumed, of width 1, and their negatives, of width 2.
std::vector<at::Tensor> values(const std::vector<int64_t>& consumed, const std::vector<int64_t>& names) {
  std::vector<float> numbers;
  for (size_t i = 0; i < consumed.size(); ++i)
    numbers.push_back(static_cast<float>(100 * names[i] + consumed[i]));
  const at::Tensor one = at::tensor(numbers).unsqueeze(1);
  return {one, -one.expand({-1, 2})};
}

void expect_equal(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].equal(b[i])) << a[i] << b[i];
}

TEST(RowHistory, EachRowGoesBackByItsOwnNumberOfTokens) {
  RowHistory history(3, values({0, 0, 0}, {0, 1, 2}));
  history.record({}, values({1, 1, 1}, {0, 1, 2}));
  history.record(at::tensor({0, 2}, at::kLong), values({2, 1, 2}, {0, 1, 2}));
  history.record(at::tensor({2}, at::kLong), values({2, 1, 3}, {0, 1, 2}));
  expect_equal(history.drop_last({0, 1, 2}), values({2, 0, 1}, {0, 1, 2}));
  history.record({}, values({3, 1, 2}, {0, 1, 2}));
  history.record({}, values({4, 2, 3}, {0, 1, 2}));
  history.reorder(at::tensor({2, 0}, at::kLong));
  expect_equal(history.drop_last({2, 3}), values({1, 1}, {2, 0}));
}

TEST(RowHistory, RefusesWhatItDoesNotKeep) {
  RowHistory history(2, values({0, 0}, {0, 1}));
  EXPECT_THROW(history.drop_last({1, 0}), c10::Error) << "nothing is consumed";
  for (int64_t i = 1; i <= 4; ++i) history.record({}, values({i, i}, {0, 1}));
  EXPECT_THROW(history.drop_last({3, 0}), c10::Error);
  EXPECT_THROW(history.drop_last({1}), c10::Error);
  expect_equal(history.drop_last({2, 1}), values({2, 3}, {0, 1}));
}

}  // namespace
}  // namespace heed::nn
