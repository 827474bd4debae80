// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/token_filters.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "reference_sampling.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "heed/decoding/logit_row.h"

namespace heed::decoding {
namespace {

constexpr float kForbidden = -std::numeric_limits<float>::infinity();
constexpr int64_t kSizes[] = {1, 2, 15, 16, 17, 127, 128, 129, 255, 256, 257, 1000, 50257};

std::vector<float> random_logits(int64_t size, uint64_t seed, double scale, bool rough) {
  const auto values = at::randn({size}, at::detail::createCPUGenerator(seed)) * scale;
  std::vector<float> logits(values.data_ptr<float>(), values.data_ptr<float>() + size);
  for (size_t i = 0; rough && i < logits.size(); ++i)
    logits[i] = i % 7 == 3 ? kForbidden : std::round(logits[i] * 4) / 4;
  return logits;
}

/// The tokens of a row by rank, and the total weights of the first n.
struct Ranked {
  std::vector<int64_t> order;
  std::vector<double> weights{0};  // [tokens + 1]

  Ranked(const std::vector<float>& logits, double temperature) : order(ranked(logits)) {
    const double best = logits[static_cast<size_t>(order[0])];
    for (const int64_t token : order)
      weights.push_back(weights.back() + std::exp((logits[static_cast<size_t>(token)] - best) / temperature));
  }
};

/// Returns how many of the ranked tokens are kept, and checks that the others are not.
size_t count(const std::vector<float>& logits, const Ranked& tokens, const KeptTokens& kept) {
  const auto has = [&](int64_t token) { return kept.has(logits[static_cast<size_t>(token)], token); };
  const auto end = std::find_if_not(tokens.order.begin(), tokens.order.end(), has);
  EXPECT_TRUE(std::none_of(end, tokens.order.end(), has));
  return static_cast<size_t>(end - tokens.order.begin());
}

void expect_share(const std::vector<float>& logits, int64_t top_k, double share, double temperature) {
  SCOPED_TRACE(::testing::Message() << share << " of " << top_k << " of " << logits.size() << " at "
                                    << temperature);
  const LogitRow row("test", logits);
  const auto problem = row.problem(temperature);
  const Ranked tokens(logits, temperature);
  const KeptTokens among = keep_most_likely(problem, top_k);
  const size_t most = count(logits, tokens, among);
  const double total = weigh_blocks(problem, among).total;
  EXPECT_NEAR(total / tokens.weights[most], 1, 1e-6);
  const size_t kept = count(logits, tokens, keep_share(problem, among, total, share));
  ASSERT_GE(kept, 1u);
  ASSERT_LE(kept, most);
  EXPECT_GE(tokens.weights[kept] / tokens.weights[most], share - 1e-6);
  EXPECT_LT(tokens.weights[kept - 1] / tokens.weights[most], share + 1e-6);
}

TEST(TokenFilters, MostLikelyTokensAreThoseOfASort) {
  for (const bool rough : {false, true})
    for (const int64_t size : kSizes) {
      const auto logits = random_logits(size, 3, 2, rough);
      if (std::count(logits.begin(), logits.end(), kForbidden) == size) continue;
      const LogitRow row("test", logits);
      const Ranked tokens(logits, 1);
      const auto allowed = static_cast<size_t>(size - std::count(logits.begin(), logits.end(), kForbidden));
      for (const int64_t k : {1, 2, 5, 31, 40, 100, 255, 1000, 20000, 50256}) {
        const size_t kept = count(logits, tokens, keep_most_likely(row.problem(), k));
        if (k <= static_cast<int64_t>(allowed))
          EXPECT_EQ(kept, static_cast<size_t>(k)) << size;
        else
          EXPECT_GE(kept, allowed);
      }
    }
}

TEST(TokenFilters, ShareIsThatOfTheFewestTokensThatReachIt) {
  for (const bool rough : {false, true})
    for (const int64_t size : kSizes)
      for (const double scale : {0.01, 1.0, 4.0}) {
        const auto logits = random_logits(size, static_cast<uint64_t>(size), scale, rough);
        for (const double share : {1e-9, 0.1, 0.5, 0.9, 0.999, 1 - 1e-12})
          for (const int64_t top_k : {int64_t{20}, size}) expect_share(logits, top_k, share, 1);
      }
}

TEST(TokenFilters, ShareAtEveryTemperature) {
  const auto logits = random_logits(5000, 9, 3, false);
  for (const double temperature : {1e-30, 1e-3, 0.3, 0.8, 2.0, 50.0})
    for (const double share : {0.1, 0.9}) expect_share(logits, 5000, share, temperature);
}

TEST(TokenFilters, EqualLogitsAreKeptFromTheLowest) {
  for (const int64_t size : {2, 256, 1000, 50257}) {
    const std::vector<float> logits(static_cast<size_t>(size), -3.5f);
    const LogitRow row("test", logits);
    EXPECT_EQ(keep_share(row.problem(), {}, static_cast<double>(size), 0.5),
              (KeptTokens{-3.5f, (size + 1) / 2 - 1}));
    EXPECT_EQ(keep_most_likely(row.problem(), size / 2), (KeptTokens{-3.5f, size / 2 - 1}));
  }
}

TEST(TokenFilters, OneTallBlockHoldsThemAll) {
  std::vector<float> logits(20000);
  std::iota(logits.rbegin(), logits.rend(), 0.0f);
  const LogitRow row("test", logits);
  for (const int64_t k : {1, 3, 90, 128, 129, 157, 158, 5000})
    EXPECT_EQ(keep_most_likely(row.problem(), k), (KeptTokens{static_cast<float>(20000 - k), k - 1}));
}

TEST(TokenFilters, RatioIsThatToTheMostLikelyToken) {
  for (const double temperature : {0.5, 1.0, 3.0}) {
    const auto logits = random_logits(1000, 5, 2, false);
    const LogitRow row("test", logits);
    const float best = row.largest();
    const Ranked tokens(logits, temperature);
    for (const double ratio : {1.0, 0.5, 0.1, 1e-4}) {
      const size_t kept = count(logits, tokens, keep_ratio(row.problem(temperature), {}, ratio));
      const auto expected = std::count_if(logits.begin(), logits.end(), [&](float logit) {
        return std::exp((static_cast<double>(logit) - best) / temperature) >= ratio;
      });
      EXPECT_EQ(kept, static_cast<size_t>(expected));
    }
  }
}

}  // namespace
}  // namespace heed::decoding
