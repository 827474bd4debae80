// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/sampling.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <limits>

#include "reference_sampling.h"
#include "tests/core/expect_error.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "heed/core/config.h"
#include "heed/core/error.h"

namespace heed::decoding {
namespace {

constexpr float kForbidden = -std::numeric_limits<float>::infinity();
constexpr int64_t kSizes[] = {1, 2, 15, 16, 17, 127, 128, 129, 255, 256, 257, 1000, 50257};

std::vector<float> random_logits(int64_t size, uint64_t seed, double scale = 2) {
  const auto values = at::randn({size}, at::detail::createCPUGenerator(seed)) * scale;
  return {values.data_ptr<float>(), values.data_ptr<float>() + size};
}

/// Makes logits with many ties, some forbidden.
std::vector<float> rough_logits(int64_t size, uint64_t seed) {
  auto logits = random_logits(size, seed);
  for (float& logit : logits) logit = std::round(logit * 4) / 4;
  for (size_t i = 1; i < logits.size(); i += 5) logits[i] = kForbidden;
  return logits;
}

const std::vector<SamplingOptions>& some_options() {
  static const std::vector<SamplingOptions> list{
      {},
      {.temperature = 0},
      {.temperature = 0.7},
      {.temperature = 5},
      {.top_k = 1},
      {.top_k = 3},
      {.temperature = 0.8, .top_k = 50},
      {.top_k = 700},
      {.top_p = 0.05},
      {.top_p = 0.9},
      {.temperature = 1.3, .top_p = 0.999},
      {.top_k = 20, .top_p = 0.6},
      {.min_p = 0.1},
      {.temperature = 0.9, .min_p = 0.02},
      {.top_k = 200, .top_p = 0.95, .min_p = 0.05},
  };
  return list;
}

/// Draws with many noises and checks that each is in the interval of its token.
void expect_reference_draws(const std::vector<float>& logits, const SamplingOptions& options) {
  SCOPED_TRACE(::testing::Message() << logits.size() << " logits, temperature " << options.temperature
                                    << ", top_k " << options.top_k << ", top_p " << options.top_p
                                    << ", min_p " << options.min_p);
  const auto p = token_probabilities(logits, options);
  std::vector<double> cumulated(p.size() + 1, 0.0);
  for (size_t i = 0; i < p.size(); ++i) cumulated[i + 1] = cumulated[i] + p[i];
  const auto log_p = log_softmax(logits);
  for (int64_t i = 0; i < 40; ++i) {
    const double uniform = i == 0 ? 0 : i == 1 ? std::nextafter(1.0, 0.0) : sampling_noise(1, 0, i);
    const auto [token, log_probability] = draw_token(logits, options, uniform);
    const auto at = static_cast<size_t>(token);
    ASSERT_GT(p[at], 0) << token;
    ASSERT_LE(cumulated[at], uniform + 2e-6) << token;
    ASSERT_GE(cumulated[at + 1], uniform - 2e-6) << token;
    ASSERT_NEAR(log_probability, log_p[at], 1e-6);
    ASSERT_EQ(pick_token(logits, options, uniform), token);
  }
}

TEST(Sampling, DrawsStandInTheirStretchAtEverySize) {
  for (const int64_t size : kSizes)
    for (const SamplingOptions& options : some_options())
      expect_reference_draws(random_logits(size, static_cast<uint64_t>(size)), options);
}

TEST(Sampling, DrawsStandInTheirStretchAmongTiesAndForbiddenTokens) {
  for (const int64_t size : kSizes)
    for (const SamplingOptions& options : some_options())
      expect_reference_draws(rough_logits(size, static_cast<uint64_t>(size)), options);
}

TEST(Sampling, DrawsStandInTheirStretchAtRandom) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    const auto logits = random_logits(static_cast<int64_t>(1 + seed * 37 % 700), seed, 0.1 * seed);
    const SamplingOptions options{.temperature = 0.4 + 0.05 * static_cast<double>(seed),
                                  .top_k = static_cast<int64_t>(seed * 7 % 90),
                                  .top_p = static_cast<double>(seed % 9) / 9,
                                  .min_p = static_cast<double>(seed % 4) / 16};
    expect_reference_draws(logits, options);
  }
}

double chi_square(const std::vector<int64_t>& counts, const std::vector<double>& p, int64_t draws) {
  double result = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double expected = p[i] * static_cast<double>(draws);
    if (p[i] == 0)
      EXPECT_EQ(counts[i], 0) << i;
    else
      result += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  return result;
}

double chi_square_of_draws(const std::vector<float>& logits, const SamplingOptions& options, uint64_t seed) {
  constexpr int64_t kDraws = 40000;
  std::vector<int64_t> counts(logits.size(), 0);
  for (int64_t i = 0; i < kDraws; ++i)
    ++counts[static_cast<size_t>(draw_token(logits, options, sampling_noise(seed, i, 5)).token)];
  return chi_square(counts, token_probabilities(logits, options), kDraws);
}

// Exceeded by one of 1000 seeds, with one degree of freedom less than tokens.
constexpr double kChiSquare11 = 31.264, kChiSquare299 = 379.2, kChiSquare19 = 43.82;

