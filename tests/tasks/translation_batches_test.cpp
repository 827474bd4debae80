// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/translation_batches.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "tests/core/expect_error.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"

namespace heed::tasks {
namespace {

using ::testing::ElementsAre;

// Lengths as in translated speech: most sentences are short, with a long tail; translations have similar
// lengths.
std::vector<EncodedPair> realistic_pairs(size_t count, uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> length(3, 0.6);
  std::normal_distribution<double> ratio(1.1, 0.15);
  std::vector<EncodedPair> pairs(count);
  for (auto& pair : pairs) {
    const double source = length(random);
    pair.source.resize(static_cast<size_t>(source));
    pair.target.resize(static_cast<size_t>(std::max(0.0, source * ratio(random))));
    for (auto* side : {&pair.source, &pair.target})
      for (int32_t& token : *side) token = static_cast<int32_t>(4 + random() % 1000);
  }
  return pairs;
}

TranslationBatchOptions budget(int64_t tokens) {
  TranslationBatchOptions options;
  options.max_tokens = tokens;
  return options;
}

int64_t cells(const TranslationBatch& batch) {
  return batch.source.tokens.numel() + batch.target_input.numel();
}

std::vector<size_t> epoch_rows(TranslationBatches& batches, int64_t epoch) {
  std::vector<size_t> rows;
  for (int64_t i = 0; i < batches.batches_per_epoch(); ++i)
    for (const size_t row : batches.rows(epoch * batches.batches_per_epoch() + i)) rows.push_back(row);
  return rows;
}

bool same(const TranslationBatch& a, const TranslationBatch& b) {
  return a.source.tokens.equal(b.source.tokens) && a.source.lengths.equal(b.source.lengths) &&
         a.target_input.equal(b.target_input) && a.target_output.equal(b.target_output) &&
         a.target_lengths.equal(b.target_lengths) && a.target_tokens == b.target_tokens;
}

std::vector<int64_t> row(const at::Tensor& tensor, int64_t index) {
  const at::Tensor values = tensor.select(0, index).contiguous();
  return {values.data_ptr<int64_t>(), values.data_ptr<int64_t>() + values.numel()};
}

TEST(TranslationBatches, HoldTheMarksThePaddingAndTheLengths) {
  const std::vector<EncodedPair> pairs{{{10, 11}, {20}}, {{}, {}}, {{12}, {21, 22, 23}}};
  const std::vector<size_t> all{0, 1, 2};
  const TranslationMarks marks{{1, 2, 3}, {5, 6, 7}};
  const TranslationBatch batch = make_translation_batch(pairs, all, marks);
  EXPECT_THAT(row(batch.source.tokens, 0), ElementsAre(10, 11, 2));
  EXPECT_THAT(row(batch.source.tokens, 1), ElementsAre(2, 3, 3));
  EXPECT_THAT(row(batch.source.tokens, 2), ElementsAre(12, 2, 3));
  EXPECT_THAT(row(batch.target_input, 0), ElementsAre(5, 20, 7, 7));
  EXPECT_THAT(row(batch.target_output, 0), ElementsAre(20, 6, -100, -100));
  EXPECT_THAT(row(batch.target_input, 1), ElementsAre(5, 7, 7, 7));
  EXPECT_THAT(row(batch.target_output, 1), ElementsAre(6, -100, -100, -100));
  EXPECT_THAT(row(batch.target_input, 2), ElementsAre(5, 21, 22, 23));
  EXPECT_THAT(row(batch.target_output, 2), ElementsAre(21, 22, 23, 6));
  EXPECT_THAT(row(batch.source.lengths.unsqueeze(0), 0), ElementsAre(3, 1, 2));
  EXPECT_THAT(row(batch.target_lengths.unsqueeze(0), 0), ElementsAre(2, 1, 4));
  EXPECT_EQ(batch.target_tokens, 7);
  EXPECT_EQ(batch.target_output.ne(TranslationBatch::kIgnore).sum().item<int64_t>(), 7);
  EXPECT_TRUE(same(batch.to(at::kCPU), batch));
}

TEST(TranslationBatches, VisitEveryPairOnceAnEpochAndEpochsDiffer) {
  const auto pairs = realistic_pairs(3000);
  TranslationBatches batches(pairs, budget(2000), {}, 5);
  std::vector<size_t> first = epoch_rows(batches, 0), second = epoch_rows(batches, 1);
  EXPECT_NE(first, second);
  for (auto* rows : {&first, &second}) {
    std::sort(rows->begin(), rows->end());
    ASSERT_EQ(rows->size(), pairs.size() - static_cast<size_t>(batches.left_out()));
    EXPECT_EQ(std::adjacent_find(rows->begin(), rows->end()), rows->end());
  }
  EXPECT_EQ(first, second);
}

TEST(TranslationBatches, PutPairsTogetherAnewEachEpoch) {
  const auto pairs = realistic_pairs(20000);
  TranslationBatches batches(pairs, budget(4096), {}, 5);
  std::set<std::vector<size_t>> first;
  int64_t again = 0;
  for (int64_t i = 0; i < 2 * batches.batches_per_epoch(); ++i) {
    auto rows = batches.rows(i);
    std::sort(rows.begin(), rows.end());
    if (i < batches.batches_per_epoch())
      first.insert(rows);
    else
      again += static_cast<int64_t>(first.count(rows));
  }
  EXPECT_LT(again, batches.batches_per_epoch() / 10);
}

TEST(TranslationBatches, KeepTheBudgetButForASinglePairThatIsLarger) {
  auto pairs = realistic_pairs(2000);
  TranslationBatchOptions options = budget(300);
  options.max_sentences = 7;
  TranslationBatches batches(pairs, options, {}, 1);
  bool over = false;
  for (int64_t i = 0; i < batches.batches_per_epoch(); ++i) {
    const TranslationBatch batch = batches.batch(i);
    const int64_t rows = batch.source.tokens.size(0);
    EXPECT_LE(rows, 7);
    EXPECT_TRUE(rows == 1 || cells(batch) <= 300) << cells(batch);
    over = over || cells(batch) > 300;
  }
  EXPECT_TRUE(over);
}

TEST(TranslationBatches, AreAFunctionOfSeedAndIndexWhateverTheOrderOfCalls) {
  const auto pairs = realistic_pairs(500);
  TranslationBatches forward(pairs, budget(1000), {}, 9), backward(pairs, budget(1000), {}, 9);
  TranslationBatches other(pairs, budget(1000), {}, 10);
  const int64_t count = 3 * forward.batches_per_epoch();
  std::vector<TranslationBatch> first;
  for (int64_t i = 0; i < count; ++i) first.push_back(forward.batch(i));
  bool differs = false;
  for (int64_t i = count - 1; i >= 0; --i) {
    ASSERT_TRUE(same(backward.batch(i), first[static_cast<size_t>(i)])) << i;
    differs = differs || !same(other.batch(i), first[static_cast<size_t>(i)]);
  }
  EXPECT_TRUE(differs);
  TranslationBatches resumed(pairs, budget(1000), {}, 9);
  EXPECT_TRUE(same(resumed.batch(count - 1), first.back()));
}

// The share of cells that are padding, and of the budget that is used.
std::pair<double, double> padding_and_use(size_t count, int64_t tokens) {
  const auto pairs = realistic_pairs(count);
  TranslationBatches batches(pairs, budget(tokens), {}, 3);
  double all = 0, used = 0;
  for (int64_t i = 0; i < batches.batches_per_epoch(); ++i) {
    const auto rows = batches.rows(i);
    size_t source = 0, target = 0;
    for (const size_t r : rows) {
      source = std::max(source, pairs[r].source.size() + 1);
      target = std::max(target, pairs[r].target.size() + 1);
      used += static_cast<double>(pairs[r].source.size() + pairs[r].target.size() + 2);
    }
    all += static_cast<double>(rows.size() * (source + target));
  }
  return {1 - used / all, all / static_cast<double>(tokens * batches.batches_per_epoch())};
}

TEST(TranslationBatches, AreLittlePaddingAndFillTheBudget) {
  const auto [small, small_use] = padding_and_use(5000, 4096);
  EXPECT_LT(small, 0.13);
  EXPECT_GT(small_use, 0.85);
  const auto [large, large_use] = padding_and_use(100000, 4096);
  EXPECT_LT(large, 0.06);
  EXPECT_GT(large_use, 0.9);
  RecordProperty("padding_of_5000", std::to_string(small));
  RecordProperty("padding_of_100000", std::to_string(large));
}

TEST(TranslationBatches, LeaveOutAndCountWhatIsTooLong) {
  std::vector<EncodedPair> pairs(4);
  pairs[0].source.resize(9);   // ten with its mark
  pairs[1].source.resize(10);  // eleven
  pairs[2].target.resize(10);
  TranslationBatchOptions options = budget(100);
  options.max_length = 10;
  TranslationBatches batches(pairs, options, {}, 1);
  EXPECT_EQ(batches.left_out(), 2);
  EXPECT_THAT(epoch_rows(batches, 0), ::testing::UnorderedElementsAre(0, 3));
  options.max_length = 0;
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { TranslationBatches(pairs, options, {}, 1); }),
              ::testing::HasSubstr("no sentence pair is left of 4; the longest allowed is 0"));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { TranslationBatches({}, options, {}, 1); }),
              ::testing::HasSubstr("no sentence pair is left of 0"));
  EXPECT_THROW(batches.batch(-1), c10::Error);
}

TEST(TranslationBatches, ForValidationHoldEveryPairOnceSortedByLength) {
  const auto pairs = realistic_pairs(1000);
  const auto batches = batches_by_length(pairs, budget(1500));
  std::vector<size_t> rows;
  size_t longest = 0;
  for (const auto& batch : batches) {
    EXPECT_TRUE(batch.size() == 1 || cells(make_translation_batch(pairs, batch, {})) <= 1500);
    for (const size_t r : batch) {
      EXPECT_GE(pairs[r].target.size(), longest);
      longest = pairs[r].target.size();
      rows.push_back(r);
    }
  }
  std::sort(rows.begin(), rows.end());
  ASSERT_EQ(rows.size(), pairs.size());
  EXPECT_EQ(rows.back(), pairs.size() - 1);
  EXPECT_EQ(std::adjacent_find(rows.begin(), rows.end()), rows.end());
  EXPECT_EQ(batches_by_length(pairs, budget(1500)), batches);
  EXPECT_TRUE(batches_by_length({}, budget(1500)).empty());
}

}  // namespace
}  // namespace heed::tasks
