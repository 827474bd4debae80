// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "heed/core/error.h"

namespace heed::decoding {
namespace {

constexpr float kForbidden = -std::numeric_limits<float>::infinity();

std::vector<float> random_logits(int64_t size, uint64_t seed, double scale = 2.0) {
  const auto values = at::randn({size}, at::detail::createCPUGenerator(seed)) * scale;
  return {values.data_ptr<float>(), values.data_ptr<float>() + size};
}

std::vector<double> softmax(const std::vector<float>& logits, double temperature) {
  double sum = 0;
  for (float logit : logits) sum += std::exp(logit / temperature);
  std::vector<double> result;
  for (float logit : logits) result.push_back(std::exp(logit / temperature) / sum);
  return result;
}

/// Takes the best remaining token again and again until a bound is reached.
std::vector<double> naive_probabilities(const std::vector<float>& logits, const SamplingOptions& options) {
  const auto p = softmax(logits, options.temperature);
  std::vector<double> top(p.size(), 0.0), result(p.size(), 0.0);
  std::set<size_t> taken;
  const auto take_best = [&](const std::vector<double>& from) {
    size_t best = from.size();
    for (size_t i = 0; i < from.size(); ++i)
      if (taken.count(i) == 0 && (best == from.size() || from[i] > from[best])) best = i;
    taken.insert(best);
    return best;
  };
  const auto k = options.top_k == 0 ? p.size() : std::min(p.size(), static_cast<size_t>(options.top_k));
  double top_sum = 0;
  for (size_t i = 0; i < k; ++i) {
    const size_t token = take_best(p);
    top[token] = p[token];
    top_sum += p[token];
  }
  for (double& value : top) value /= top_sum;
  taken.clear();
  double sum = 0;
  for (size_t i = 0; i < k && (options.top_p == 0 || sum < options.top_p); ++i) {
    const size_t token = take_best(top);
    result[token] = top[token];
    sum += top[token];
  }
  for (double& value : result) value /= sum;
  return result;
}

double chi_square(const std::vector<int64_t>& counts, const std::vector<double>& p, int64_t draws) {
  double result = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double expected = p[i] * static_cast<double>(draws);
    result += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  return result;
}

constexpr double kChiSquare11At999 = 31.264;  // 11 degrees of freedom, exceeded once in 1000 seeds

TEST(Sampling, DrawsOverSamplesFollowTheSoftmax) {
  const auto logits = random_logits(12, 1, 1.0);
  const auto p = token_probabilities(logits, {});
  std::vector<int64_t> counts(12, 0);
  const int64_t draws = 40000;
  for (int64_t sample = 0; sample < draws; ++sample)
    ++counts[static_cast<size_t>(pick_token(p, sampling_noise(11, sample, 5)))];
  EXPECT_LT(chi_square(counts, softmax(logits, 1.0), draws), kChiSquare11At999);
}

TEST(Sampling, DrawsOverPositionsFollowTheSoftmaxAtATemperature) {
  const auto logits = random_logits(12, 2, 1.0);
  const auto p = token_probabilities(logits, {.temperature = 0.7});
  std::vector<int64_t> counts(12, 0);
  const int64_t draws = 40000;
  for (int64_t position = 0; position < draws; ++position)
    ++counts[static_cast<size_t>(pick_token(p, sampling_noise(3, 8, position)))];
  EXPECT_LT(chi_square(counts, softmax(logits, 0.7), draws), kChiSquare11At999);
}

TEST(Sampling, NoiseIsAPureFunctionAndDiffersInEachArgument) {
  const double noise = sampling_noise(1, 2, 3);
  EXPECT_EQ(noise, sampling_noise(1, 2, 3));
  EXPECT_NE(noise, sampling_noise(2, 2, 3));
  EXPECT_NE(noise, sampling_noise(1, 3, 3));
  EXPECT_NE(noise, sampling_noise(1, 2, 4));
  EXPECT_NE(noise, sampling_noise(1 + (uint64_t{1} << 32), 2, 3)) << "the upper half of the seed counts";
}

TEST(Sampling, NeighbouringStreamsAreUncorrelated) {
  double sum = 0;
  const int64_t count = 20000;
  for (int64_t i = 0; i < count; ++i) {
    const double a = sampling_noise(7, i, 9), b = sampling_noise(7, i + 1, 9);
    ASSERT_GE(a, 0);
    ASSERT_LT(a, 1);
    sum += (a - 0.5) * (b - 0.5) * 12;
  }
  EXPECT_LT(std::abs(sum / count), 4 / std::sqrt(static_cast<double>(count)));
}

TEST(Sampling, FiltersEqualANaiveImplementation) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    const auto size = static_cast<int64_t>(1 + seed * 7 % 31);
    const auto logits = random_logits(size, seed);
    for (const int64_t top_k : {0, 1, 2, 5, 100}) {
      for (const double top_p : {0.0, 0.05, 0.5, 0.9, 0.999}) {
        const SamplingOptions options{.temperature = 0.5 + 0.1 * (seed % 10), .top_k = top_k, .top_p = top_p};
        const auto actual = token_probabilities(logits, options);
        const auto expected = naive_probabilities(logits, options);
        for (size_t i = 0; i < actual.size(); ++i) ASSERT_NEAR(actual[i], expected[i], 1e-12);
      }
    }
  }
}

