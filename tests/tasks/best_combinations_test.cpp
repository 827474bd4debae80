// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/best_combinations.h"

#include <algorithm>
#include <random>
#include <tuple>

#include <gtest/gtest.h>

namespace heed::tasks {
namespace {

using decoding::Hypothesis;
using Parts = std::vector<std::vector<Hypothesis>>;
using Choices = std::vector<std::vector<size_t>>;

Hypothesis scored(double score, bool ended = true, bool looped = false) {
  return {.tokens = {}, .log_probability = score, .score = score, .ended = ended, .looped = looped};
}

Choices best(const Parts& parts, size_t count) {
  const std::vector<std::span<const Hypothesis>> spans(parts.begin(), parts.end());
  return best_combinations(spans, count);
}

TEST(BestCombinations, OfOnePartAreItsHypotheses) {
  EXPECT_EQ(best({{scored(-1), scored(-2), scored(-3)}}, 2), (Choices{{0}, {1}}));
  EXPECT_EQ(best({{scored(-1)}}, 5), (Choices{{0}})) << "fewer where fewer are possible";
}

TEST(BestCombinations, AddScores) {
  EXPECT_EQ(best({{scored(-1), scored(-2)}, {scored(0), scored(-0.5)}}, 4),
            (Choices{{0, 0}, {0, 1}, {1, 0}, {1, 1}}));
  EXPECT_EQ(best({{scored(-1), scored(-1.2)}, {scored(0), scored(-0.5)}}, 2), (Choices{{0, 0}, {1, 0}}));
}

TEST(BestCombinations, WhatEndedComesFirst) {
  EXPECT_EQ(best({{scored(-9), scored(-1, false)}, {scored(0), scored(-5)}}, 3),
            (Choices{{0, 0}, {0, 1}, {1, 0}}));
  EXPECT_EQ(best({{scored(-9, false), scored(-1, false, true)}}, 2), (Choices{{0}, {1}})) << "loops last";
}

TEST(BestCombinations, AreThoseOfAllThereAre) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    Parts parts(1 + random() % 3);
    for (auto& part : parts) {
      part.resize(1 + random() % 4);
      for (auto& hypothesis : part)
        hypothesis = scored(-static_cast<double>(random() % 1000) / 7, random() % 3 != 0);
      std::stable_sort(part.begin(), part.end(), decoding::better);
    }
    using Key = std::tuple<int, double>;
    const auto key = [&](const std::vector<size_t>& choice) {
      Key sum{0, 0};
      for (size_t i = 0; i < parts.size(); ++i) {
        std::get<0>(sum) += !parts[i][choice[i]].ended;
        std::get<1>(sum) -= parts[i][choice[i]].score;
      }
      return sum;
    };
    std::vector<Key> all;
    for (const auto& choice : best(parts, 1000)) all.push_back(key(choice));
    size_t ways = 1;
    for (const auto& part : parts) ways *= part.size();
    ASSERT_EQ(all.size(), ways);
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
    const auto few = best(parts, 3);
    ASSERT_EQ(few.size(), std::min<size_t>(3, ways));
    for (size_t i = 0; i < few.size(); ++i) EXPECT_EQ(key(few[i]), all[i]);
  }
}

}  // namespace
}  // namespace heed::tasks