TEST(Sampling, ManyDrawsFollowTheSoftmax) {
  EXPECT_LT(chi_square_of_draws(random_logits(12, 1, 1.0), {}, 11), kChiSquare11);
  EXPECT_LT(chi_square_of_draws(random_logits(12, 2, 1.0), {.temperature = 0.7}, 3), kChiSquare11);
  EXPECT_LT(chi_square_of_draws(random_logits(300, 3, 0.5), {}, 4), kChiSquare299);
}

TEST(Sampling, ManyDrawsFollowTheFilteredSoftmax) {
  EXPECT_LT(chi_square_of_draws(random_logits(300, 5, 1.0), {.top_k = 20}, 6), kChiSquare19);
  EXPECT_LT(chi_square_of_draws(random_logits(400, 5, 0.3), {.top_k = 300, .min_p = 0.01}, 7), kChiSquare299);
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

/// Returns the tokens drawn by many evenly spaced noises.
std::vector<int64_t> drawn_tokens(const std::vector<float>& logits, const SamplingOptions& options) {
  std::vector<int64_t> tokens;
  for (int i = 0; i < 4000; ++i) tokens.push_back(pick_token(logits, options, i / 4000.0));
  EXPECT_TRUE(std::is_sorted(tokens.begin(), tokens.end()));
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

TEST(Sampling, AmongEqualTokensTheLowerIsKept) {
  const std::vector<float> logits{0, 1, 1, 1, 0};
  EXPECT_EQ(drawn_tokens(logits, {.top_k = 2}), (std::vector<int64_t>{1, 2}));
  const std::vector<float> equal(300, 1.5f);
  for (const auto& options : {SamplingOptions{.top_k = 150}, SamplingOptions{.top_p = 0.5},
                              SamplingOptions{.top_k = 200, .top_p = 0.75}}) {
    const auto tokens = drawn_tokens(equal, options);
    EXPECT_EQ(tokens.size(), 150u);
    EXPECT_EQ(tokens.back(), 149);
  }
  EXPECT_EQ(drawn_tokens(equal, {.min_p = 1}).size(), 300u);
}

TEST(Sampling, FilteredTokensAreNeverDrawn) {
  std::vector<float> logits(300, 0.0f);
  logits[7] = logits[130] = logits[299] = 3;
  const std::vector<int64_t> best{7, 130, 299};
  EXPECT_EQ(drawn_tokens(logits, {.top_k = 3}), best);
  EXPECT_EQ(drawn_tokens(logits, {.top_p = 0.16}), best);
  EXPECT_EQ(drawn_tokens(logits, {.min_p = 0.5}), best);
}

TEST(Sampling, TemperatureZeroTakesTheFirstOfTheBest) {
  std::vector<float> logits(400, -1.0f);
  logits[140] = logits[300] = 3;
  EXPECT_EQ(draw_token(logits, {.temperature = 0}, 0.999).token, 140);
}

TEST(Sampling, TemperatureGoesFromArgmaxToUniform) {
  const auto logits = random_logits(9, 4);
  const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
  for (const double temperature : {1e-300, 1e-30, 1e-3})
    EXPECT_EQ(drawn_tokens(logits, {.temperature = temperature}), (std::vector<int64_t>{best}));
  for (const double temperature : {1e6, 1e30, 1e300})
    for (int64_t i = 0; i < 9; ++i)
      EXPECT_EQ(pick_token(logits, {.temperature = temperature}, (static_cast<double>(i) + 0.5) / 9), i);
}

TEST(Sampling, ForbiddenTokensAreNeverDrawn) {
  const std::vector<float> logits{1000, kForbidden, 999, kForbidden};
  for (const auto& options : {SamplingOptions{}, SamplingOptions{.top_k = 4}, SamplingOptions{.top_p = 0.999},
                              SamplingOptions{.temperature = 100}, SamplingOptions{.min_p = 1e-9}}) {
    EXPECT_EQ(pick_token(logits, options, 0), 0);
    EXPECT_EQ(pick_token(logits, options, std::nextafter(1.0, 0.0)), 2);
  }
}

TEST(Sampling, OneTokenThatIsAllowedIsDrawn) {
  for (const int64_t size : kSizes) {
    std::vector<float> logits(static_cast<size_t>(size), kForbidden);
    logits[static_cast<size_t>(size / 2)] = -7;
    for (const SamplingOptions& options : some_options())
      EXPECT_EQ(draw_token(logits, options, 0.5).token, size / 2);
  }
}

TEST(Sampling, DistantLogitsAreFiltered) {
  std::vector<float> logits(300);
  for (size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i) * 1e30f;
  for (const auto& options : {SamplingOptions{.top_k = 40}, SamplingOptions{.top_p = 0.9},
                              SamplingOptions{.top_k = 299, .min_p = 0.1}})
    EXPECT_EQ(drawn_tokens(logits, options), (std::vector<int64_t>{299}));
  EXPECT_EQ(drawn_tokens(logits, {.temperature = 1e32, .top_k = 40}).front(), 260);
}

TEST(Sampling, NothingToDrawIsAnError) {
  EXPECT_THROW(draw_token(std::vector<float>{kForbidden, kForbidden}, {}, 0), c10::Error);
  EXPECT_THROW(draw_token(std::vector<float>{}, {}, 0), c10::Error);
  EXPECT_THROW(pick_token(std::vector<float>{0}, {.temperature = -1}, 0), c10::Error);
  EXPECT_THROW(pick_token(std::vector<float>{0}, {.top_p = 1.5}, 0), c10::Error);
}

TEST(Sampling, NaNAndInfinityAreRefusedWhereverTheyStand) {
  const float with_payload = std::bit_cast<float>(0x7fc00001);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::signaling_NaN(), with_payload})
    for (const size_t place : {0, 1, 127, 128, 130, 299}) {
      auto logits = random_logits(300, place);
      logits[place] = bad;
      EXPECT_THROW(draw_token(logits, {.temperature = 0}, 0), c10::Error) << bad << " at " << place;
      EXPECT_THROW(draw_token(logits, {.top_k = 1}, 0), c10::Error) << bad << " at " << place;
    }
}

