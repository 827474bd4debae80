// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/beam_search.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "searches.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/decoding/sampling.h"

namespace heed::decoding {
namespace {

using testing::copying_translator;
using testing::Exhaustive;
using testing::expect_same;
using testing::kBegin;
using testing::kEnd;
using testing::log_table;
using testing::make_source;
using testing::markov_translator;
using testing::next_log_p;
using testing::options_of;
using testing::random_translator;
using testing::search_one;
using testing::Tokens;
using testing::ToyTranslator;

double teacher_forced(ToyTranslator& model, const Tokens& source, const Hypothesis& hypothesis) {
  Tokens written;
  double sum = 0;
  for (const int64_t token : hypothesis.tokens) {
    sum += next_log_p(model, source, written)[static_cast<size_t>(token)];
    written.push_back(token);
  }
  return hypothesis.ended ? sum + next_log_p(model, source, written)[kEnd] : sum;
}

/// 3 -> 4 -> 5 -> 3 ... almost surely; the end is the next most likely.
std::unique_ptr<ToyTranslator> looping_translator(double end = 3) {
  at::Tensor table = at::zeros({7, 7});
  for (int64_t i = 0; i < 7; ++i) table[i][i == 3 || i == 4 ? i + 1 : 3] = 12;
  table.select(1, kEnd).fill_(end);
  return markov_translator(table);
}

TEST(BeamSearch, EqualsExhaustiveSearchWhenTheBeamHoldsEveryPrefix) {
  for (uint64_t seed = 0; seed < 4; ++seed) {
    for (const double alpha : {0.0, 0.6, 2.0}) {
      SCOPED_TRACE(::testing::Message() << "seed " << seed << ", alpha " << alpha);
      auto model = random_translator(6, seed);
      auto options = options_of(400, 4, alpha);
      options.patience = 1000;
      options.n_best = 20;
      const Tokens source{static_cast<int64_t>(seed), 5};
      const auto expected = Exhaustive(*model, source, options).all();
      const auto actual = search_one(*model, source, options);
      ASSERT_EQ(actual.size(), 20u);
      for (size_t i = 0; i < actual.size(); ++i) {
        EXPECT_EQ(actual[i].tokens, expected[i].tokens);
        EXPECT_EQ(actual[i].ended, expected[i].ended);
        EXPECT_NEAR(actual[i].score, expected[i].score, 1e-5);
      }
    }
  }
}

TEST(BeamSearch, ReturnsAllThereIsWhenThatIsLess) {
  auto model = random_translator(4, 3);  // two tokens to choose from
  auto options = options_of(50, 3);
  options.n_best = 50;
  options.patience = 1000;
  const Tokens source{1};
  const auto expected = Exhaustive(*model, source, options).all();
  const auto actual = search_one(*model, source, options);
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_EQ(actual[i].tokens, expected[i].tokens);
  EXPECT_FALSE(actual.back().ended);
}

TEST(BeamSearch, BeamOfOneEqualsGreedyDecoding) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    auto model = random_translator(11, seed);
    const Tokens source{static_cast<int64_t>(seed % 4)};
    Tokens greedy;
    while (greedy.size() < 15) {
      auto log_p = next_log_p(*model, source, greedy);
      log_p[kBegin] = -INFINITY;
      const int64_t token = std::max_element(log_p.begin(), log_p.end()) - log_p.begin();
      if (token == kEnd) break;
      greedy.push_back(token);
    }
    const auto actual = beam_search(*model, make_source({source}), options_of(1, 15, 1.5)).at(0);
    ASSERT_EQ(actual.size(), 1u);
    EXPECT_EQ(actual[0].tokens, greedy);
    EXPECT_EQ(actual[0].ended, greedy.size() < 15);
  }
}

TEST(BeamSearch, NBestAreSortedAndDistinct) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    auto model = random_translator(9, seed);
    auto options = options_of(6, 8, 0.6);
    options.n_best = 6;
    for (const auto& list : beam_search(*model, make_source({{0}, {1}, {2, 5}, {3}}), options)) {
      EXPECT_EQ(list.size(), 6u);
      EXPECT_TRUE(std::is_sorted(list.begin(), list.end(), better));
      std::set<Tokens> distinct;
      for (const Hypothesis& hypothesis : list) distinct.insert(hypothesis.tokens);
      EXPECT_EQ(distinct.size(), list.size());
    }
  }
}

