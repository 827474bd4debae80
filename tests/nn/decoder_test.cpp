// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/decoder.h"

#include <gtest/gtest.h>

#include <ATen/ops/tensor.h>

namespace heed::nn {
namespace {

at::Tensor numbers(const std::vector<int64_t>& list) {
  return at::tensor(list, at::kLong);
}

TEST(TokenColumns, AreTheTokensFirstToLastOfTheRowsThatHaveThem) {
  const StepTokens step{numbers({10, 11, 20, 30, 31, 32}), {2, 1, 3}};
  const auto columns = token_columns(step, 3);
  ASSERT_EQ(columns.size(), 3u);
  EXPECT_FALSE(columns[0].rows.defined()) << "every row has a first";
  EXPECT_TRUE(columns[0].tokens.equal(numbers({10, 20, 30})));
  EXPECT_TRUE(columns[0].queries.equal(numbers({0, 2, 3})));
  EXPECT_TRUE(columns[1].rows.equal(numbers({0, 2})));
  EXPECT_TRUE(columns[1].tokens.equal(numbers({11, 31})));
  EXPECT_TRUE(columns[1].queries.equal(numbers({1, 4})));
  EXPECT_TRUE(columns[2].rows.equal(numbers({2})));
  EXPECT_TRUE(columns[2].tokens.equal(numbers({32})));
  EXPECT_TRUE(columns[2].queries.equal(numbers({5})));
}

TEST(WantedTokens, AreTheLastOfEachRowUnlessMoreAreWanted) {
  const StepTokens last{numbers({10, 11, 20, 30, 31, 32}), {2, 1, 3}};
  EXPECT_TRUE(wanted_tokens(last, 3).equal(numbers({1, 2, 5})));
  const StepTokens more{last.tokens, last.counts, {2, 1, 2}};
  EXPECT_TRUE(wanted_tokens(more, 3).equal(numbers({0, 1, 2, 4, 5})));
  EXPECT_FALSE(wanted_tokens({last.tokens, last.counts, {2, 1, 3}}, 3).defined()) << "every token's";
  EXPECT_FALSE(wanted_tokens({numbers({1, 2}), {}}, 2).defined());
  EXPECT_THROW(wanted_tokens({last.tokens, last.counts, {2, 2, 1}}, 3), c10::Error);
  EXPECT_THROW(wanted_tokens({last.tokens, last.counts, {2, 1}}, 3), c10::Error);
  EXPECT_THROW(even_columns({numbers({1, 2, 3, 4}), {2, 2}, {2, 2}}, 2), c10::Error)
      << "for models that return one row of logits";
}

TEST(DecoderState, WithoutAnotherRuleForgetsNothing) {
  struct Plain : DecoderState {
    void reorder(const at::Tensor& /*rows*/) override {}
    int64_t rows() const override { return 2; }
  } state;
  state.allow_drops(0);
  state.drop_last({0, 0});
  EXPECT_THROW(state.allow_drops(1), c10::Error);
  EXPECT_THROW(state.drop_last({0, 1}), c10::Error);
}

TEST(TokenColumns, WithoutCountsThereIsOneOfAllRows) {
  const auto columns = token_columns({numbers({4, 5}), {}}, 2);
  ASSERT_EQ(columns.size(), 1u);
  EXPECT_TRUE(columns[0].tokens.equal(numbers({4, 5})));
  EXPECT_FALSE(columns[0].rows.defined() || columns[0].queries.defined());
}

TEST(TokenColumns, RefuseCountsThatAreNotThoseOfTheTokens) {
  EXPECT_THROW(token_columns({numbers({1, 2, 3}), {}}, 2), c10::Error);
  EXPECT_THROW(token_columns({numbers({1, 2, 3}), {1, 1}}, 2), c10::Error);
  EXPECT_THROW(token_columns({numbers({1, 2, 3}), {3, 0}}, 2), c10::Error);
  EXPECT_THROW(token_columns({numbers({1, 2, 3}), {1, 2}}, 3), c10::Error);
  EXPECT_THROW(token_columns({numbers({1, 2}).unsqueeze(0), {1, 1}}, 2), c10::Error);
}

TEST(EvenColumns, AreThoseOfRowsWithEqualCounts) {
  const auto columns = even_columns({numbers({1, 2, 3, 4, 5, 6}), {3, 3}}, 2);
  ASSERT_EQ(columns.size(), 3u);
  EXPECT_TRUE(columns[1].equal(numbers({2, 5})));
  EXPECT_EQ(even_columns({numbers({1, 2}), {}}, 2).size(), 1u);
  EXPECT_THROW(even_columns({numbers({1, 2, 3}), {1, 2}}, 2), c10::Error);
}

struct Plain : DecoderState {
  void reorder(const at::Tensor&) override {}
  int64_t rows() const override { return 1; }
};

TEST(DecoderState, WithoutASourceThereIsNoCrossAttentionToKeep) {
  Plain state;
  EXPECT_THROW(state.keep_cross_attention(), c10::Error);
  EXPECT_FALSE(state.cross_attention().defined());
}

}  // namespace
}  // namespace heed::nn
