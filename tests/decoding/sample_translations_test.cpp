// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/sample_translations.h"

#include "searches.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/decoding/beam_search.h"

namespace heed::decoding {
namespace {

using testing::copying_translator;
using testing::expect_same;
using testing::make_source;
using testing::markov_translator;
using testing::random_translator;
using testing::Tokens;

TranslationSampling request_of(int64_t count, int64_t max_length = 12) {
  TranslationSampling request{.count = count, .seed = 5};
  request.output.max_length = max_length;
  return request;
}

std::vector<Hypothesis> sample_one(testing::ToyTranslator& model, const Tokens& source,
                                   const TranslationSampling& request) {
  return sample_translations(model, make_source({source}), request).at(0);
}

TEST(SampleTranslations, SampleDependsOnItsIndexAndNotOnTheBatch) {
  auto model = random_translator(17, 3, 1.0);
  const std::vector<Tokens> sources{{0}, {1, 1}, {2, 4, 4}, {3}, {0, 5}};
  auto request = request_of(3);
  const auto together = sample_translations(*model, make_source(sources), request);
  for (size_t i = 0; i < sources.size(); ++i) {
    request.first_samples = {static_cast<int64_t>(3 * i)};
    expect_same(sample_translations(*model, make_source({sources[i]}), request).at(0), together[i]);
  }
  request.count = 1;
  request.first_samples = {3 * 4 + 2, 3 * 1 + 1};
  const auto others = sample_translations(*model, make_source({sources[4], sources[1]}), request);
  expect_same(others[0], {together[4][2]});
  expect_same(others[1], {together[1][1]});
}

TEST(SampleTranslations, SamplesDifferAndTheSeedMatters) {
  auto model = random_translator(17, 3, 0.5);
  auto request = request_of(2);
  const auto first = sample_one(*model, {1}, request);
  EXPECT_NE(first[0].tokens, first[1].tokens);
  request.seed = 6;
  EXPECT_NE(sample_one(*model, {1}, request)[0].tokens, first[0].tokens);
}

TEST(SampleTranslations, FirstTokensFollowTheSoftmax) {
  at::Tensor table = at::full({6, 6}, -1e9);
  table[1][3] = std::log(0.5);
  table[1][4] = std::log(0.3);
  table[1][5] = std::log(0.2);
  for (const int64_t row : {3, 4, 5}) table[row][2] = 0;
  auto model = markov_translator(table);
  std::vector<double> counts(6, 0);
  const auto samples = sample_one(*model, {3, 3}, request_of(4000));
  for (const Hypothesis& sample : samples) {
    ASSERT_EQ(sample.tokens.size(), 1u);
    EXPECT_TRUE(sample.ended);
    EXPECT_NEAR(sample.log_probability, table[1][sample.tokens[0]].item<double>(), 1e-6);
    ++counts[static_cast<size_t>(sample.tokens[0])];
  }
  EXPECT_NEAR(counts[3] / 4000, 0.5, 0.03);  // 4 standard deviations
  EXPECT_NEAR(counts[4] / 4000, 0.3, 0.03);
}

TEST(SampleTranslations, TemperatureZeroEqualsABeamOfOne) {
  auto model = random_translator(17, 8);
  const auto source = make_source({{0}, {1, 4}, {2}});
  auto request = request_of(1);
  request.sampling.temperature = 0;
  const BeamOptions greedy{.beam_size = 1, .output = request.output};
  const auto samples = sample_translations(*model, source, request);
  const auto searched = beam_search(*model, source, greedy);
  for (size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(samples[i][0].tokens, searched[i][0].tokens);
    EXPECT_NEAR(samples[i][0].log_probability, searched[i][0].log_probability, 1e-5);
  }
}

TEST(SampleTranslations, OutputRulesHold) {
  auto model = random_translator(9, 1, 0.3);
  auto request = request_of(50, 8);
  request.output.min_length = 3;
  request.output.forbidden = {4};
  request.output.no_repeat_ngram = 2;
  for (const Hypothesis& sample : sample_one(*model, {1, 1, 1}, request)) {
    EXPECT_GE(sample.tokens.size(), 3u);
    EXPECT_LE(sample.length(), 8);
    EXPECT_THAT(sample.tokens, ::testing::Not(::testing::Contains(4)));
    EXPECT_THAT(sample.tokens, ::testing::Not(::testing::Contains(1)));
  }
}

TEST(SampleTranslations, LoopsAreStoppedAndFlagged) {
  at::Tensor table = at::zeros({5, 5});
  table.select(1, 3).fill_(50);
  auto model = markov_translator(table);
  auto request = request_of(2, 100);
  request.output.max_length_ratio = 0;
  for (const Hypothesis& sample : sample_one(*model, {1}, request)) {
    EXPECT_TRUE(sample.looped);
    EXPECT_EQ(sample.tokens, Tokens(24, 3));
  }
}

TEST(SampleTranslations, FinishedSentencesLeaveTheBatch) {
  auto model = copying_translator(12);
  auto request = request_of(2);
  request.sampling.top_k = 1;
  sample_translations(*model, make_source({{5}, {6, 7, 8}, {9, 10}}), request);
  EXPECT_EQ(model->rows_stepped, (std::vector<int64_t>{3, 6, 4, 2}));
}

TEST(SampleTranslations, FinishedSamplesOfASentenceLeaveOneByOne) {
  auto model = random_translator(11, 4, 0.5);
  const auto found = sample_translations(*model, make_source({{0}, {1, 1}}), request_of(9, 12));
  std::vector<int64_t> expected{2};  // the first tokens of all samples come from one row per sentence
  for (int64_t consumed = 1; consumed < 12; ++consumed) {
    int64_t open = 0;
    for (const auto& samples : found)
      for (const Hypothesis& sample : samples) open += sample.length() > consumed;
    if (open > 0) expected.push_back(open);
  }
  EXPECT_EQ(model->rows_stepped, expected);
  EXPECT_GT(expected.size(), 4u);
  EXPECT_LT(expected.back(), 9) << "some ended before others";
}

TEST(SampleTranslations, SampleThatNothingMayFollowIsCut) {
  auto model = random_translator(5, 0);
  auto request = request_of(4, 20);
  request.output.no_repeat_ngram = 1;
  request.output.min_length = 10;
  for (const Hypothesis& sample : sample_one(*model, {3}, request)) {
    EXPECT_EQ(sample.tokens.size(), 3u);
    EXPECT_FALSE(sample.ended);
  }
}

TEST(SampleTranslations, RefusesWhatCannotBe) {
  auto model = copying_translator(12);
  const auto refuses = [&](auto change) {
    auto request = request_of(2);
    change(request);
    EXPECT_THROW(sample_translations(*model, make_source({{5}, {6}}), request), c10::Error);
  };
  refuses([](auto& request) { request.count = 0; });
  refuses([](auto& request) { request.first_samples = {1}; });
  refuses([](auto& request) { request.output.end = 12; });
  refuses([](auto& request) { request.sampling.temperature = -1; });
}

}  // namespace
}  // namespace heed::decoding