TEST(BeamSearch, LengthPenaltyChangesTheWinnerAsComputedByHand) {
  // From begin: 0.55 to 3, which ends, and 0.45 to 4, which continues to 0 with 0.9; then the end.
  auto model = markov_translator(log_table(
      {{0, 0, 1, 0, 0}, {0, 0, 0, 0.55, 0.45}, {0, 0, 1, 0, 0}, {0, 0, 1, 0, 0}, {0.9, 0, 0.1, 0, 0}}));
  const auto source = make_source({{7}});
  const auto short_one = beam_search(*model, source, options_of(2, 10, 0)).at(0).at(0);
  EXPECT_EQ(short_one.tokens, Tokens{3});
  EXPECT_NEAR(short_one.score, std::log(0.55), 1e-6);
  EXPECT_EQ(model->rows_stepped.size(), 2u) << "the other, at ln 0.405, cannot win any more";

  const auto long_one = beam_search(*model, source, options_of(2, 10, 4)).at(0).at(0);
  EXPECT_EQ(long_one.tokens, (Tokens{4, 0}));
  EXPECT_NEAR(long_one.score, std::log(0.405) / std::pow(8.0 / 6.0, 4), 1e-6);
  EXPECT_GT(long_one.score, std::log(0.55) / std::pow(7.0 / 6.0, 4));
}

TEST(BeamSearch, EndMarkTakesNoPlaceInTheBeam) {
  auto model = markov_translator(
      log_table({{0, 0, 1, 0, 0}, {0, 0, 0.5, 0.4, 0.1}, {0, 0, 1, 0, 0}, {0, 0, 1, 0, 0}, {0, 0, 1, 0, 0}}));
  auto options = options_of(1, 10, 4);
  EXPECT_EQ(search_one(*model, {5}, options).at(0).tokens, Tokens{});
  options.patience = 2;
  EXPECT_EQ(search_one(*model, {5}, options).at(0).tokens, Tokens{3}) << "ln 0.4 / (7 / 6)^4 > ln 0.5";
}

TEST(BeamSearch, StopsOnceEnoughAreCompleteUnlessPatient) {
  auto model = random_translator(9, 2);
  auto options = options_of(4, 200, 3);  // the penalty for 200 tokens makes every open hypothesis promising
  const auto source = make_source({{1}});
  const auto hasty = beam_search(*model, source, options).at(0);
  const auto steps = model->rows_stepped.size();
  options.patience = 3;
  const auto patient = beam_search(*model, source, options).at(0);
  EXPECT_GT(model->rows_stepped.size() - steps, steps);
  EXPECT_GE(patient[0].score, hasty[0].score);
}

TEST(BeamSearch, LogProbabilityIsTheTeacherForcedOne) {
  auto model = random_translator(23, 4);
  auto options = options_of(5, 12, 0.8);
  options.n_best = 5;
  options.output.no_repeat_ngram = 2;
  options.output.forbidden = {7, 8};
  const std::vector<Tokens> sources{{0, 4}, {1}, {2, 2, 2}, {3}};
  const auto results = beam_search(*model, make_source(sources), options);
  for (size_t i = 0; i < sources.size(); ++i) {
    for (const Hypothesis& hypothesis : results[i]) {
      EXPECT_NEAR(hypothesis.log_probability, teacher_forced(*model, sources[i], hypothesis), 1e-5);
      EXPECT_EQ(hypothesis.score, hypothesis.log_probability / length_penalty(hypothesis.length(), 0.8));
    }
  }
}

TEST(BeamSearch, NothingEndsBeforeMinLength) {
  auto options = options_of(4, 20, 0);
  options.n_best = 4;
  options.output.min_length = 6;
  auto model = random_translator(9, 1);
  for (const auto& hypothesis : search_one(*model, {0}, options)) {
    EXPECT_GE(hypothesis.tokens.size(), 6u);
  }
}