class EvenTokens : public Constraint {
 public:
  void accept(int64_t) override { ADD_FAILURE() << "a draw does not accept its token"; }
  void restrict_logits(std::span<float> logits) override {
    for (size_t i = 0; i < logits.size(); ++i) logits[i] = i % 2 == 0 ? logits[i] - 1 : kForbidden;
  }
};

TEST(Sampling, ConstrainedDrawHasTheProbabilityOfTheModelAlone) {
  const auto logits = random_logits(300, 8);
  const auto before = logits;
  EvenTokens even;
  auto allowed = logits;
  even.restrict_logits(allowed);
  for (int64_t i = 0; i < 50; ++i) {
    const auto draw = draw_token(logits, even, {}, sampling_noise(1, 2, i));
    EXPECT_EQ(draw.token, pick_token(allowed, {}, sampling_noise(1, 2, i)));
    EXPECT_EQ(draw.token % 2, 0);
    EXPECT_NEAR(draw.log_probability, log_softmax(logits)[static_cast<size_t>(draw.token)], 1e-6);
  }
  EXPECT_EQ(logits, before);
}

TEST(Sampling, FieldsRejectImpossibleValues) {
  for (const char* text : {"top_p = 1.5", "temperature = -0.1", "top_k = -1", "min_p = 2"}) {
    SamplingOptions options;
    EXPECT_THAT(
        error_of(ErrorKind::kConfig, [&] { read_fields(parse_toml(text, "test"), "test", fields(options)); }),
        ::testing::HasSubstr(" must be "))
        << text;
  }
  SamplingOptions options;
  read_fields(parse_toml("temperature = 0.9\ntop_k = 7\nmin_p = 0.05", "test"), "test", fields(options));
  EXPECT_EQ(options.temperature, 0.9);
  EXPECT_EQ(options.top_k, 7);
  EXPECT_EQ(options.min_p, 0.05);
}

double median_microseconds(const std::function<void()>& work) {
  std::vector<double> times;
  for (int i = 0; i < 31; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    times.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

/// Draws and computes ln p of every token in float64, by sorting: the naive algorithm.
int64_t reference_draw(const std::vector<float>& logits, const SamplingOptions& options, double uniform) {
  const auto p = token_probabilities(logits, options);
  double sum = 0;
  size_t token = 0;
  while (token + 1 < p.size() && (sum += p[token]) <= uniform) ++token;
  return token + static_cast<int64_t>(log_softmax(logits)[token]);
}

/// Prints; run with --gtest_also_run_disabled_tests --gtest_filter=*TimeOfADraw*.
TEST(Sampling, DISABLED_TimeOfADraw) {
  for (const int64_t size : {256, 400, 8000, 50257})
    for (const double scale : {1.0, 3.0})
      for (const auto& options :
           {SamplingOptions{}, SamplingOptions{.temperature = 0.8}, SamplingOptions{.top_k = 50},
            SamplingOptions{.top_k = 1000}, SamplingOptions{.top_p = 0.9}, SamplingOptions{.min_p = 0.05},
            SamplingOptions{.top_k = 50, .top_p = 0.9, .min_p = 0.05}}) {
        const auto logits = random_logits(size, 1, scale);
        const int rounds = static_cast<int>(std::max<int64_t>(1, 20000 / size));
        int64_t drawn = 0, i = 0;
        const double ours = median_microseconds([&] {
          for (int r = 0; r < rounds; ++r)
            drawn += draw_token(logits, options, sampling_noise(1, 1, i++)).token;
        });
        const double reference =
            median_microseconds([&] { drawn += reference_draw(logits, options, sampling_noise(1, 1, i++)); });
        std::cout << size << " logits x " << scale << ", temperature " << options.temperature << ", top_k "
                  << options.top_k << ", top_p " << options.top_p << ", min_p " << options.min_p << ": "
                  << ours / rounds << " us, by sorting in float64 " << reference << " us"
                  << (drawn < 0 ? "" : "\n");
      }
}

}  // namespace
}  // namespace heed::decoding
