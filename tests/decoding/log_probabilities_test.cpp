// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/log_probabilities.h"

#include <limits>

#include "reference_sampling.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

namespace heed::decoding {
namespace {

constexpr float kForbidden = -std::numeric_limits<float>::infinity();

std::vector<float> random_logits(int64_t size, uint64_t seed) {
  const auto values = at::randn({size}, at::detail::createCPUGenerator(seed)) * 3;
  return {values.data_ptr<float>(), values.data_ptr<float>() + size};
}

TEST(LogProbabilities, EqualTheSoftmaxAtEverySize) {
  for (const int64_t size : {1, 2, 15, 16, 17, 255, 256, 257, 1000, 50257}) {
    SCOPED_TRACE(size);
    const auto logits = random_logits(size, static_cast<uint64_t>(size));
    const auto expected = log_softmax(logits);
    for (const int64_t token : {int64_t{0}, size / 2, size - 1}) {
      EXPECT_NEAR(log_probability(logits, token), expected[static_cast<size_t>(token)], 1e-6);
      EXPECT_LE(log_probability(logits, token), 0);
    }
  }
}

TEST(LogProbabilities, FarFromZeroAndOfForbiddenTokens) {
  const std::vector<float> logits{1e4f, 1e4f + 1, kForbidden, 1e4f - 2};
  const auto expected = log_softmax(logits);
  for (const int64_t token : {0, 1, 3})
    EXPECT_NEAR(log_probability(logits, token), expected[static_cast<size_t>(token)], 1e-6);
  EXPECT_EQ(log_probability(logits, 2), kForbidden);
}

TEST(LogProbabilities, OfAPromptAreThoseOfEachNextToken) {
  for (const int64_t vocabulary : {3, 17, 8000}) {
    const std::vector<int64_t> prompt{1, 0, 2, 2, 1, 0};
    const auto logits = random_logits(6 * vocabulary, 7);
    const auto of_prompt = prompt_log_probabilities(logits, prompt, vocabulary);
    ASSERT_EQ(of_prompt.size(), 5u);
    const auto width = static_cast<size_t>(vocabulary);
    for (size_t i = 0; i < 5; ++i)
      EXPECT_EQ(of_prompt[i], log_probability({logits.data() + i * width, width}, prompt[i + 1]));
    const std::span<const float> without_last(logits.data(), 5 * width);
    EXPECT_EQ(prompt_log_probabilities(without_last, prompt, vocabulary), of_prompt);
  }
  EXPECT_TRUE(prompt_log_probabilities(std::vector<float>{1, 2}, std::vector<int64_t>{1}, 2).empty());
}

TEST(LogProbabilities, ImpossibleArgumentsAreErrors) {
  const std::vector<float> logits{0, 1, 2, 3};
  const std::vector<int64_t> prompt{0, 1}, outside{0, 2};
  EXPECT_THROW(log_probability(logits, 4), c10::Error);
  EXPECT_THROW(log_probability(logits, -1), c10::Error);
  EXPECT_THROW(log_probability(std::vector<float>{kForbidden}, 0), c10::Error);
  EXPECT_THROW(log_probability(std::vector<float>{0, std::numeric_limits<float>::infinity()}, 0), c10::Error);
  EXPECT_THROW(prompt_log_probabilities(logits, prompt, 3), c10::Error);
  EXPECT_THROW(prompt_log_probabilities(logits, outside, 2), c10::Error);
}

}  // namespace
}  // namespace heed::decoding