TEST(BeamSearch, OutputsAreCutAtMaxLength) {
  auto model = looping_translator();
  auto options = options_of(1, 10);
  const auto result = search_one(*model, {5}, options).at(0);
  EXPECT_EQ(result.tokens, (Tokens{3, 4, 5, 3, 4, 5, 3, 4, 5, 3}));
  EXPECT_FALSE(result.ended);
  EXPECT_EQ(model->rows_stepped.size(), 10u) << "the last token is not fed to the model";
}

TEST(BeamSearch, EachSourceBoundsItsOwnOutput) {
  auto model = looping_translator();
  auto options = options_of(1, 11);
  options.output.max_length_ratio = 1.5;
  options.output.max_length_constant = 2;
  const auto results =
      beam_search(*model, make_source({{5}, {5, 5, 5, 5}, {5, 5, 5, 5, 5, 5, 5, 5}}), options);
  EXPECT_EQ(results[0][0].tokens.size(), 3u);
  EXPECT_EQ(results[1][0].tokens.size(), 8u);
  EXPECT_EQ(results[2][0].tokens.size(), 11u) << "max_length holds too";
  model->longest = 9;
  options.output.max_length = 0;
  EXPECT_EQ(search_one(*model, {5, 5, 5, 5, 5, 5, 5, 5}, options)[0].tokens.size(), 9u);
}

TEST(BeamSearch, WhatEndedComesBeforeWhatWasCut) {
  auto model = looping_translator();
  auto options = options_of(2, 2);
  options.n_best = 2;
  options.output.min_length = 1;
  const auto list = search_one(*model, {5}, options);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_TRUE(list[0].ended);
  EXPECT_EQ(list[0].tokens, Tokens{3});
  EXPECT_FALSE(list[1].ended);
  EXPECT_EQ(list[1].tokens, (Tokens{3, 4}));
  EXPECT_GT(list[1].score, list[0].score);
}

TEST(BeamSearch, NoNgramComesTwice) {
  for (const int64_t n : {1, 2, 3}) {
    auto model = looping_translator();
    auto options = options_of(3, 12);
    options.output.no_repeat_ngram = n;
    options.output.min_length = n == 1 ? 0 : 9;
    const Tokens tokens = search_one(*model, {5}, options).at(0).tokens;
    EXPECT_GE(tokens.size(), n == 1 ? 0u : 9u);
    std::set<Tokens> seen;
    for (size_t i = 0; i + static_cast<size_t>(n) <= tokens.size(); ++i)
      EXPECT_TRUE(seen.insert(Tokens(tokens.begin() + i, tokens.begin() + i + n)).second) << n << " at " << i;
  }
}

TEST(BeamSearch, HypothesisThatNothingMayFollowIsCut) {
  auto model = random_translator(5, 0);  // tokens 0, 3 and 4 to write, each once
  auto options = options_of(2, 20);
  options.output.no_repeat_ngram = 1;
  options.output.min_length = 10;
  const auto result = search_one(*model, {5}, options).at(0);
  EXPECT_EQ(result.tokens.size(), 3u);
  EXPECT_FALSE(result.ended);
  EXPECT_NEAR(result.log_probability, teacher_forced(*model, {5}, result), 1e-5);
}

TEST(BeamSearch, LoopGuardEndsAndFlagsALoopingModel) {
  auto model = looping_translator();
  auto options = options_of(1, 60);
  const auto stopped = search_one(*model, {5}, options).at(0);
  EXPECT_TRUE(stopped.looped);
  EXPECT_FALSE(stopped.ended);
  EXPECT_EQ(stopped.tokens.size(), 24u);
  EXPECT_NEAR(stopped.log_probability, teacher_forced(*model, {5}, stopped), 1e-5);
  options.output.loop_guard = 0;
  const auto endless = search_one(*model, {5}, options).at(0);
  EXPECT_EQ(endless.tokens.size(), 60u);
  EXPECT_FALSE(endless.looped);
}

TEST(BeamSearch, WhatEndedComesBeforeALoop) {
  auto model = looping_translator(10);
  auto options = options_of(3, 60);
  options.n_best = 2;
  options.patience = 0.1;
  options.output.min_length = 23;
  const auto list = search_one(*model, {5}, options);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_TRUE(list[0].ended);
  EXPECT_EQ(list[0].tokens.size(), 23u);
  EXPECT_TRUE(list[1].looped);
  EXPECT_EQ(list[1].tokens.size(), 24u);
  EXPECT_GT(list[1].score, list[0].score);
}