TEST(Sampling, AmongEqualTokensTopKKeepsTheLower) {
  const std::vector<float> logits{0, 1, 1, 1, 0};
  EXPECT_EQ(token_probabilities(logits, {.top_k = 2}), (std::vector<double>{0, 0.5, 0.5, 0, 0}));
}

TEST(Sampling, TemperatureZeroTakesTheFirstOfTheBest) {
  const std::vector<float> logits{0, 3, -1, 3};
  EXPECT_EQ(token_probabilities(logits, {.temperature = 0}), (std::vector<double>{0, 1, 0, 0}));
}

TEST(Sampling, TemperatureGoesFromArgmaxToUniform) {
  const auto logits = random_logits(9, 4);
  const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
  EXPECT_GT(token_probabilities(logits, {.temperature = 0.001})[static_cast<size_t>(best)], 1 - 1e-9);
  for (const double p : token_probabilities(logits, {.temperature = 1e6})) EXPECT_NEAR(p, 1.0 / 9, 1e-5);
}

TEST(Sampling, ForbiddenTokensAreNeverDrawn) {
  std::vector<float> logits{1000, kForbidden, 999, kForbidden};
  for (const auto& options : {SamplingOptions{}, SamplingOptions{.top_k = 4}, SamplingOptions{.top_p = 0.999},
                              SamplingOptions{.temperature = 100}}) {
    const auto p = token_probabilities(logits, options);
    EXPECT_EQ(p[1], 0);
    EXPECT_EQ(p[3], 0);
    EXPECT_EQ(pick_token(p, 0), 0);
    EXPECT_EQ(pick_token(p, std::nextafter(1.0, 0.0)), 2);
  }
}

TEST(Sampling, NothingToDrawIsAnError) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(token_probabilities(std::vector<float>{kForbidden, kForbidden}, {}), c10::Error);
  EXPECT_THROW(token_probabilities(std::vector<float>{0, nan}, {}), c10::Error);
  EXPECT_THROW(token_probabilities(std::vector<float>{nan, 0}, {}), c10::Error);
  EXPECT_THROW(token_probabilities(std::vector<float>{}, {}), c10::Error);
  EXPECT_THROW(token_probabilities(std::vector<float>{0}, {.temperature = -1}), c10::Error);
}

TEST(Sampling, LogSoftmaxSumsToOneFarFromZero) {
  double sum = 0;
  for (const double log_p : log_softmax(std::vector<float>{1e4f, 1e4f + 1, kForbidden, 1e4f - 2}))
    sum += std::exp(log_p);
  EXPECT_NEAR(sum, 1, 1e-12);
}

TEST(Sampling, FieldsRejectImpossibleValues) {
  for (const char* text : {"top_p = 1.5", "temperature = -0.1", "top_k = -1"}) {
    SamplingOptions options;
    EXPECT_THROW(read_fields(parse_toml(text, "test"), "test", fields(options)), Error) << text;
  }
  SamplingOptions options;
  read_fields(parse_toml("temperature = 0.9\ntop_k = 7", "test"), "test", fields(options));
  EXPECT_EQ(options.temperature, 0.9);
  EXPECT_EQ(options.top_k, 7);
}

}  // namespace
}  // namespace heed::decoding
