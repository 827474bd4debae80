// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/top_tokens.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "reference_sampling.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

namespace heed::decoding {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

std::vector<float> random_logits(int64_t size, uint64_t seed, double scale = 3) {
  const auto values = at::randn({size}, at::detail::createCPUGenerator(seed)) * scale;
  return {values.data_ptr<float>(), values.data_ptr<float>() + size};
}

std::vector<ScoredToken> naive(const std::vector<float>& logits, int64_t count,
                               const ForbiddenTokens& forbidden) {
  const auto log_p = log_softmax(logits);
  std::vector<ScoredToken> all;
  for (size_t i = 0; i < logits.size(); ++i) {
    const auto token = static_cast<int64_t>(i);
    const bool now = std::count(forbidden.now.begin(), forbidden.now.end(), token) > 0;
    if (logits[i] == kNever || now || (!forbidden.never.empty() && forbidden.never[i] != 0)) continue;
    all.push_back({token, log_p[i]});
  }
  std::stable_sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
    return logits[static_cast<size_t>(a.token)] > logits[static_cast<size_t>(b.token)];
  });
  all.resize(std::min(all.size(), static_cast<size_t>(count)));
  return all;
}

void expect_naive(const std::vector<float>& logits, int64_t count, const ForbiddenTokens& forbidden = {}) {
  const auto expected = naive(logits, count, forbidden);
  const auto actual = top_tokens(logits, count, forbidden);
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    EXPECT_EQ(actual[i].token, expected[i].token);
    EXPECT_NEAR(actual[i].log_probability, expected[i].log_probability, 1e-6);
    EXPECT_LE(actual[i].log_probability, 0);
  }
}

TEST(TopTokens, EqualSortingTheSoftmaxAtEverySize) {
  for (const int64_t size : {1, 2, 15, 16, 17, 127, 128, 129, 255, 256, 257, 1000, 8000, 32003})
    for (const int64_t count : {1, 2, 6, 11, 200}) {
      SCOPED_TRACE(::testing::Message() << count << " of " << size);
      expect_naive(random_logits(size, static_cast<uint64_t>(size + count)), count);
    }
}

TEST(TopTokens, EqualSortingForRisingFallingAndDistantLogits) {
  std::vector<float> logits(700);
  std::iota(logits.begin(), logits.end(), -300.0f);
  expect_naive(logits, 9);
  std::reverse(logits.begin(), logits.end());
  expect_naive(logits, 9);
  for (float& logit : logits) logit *= 1e30f;
  expect_naive(logits, 9);
}

TEST(TopTokens, EqualSortingAtRandom) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    auto logits =
        random_logits(static_cast<int64_t>(1 + seed * 37 % 400), seed, 1 + static_cast<double>(seed % 7));
    for (float& logit : logits) logit = std::round(logit * 4) / 4;  // many ties
    std::vector<uint8_t> never(logits.size(), 0);
    std::vector<int64_t> now;
    for (size_t i = 0; i < logits.size(); i += 3) never[i] = 1;
    for (size_t i = 1; i < logits.size(); i += 17) now.push_back(static_cast<int64_t>(i));
    for (size_t i = 2; i < logits.size(); i += 11) logits[i] = kNever;
    expect_naive(logits, static_cast<int64_t>(1 + seed % 12), {never, now});
  }
}

TEST(TopTokens, OfEqualLogitsTheLowerTokenComesFirst) {
  const auto best = top_tokens(std::vector<float>(300, 1.5f), 3, {});
  ASSERT_EQ(best.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(best[i].token, static_cast<int64_t>(i));
    EXPECT_NEAR(best[i].log_probability, -std::log(300), 1e-9);
  }
}

TEST(TopTokens, RowWithoutAProbabilityHasNone) {
  EXPECT_TRUE(top_tokens(std::vector<float>(300, kNever), 3, {}).empty());
  EXPECT_TRUE(top_tokens(std::vector<float>{1}, 3, {std::vector<uint8_t>{1}, {}}).empty());
}

TEST(TopTokens, NaNAndInfinityAreRefusedWhereverTheyStand) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::signaling_NaN()})
    for (const size_t place : {0, 1, 127, 128, 130, 299}) {
      auto logits = random_logits(300, place);
      logits[place] = bad;
      EXPECT_THROW(top_tokens(logits, 3, {}), c10::Error) << bad << " at " << place;
    }
  EXPECT_THROW(top_tokens(random_logits(3, 0), 0, {}), c10::Error);
}

}  // namespace
}  // namespace heed::decoding
