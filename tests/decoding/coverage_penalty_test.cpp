// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "searches.h"
#include <gtest/gtest.h>

#include "heed/decoding/beam_search.h"
#include "heed/decoding/coverage.h"

namespace heed::decoding {
namespace {

using testing::Exhaustive;
using testing::expect_same;
using testing::log_table;
using testing::make_source;
using testing::markov_translator;
using testing::options_of;
using testing::random_translator;
using testing::search_one;
using testing::Tokens;
using testing::ToyTranslator;

/// From begin: 0.6 to 3, which ends, and 0.4 to 4, which continues to 0 and then ends. Two heads attend to
/// two positions of the source, whatever its length; their mean is
///   for 3 and the end:          0.9 0.1, 0.8 0.2            the second position gets 0.3
///   for 4, 0 and the end:       0.9 0.1, 0.9 0.1, 0.1 0.9   both are covered, but only at the end
std::unique_ptr<ToyTranslator> hasty_translator() {
  auto model = markov_translator(
      log_table({{0, 0, 1, 0, 0}, {0, 0, 0, 0.6, 0.4}, {0, 0, 1, 0, 0}, {0, 0, 1, 0, 0}, {1, 0, 0, 0, 0}}));
  model->attention = [](const Tokens& source, const Tokens& target) {
    const int64_t last = target.back();
    const float mean = last == 3 ? 0.8f : last == 0 ? 0.1f : 0.9f, apart = 0.1f;
    std::vector<float> weights(2 * source.size(), 0.0f);
    for (size_t head = 0; head < 2; ++head) {
      const float first = head == 0 ? mean + apart : mean - apart;
      weights[head * source.size()] = first;
      weights[head * source.size() + 1] = 1 - first;
    }
    return weights;
  };
  return model;
}

/// Three heads whose attention is noise that depends on source, target so far, head and position.
std::unique_ptr<ToyTranslator> attentive_translator(int64_t vocabulary, uint64_t seed, double scale = 2) {
  auto model = random_translator(vocabulary, seed, scale);
  model->attention = [seed](const Tokens& source, const Tokens& target) {
    std::vector<float> weights;
    for (int64_t head = 0; head < 3; ++head) {
      std::vector<double> row;
      double sum = 0;
      for (size_t i = 0; i < source.size(); ++i) {
        const int64_t key = source[i] * 7 + target.back() * 31 + head * 1009;
        row.push_back(std::exp(6 * sampling_noise(seed, key, static_cast<int64_t>(i + 50 * target.size()))));
        sum += row.back();
      }
      for (const double weight : row) weights.push_back(static_cast<float>(weight / sum));
    }
    return weights;
  };
  return model;
}

TEST(Coverage, IsTheLogarithmOfWhatThePositionsHaveHadTheirShareOfAtMost) {
  Coverage coverage(3);
  const std::vector<float> first{0.5f, 0.25f, 0.0f, 0.25f, 0.5f, 0.25f, 0.0f, 0.25f}, second{1, 0, 0, 0};
  coverage.add({first, 4});   // two heads, and a position past the source's end
  coverage.add({second, 4});  // one head
  EXPECT_NEAR(coverage.log_shares(), std::log(0.25) + std::log(1e-30), 1e-12);
}

TEST(CoveragePenalty, ScoresAreThoseOfTheFormulaAsComputedByHand) {
  auto model = hasty_translator();
  auto options = options_of(2, 10, 0.6);
  options.coverage_penalty = 0.2;
  options.n_best = 2;
  const auto list = search_one(*model, {7, 8}, options);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].tokens, Tokens{3});
  EXPECT_NEAR(list[0].log_probability, std::log(0.6), 1e-6) << "ln p stays the model's";
  EXPECT_NEAR(list[0].score, std::log(0.6) / std::pow(7.0 / 6.0, 0.6) + 0.2 * std::log(0.3), 1e-6);
  EXPECT_EQ(list[1].tokens, (Tokens{4, 0}));
  EXPECT_NEAR(list[1].score, std::log(0.4) / std::pow(8.0 / 6.0, 0.6), 1e-6) << "covered in full";
}

TEST(CoveragePenalty, ChangesTheWinnerWhichIsOpenYetWhenTheOtherHasEnded) {
  auto model = hasty_translator();
  auto options = options_of(2, 10);
  EXPECT_EQ(search_one(*model, {7, 8}, options).at(0).tokens, Tokens{3});
  EXPECT_EQ(model->rows_stepped.size(), 2u);
  model->rows_stepped.clear();
  options.coverage_penalty = 0.5;
  // Ended: ln 0.6 + 0.5 ln 0.3 = -1.11. The open one has ln 0.4 + 0.5 ln 0.2 = -1.72 now, but ln 0.4 = -0.92
  // in the end.
  EXPECT_EQ(search_one(*model, {7, 8}, options).at(0).tokens, (Tokens{4, 0}));
  EXPECT_EQ(model->rows_stepped.size(), 3u);
}

