// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/length_buckets.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"

namespace heed::tasks {
namespace {

std::vector<int64_t> random_lengths(size_t count) {
  std::mt19937 random(1);
  std::vector<int64_t> lengths(count);
  for (auto& length : lengths) length = static_cast<int64_t>(random() % 100);
  return lengths;
}

TEST(LengthBuckets, AnEpochVisitsEveryExampleOnce) {
  for (const size_t count : {1U, 7U, 8U, 9U, 1000U}) {
    LengthBuckets buckets(random_lengths(count), 8, 3);
    EXPECT_EQ(buckets.batches_per_epoch(), static_cast<int64_t>((count + 7) / 8));
    for (int64_t epoch = 0; epoch < 2; ++epoch) {
      std::vector<size_t> seen;
      for (int64_t i = 0; i < buckets.batches_per_epoch(); ++i)
        for (const size_t example : buckets.batch(epoch * buckets.batches_per_epoch() + i))
          seen.push_back(example);
      std::sort(seen.begin(), seen.end());
      ASSERT_EQ(seen.size(), count);
      for (size_t i = 0; i < count; ++i) EXPECT_EQ(seen[i], i);
    }
  }
}

TEST(LengthBuckets, BatchesDependOnSeedAndIndexAlone) {
  LengthBuckets one(random_lengths(300), 8, 3), other(random_lengths(300), 8, 3),
      third(random_lengths(300), 8, 4);
  const auto late = one.batch(50);
  one.batch(3);
  EXPECT_EQ(one.batch(50), late);
  EXPECT_EQ(other.batch(50), late);
  EXPECT_NE(third.batch(50), late);
}

TEST(LengthBuckets, LittleOfABatchIsPadding) {
  const auto lengths = random_lengths(2000);
  LengthBuckets buckets(lengths, 8, 3);
  int64_t padded = 0, tokens = 0;
  for (int64_t i = 0; i < buckets.batches_per_epoch(); ++i) {
    int64_t longest = 0;
    const auto batch = buckets.batch(i);
    for (const size_t example : batch) {
      longest = std::max(longest, lengths[example]);
      tokens += lengths[example];
    }
    padded += longest * std::ssize(batch);
  }
  EXPECT_LT(static_cast<double>(padded), 1.1 * static_cast<double>(tokens));
}

TEST(LengthBuckets, NoExamplesAreAnError) {
  EXPECT_THROW(LengthBuckets({}, 8, 1), Error);
}

}  // namespace
}  // namespace heed::tasks
