// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/stream_batches.h"

#include <algorithm>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include "heed/core/error.h"

namespace heed::tasks {
namespace {

constexpr int32_t kVocabulary = 1000;

/// The tokens 0, 1, 2 ...
text::TokenStream counting(int32_t size) {
  std::vector<int32_t> tokens(static_cast<size_t>(size));
  std::iota(tokens.begin(), tokens.end(), 0);
  text::TokenStream stream;
  const size_t half = tokens.size() / 2;
  stream.add(std::span(tokens).first(half), kVocabulary);
  stream.add(std::span(tokens).subspan(half), kVocabulary);
  return stream;
}

/// How often each token is a target in an epoch.
std::map<int64_t, int> targets_of_epoch(StreamBatches& batches, int64_t epoch) {
  std::map<int64_t, int> counts;
  const int64_t size = batches.batches_per_epoch();
  for (int64_t index = epoch * size; index < (epoch + 1) * size; ++index) {
    const at::Tensor targets = batches.batch(index).targets;
    for (int64_t i = 0; i < targets.numel(); ++i) ++counts[targets.data_ptr<int64_t>()[i]];
  }
  return counts;
}

TEST(StreamBatches, VisitEachTokenAtMostOnceAnEpochAndLeaveOutLessThanTwoCrops) {
  for (const int32_t size : {101, 107, 108, 109, 117}) {
    StreamBatches batches(counting(size), 9, 1, 5);
    for (int64_t epoch = 0; epoch < 3; ++epoch) {
      const auto counts = targets_of_epoch(batches, epoch);
      for (const auto& [token, count] : counts) EXPECT_EQ(count, 1) << token;
      EXPECT_GT(static_cast<int>(counts.size()), size - 1 - 2 * 9);
    }
  }
}

TEST(StreamBatches, EveryTokenIsATargetInSomeEpoch) {
  for (const int32_t size : {60, 61, 64, 66}) {
    StreamBatches batches(counting(size), 7, 1, 1);
    std::map<int64_t, int> counts;
    for (int64_t epoch = 0; epoch < 60; ++epoch)
      for (const auto& [token, count] : targets_of_epoch(batches, epoch)) counts[token] += count;
    EXPECT_EQ(static_cast<int32_t>(counts.size()), size - 1);
    EXPECT_EQ(counts.count(0), 0U);  // the first mark has nothing before it
  }
}

TEST(StreamBatches, ATargetFollowsItsToken) {
  StreamBatches batches(counting(300), 16, 4, 9);
  for (int64_t index = 0; index < 12; ++index) {
    const TokenBatch batch = batches.batch(index);
    EXPECT_TRUE(batch.targets.equal(batch.input.tokens + 1));
    EXPECT_EQ(batch.input.positions->max().item<int64_t>(), 15);
  }
}

TEST(StreamBatches, DependOnSeedAndIndexAlone) {
  StreamBatches one(counting(300), 16, 4, 9), other(counting(300), 16, 4, 9), third(counting(300), 16, 4, 10);
  const TokenBatch batch = one.batch(7);
  for (int64_t index = 0; index < 7; ++index) other.batch(index);
  EXPECT_TRUE(batch.targets.equal(other.batch(7).targets));
  EXPECT_FALSE(batch.targets.equal(third.batch(7).targets));
}

TEST(StreamBatches, AStreamShorterThanACropIsOneCrop) {
  StreamBatches batches(counting(5), 16, 2, 1);
  EXPECT_EQ(batches.batch(0).targets.size(1), 4);
  EXPECT_EQ(batches.tokens_per_batch(), 8);
  EXPECT_THROW(StreamBatches(counting(1), 16, 2, 1), Error);
}

TEST(StreamWindows, CoverEveryTargetOnce) {
  for (const int64_t window : {1, 7, 49, 50, 200}) {
    int64_t next = 1;
    for (const auto& crop : stream_windows(counting(50), window, 0)) {
      EXPECT_EQ(crop.position, 0);
      for (size_t i = 1; i < crop.tokens.size(); ++i) EXPECT_EQ(crop.tokens[i], next++);
    }
    EXPECT_EQ(next, 50);
  }
}

TEST(StreamWindows, ComeFromEverywhereIfTheyAreFew) {
  const auto windows = stream_windows(counting(901), 30, 90);
  ASSERT_EQ(windows.size(), 3U);
  EXPECT_EQ(windows[0].tokens.front(), 0);
  EXPECT_EQ(windows[1].tokens.front(), 300);
  EXPECT_EQ(windows[2].tokens.front(), 600);
}

}  // namespace
}  // namespace heed::tasks