TEST(CoveragePenalty, IsPaidByWhatWasCutToo) {
  auto model = hasty_translator();
  auto options = options_of(2, 1);
  options.coverage_penalty = 0.5;
  const auto cut = search_one(*model, {7, 8}, options).at(0);
  EXPECT_FALSE(cut.ended);
  EXPECT_EQ(cut.tokens, Tokens{3});
  EXPECT_NEAR(cut.score, std::log(0.6) + 0.5 * (std::log(0.9) + std::log(0.1)), 1e-6);
}

TEST(CoveragePenalty, PositionThatNothingLookedAtLeavesAFiniteScore) {
  auto model = hasty_translator();
  auto options = options_of(2, 10);
  options.coverage_penalty = 0.5;
  const auto both = beam_search(*model, make_source({{7, 8, 9}, {7, 8}}), options);
  EXPECT_NEAR(both[0].at(0).score, std::log(0.4) + 0.5 * std::log(1e-30), 1e-5);
  EXPECT_NEAR(both[1].at(0).score, std::log(0.4), 1e-6) << "the longer sentence beside it is none of its own";
}

TEST(CoveragePenalty, EqualsExhaustiveSearchWhenTheBeamHoldsEveryPrefix) {
  for (uint64_t seed = 0; seed < 4; ++seed) {
    for (const int64_t n_best : {1, 3, 20}) {  // few: the search may end before everything is complete
      for (const double alpha : {0.0, 0.6}) {
        SCOPED_TRACE(::testing::Message() << "seed " << seed << ", best " << n_best << ", alpha " << alpha);
        auto model = attentive_translator(6, seed);
        auto options = options_of(400, 4, alpha);
        options.coverage_penalty = 0.7;
        options.patience = 1000;
        options.n_best = n_best;
        const Tokens source{static_cast<int64_t>(seed), 5, 3};
        const auto expected = Exhaustive(*model, source, options).all();
        const auto actual = search_one(*model, source, options);
        ASSERT_EQ(static_cast<int64_t>(actual.size()), n_best);
        for (size_t i = 0; i < actual.size(); ++i) {
          EXPECT_EQ(actual[i].tokens, expected[i].tokens);
          EXPECT_NEAR(actual[i].score, expected[i].score, 1e-5);
        }
      }
    }
  }
}

TEST(CoveragePenalty, ZeroChangesNotOneBitAndAsksForNoAttention) {
  auto model = attentive_translator(17, 3, 1.0), without = random_translator(17, 3, 1.0);
  auto options = options_of(4, 12, 0.6);
  options.n_best = 4;
  int64_t asked = 0;
  model->attention = [&](const Tokens& source, const Tokens&) {
    ++asked;
    return std::vector<float>(source.size(), 0.0f);
  };
  const auto source = make_source({{0, 1}, {1}, {2, 4, 4}, {3}});
  const auto results = beam_search(*model, source, options), plain = beam_search(*without, source, options);
  for (size_t i = 0; i < plain.size(); ++i) expect_same(results[i], plain[i]);
  EXPECT_EQ(asked, 0);
}

TEST(CoveragePenalty, ResultsDependNeitherOnTheBatchNorOnItsOrder) {
  auto model = attentive_translator(23, 9, 1.0);
  auto options = options_of(3, 14, 0.6);
  options.n_best = 3;
  options.coverage_penalty = 0.4;
  std::vector<Tokens> sources;
  for (int64_t i = 0; i < 17; ++i) sources.emplace_back(static_cast<size_t>(1 + i * 5 % 7), i);
  const auto together = beam_search(*model, make_source(sources), options);
  const auto backwards = beam_search(*model, make_source({sources.rbegin(), sources.rend()}), options);
  for (size_t i = 0; i < sources.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same(search_one(*model, sources[i], options), together[i]);
    expect_same(backwards[sources.size() - 1 - i], together[i]);
  }
}

TEST(CoveragePenalty, NeedsAModelThatTellsWhatItAttendsTo) {
  auto model = random_translator(9, 1);
  auto options = options_of(2, 9);
  options.coverage_penalty = 0.1;
  EXPECT_THROW(search_one(*model, {4}, options), c10::Error);
  EXPECT_THROW(model->start(make_source({{4}}), 1, 1)->keep_cross_attention(), c10::Error);
  auto attentive = attentive_translator(9, 1);
  EXPECT_EQ(search_one(*attentive, {4}, options).size(), 1u);
  options.coverage_penalty = -0.1;
  EXPECT_THROW(search_one(*attentive, {4}, options), c10::Error);
}

}  // namespace
}  // namespace heed::decoding