TEST(BeamSearch, FinishedSentencesLeaveTheBatch) {
  auto model = copying_translator(12);
  const std::vector<Tokens> sources{{5}, {6, 7, 8}, {9, 10}};
  const auto results = beam_search(*model, make_source(sources), options_of(1, 10));
  for (size_t i = 0; i < sources.size(); ++i) EXPECT_EQ(results[i].at(0).tokens, sources[i]);
  EXPECT_EQ(model->rows_stepped, (std::vector<int64_t>{3, 3, 2, 1}));
  model->rows_stepped.clear();
  const auto wide = beam_search(*model, make_source(sources), options_of(4, 10));
  for (size_t i = 0; i < sources.size(); ++i) EXPECT_EQ(wide[i].at(0).tokens, sources[i]);
  EXPECT_EQ(model->rows_stepped, (std::vector<int64_t>{3, 12, 8, 4}));
}

class SameHypotheses : public ::testing::TestWithParam<int64_t> {};

TEST_P(SameHypotheses, WhateverTheBatchSizeAndTheOrder) {
  auto model = random_translator(23, 9, 1.0);
  auto options = options_of(GetParam(), 14, 0.6);
  options.n_best = GetParam();
  options.output.max_length_ratio = 2;
  options.output.max_length_constant = 3;
  std::vector<Tokens> sources;
  for (int64_t i = 0; i < 17; ++i) sources.emplace_back(static_cast<size_t>(1 + i * 5 % 7), i);
  const auto together = beam_search(*model, make_source(sources), options);
  std::vector<size_t> order(sources.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::mt19937 shuffler(3);
  for (const size_t batch_size : {1, 3, 7}) {
    std::shuffle(order.begin(), order.end(), shuffler);
    for (size_t start = 0; start < order.size(); start += batch_size) {
      const size_t size = std::min(batch_size, order.size() - start);
      std::vector<Tokens> batch;
      for (size_t i = 0; i < size; ++i) batch.push_back(sources[order[start + i]]);
      const auto results = beam_search(*model, make_source(batch), options);
      for (size_t i = 0; i < size; ++i) expect_same(results[i], together[order[start + i]]);
    }
  }
}

TEST_P(SameHypotheses, WhateverTheThreads) {
  auto model = random_translator(23, 8, 1.0);
  auto options = options_of(GetParam(), 14, 0.6);
  std::vector<Tokens> sources;
  for (int64_t i = 0; i < 300; ++i) sources.emplace_back(static_cast<size_t>(1 + i % 7), i);
  const auto source = make_source(sources);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = beam_search(*model, source, options);
  at::set_num_threads(2);
  const auto two = beam_search(*model, source, options);
  at::set_num_threads(threads);
  for (size_t i = 0; i < one.size(); ++i) expect_same(one[i], two[i]);
}

INSTANTIATE_TEST_SUITE_P(BeamSearch, SameHypotheses, ::testing::Values(1, 2, 5));

TEST(BeamSearch, TiesGoToTheLowerBeamThenTheLowerToken) {
  auto model = markov_translator(at::zeros({6, 6}));
  auto options = options_of(3, 10);
  options.n_best = 3;
  const auto list = search_one(*model, {5}, options);
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].tokens, Tokens{});
  EXPECT_EQ(list[1].tokens, Tokens{0});
  EXPECT_EQ(list[2].tokens, (Tokens{0, 0}));
  options.output.max_length = options.output.min_length = 2;
  const auto cut = search_one(*model, {5}, options);
  EXPECT_EQ(cut.at(0).tokens, (Tokens{0, 0}));
  EXPECT_EQ(cut.at(1).tokens, (Tokens{0, 3}));
  EXPECT_EQ(cut.at(2).tokens, (Tokens{0, 4})) << "not {3, 0}";
}

TEST(BeamSearch, MarksAndForbiddenTokensAreNotWritten) {
  at::Tensor table = at::zeros({8, 8});
  table.slice(1, 0, 7).fill_(5);
  table.select(1, kEnd).fill_(0);
  auto model = markov_translator(table);
  auto options = options_of(3, 6);
  options.output.pad = 0;
  options.output.unknown = 3;
  options.output.forbidden = {4, 5, 6};
  options.output.min_length = 3;
  EXPECT_EQ(search_one(*model, {5}, options).at(0).tokens, (Tokens{7, 7, 7}));
}

TEST(BeamSearch, OneMarkMayBeginAndEnd) {
  auto model = copying_translator(9);
  auto options = options_of(2, 9);
  options.output.begin = kEnd;
  EXPECT_EQ(search_one(*model, {4, 5}, options).at(0).tokens, (Tokens{4, 5}));
}

TEST(BeamSearch, RunsInEvalModeAndRestoresTheMode) {
  auto model = copying_translator(9);
  model->train();
  beam_search(*model, make_source({{4}}), options_of(2, 9));
  EXPECT_TRUE(model->is_training());
}

TEST(BeamSearch, NoSentencesGiveNoHypotheses) {
  auto model = copying_translator(9);
  const nn::Source none{at::empty({0, 3}, at::kLong), at::empty({0}, at::kLong)};
  EXPECT_TRUE(beam_search(*model, none, options_of(2, 9)).empty());
}

TEST(BeamSearch, FieldsAreReadFromAConfig) {
  BeamOptions options;
  read_fields(parse_toml("beam_size = 3\nlength_penalty = 1.0\nmax_length = 7\nloop_guard = 0", "test"),
              "test", fields(options));
  EXPECT_EQ(options.beam_size, 3);
  EXPECT_EQ(options.length_penalty, 1.0);
  EXPECT_EQ(options.output.max_length, 7);
  EXPECT_EQ(options.output.loop_guard, 0);
  EXPECT_THROW(read_fields(parse_toml("n_best = 2", "test"), "test", fields(options)),
               heed::Error);  // n_best is a request option, not a field
}

TEST(BeamSearch, RefusesWhatCannotBe) {
  const auto refuses = [](auto change, std::vector<Tokens> sources = {{4, 5}, {4}}) {
    auto model = copying_translator(9);
    model->longest = 50;
    auto options = options_of(3, 20);
    auto source = make_source(sources);
    change(options, source);
    try {
      beam_search(*model, source, options);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const c10::Error& error) {
      EXPECT_THAT(error.what_without_backtrace(), ::testing::StartsWith("[beam_search] "));
    }
  };
  const auto nothing = [](auto&, auto&) {};
  refuses([](auto& options, auto&) { options.beam_size = 0; });
  refuses([](auto& options, auto&) { options.n_best = 0; });
  refuses([](auto& options, auto&) { options.n_best = 4; });
  refuses([](auto& options, auto&) { options.length_penalty = -1; });
  refuses([](auto& options, auto&) { options.patience = 0; });
  refuses([](auto& options, auto&) { options.output.max_length = 51; });
  refuses([](auto& options, auto&) { options.output.min_length = -1; });
  refuses([](auto& options, auto&) { options.output.max_length_ratio = 1e300; });
  refuses([](auto& options, auto&) { options.output.end = 9; });
  refuses([](auto& options, auto&) { options.output.begin = -1; });
  refuses([](auto& options, auto&) { options.output.forbidden = {9}; });
  refuses([](auto&, auto& source) { source.lengths[1] = 0; });
  refuses([](auto&, auto& source) { source.lengths[1] = 3; });
  refuses([](auto&, auto& source) { source.lengths = at::ones({3}, at::kLong); });
  refuses([](auto&, auto& source) { source.tokens = source.tokens.to(at::kFloat); });
  refuses([](auto&, auto& source) { source = {}; });
  refuses(nothing, {Tokens(51, 4)});
  refuses(nothing, {{4}, {}});
  auto boundless = copying_translator(9);
  EXPECT_THROW(beam_search(*boundless, make_source({{4}}), options_of(1, 0)), c10::Error);
}

TEST(BeamSearch, LogitThatIsNoNumberIsRefused) {
  at::Tensor table = at::zeros({6, 6});
  table[3][4] = NAN;
  table[1][3] = 5;
  auto model = markov_translator(table);
  EXPECT_THROW(beam_search(*model, make_source({{4}}), options_of(2, 9)), c10::Error);
}

}  // namespace
}  // namespace heed::decoding
