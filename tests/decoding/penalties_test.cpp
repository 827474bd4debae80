// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/penalties.h"

#include <limits>

#include "tests/core/expect_error.h"
#include <gtest/gtest.h>

#include <c10/util/Exception.h>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/decoding/sampling.h"

namespace heed::decoding {
namespace {

std::vector<float> penalized(const PenaltyOptions& options, int64_t prompt_length,
                             const std::vector<int64_t>& tokens, std::vector<float> logits) {
  Penalties penalties(options, prompt_length);
  for (const int64_t token : tokens) penalties.accept(token);
  penalties.restrict_logits(logits);
  return logits;
}

TEST(Penalties, RepetitionLowersEveryTokenSeenWhateverItsSign) {
  EXPECT_EQ(penalized({.repetition = 2}, 1, {0, 2, 2}, {3, 3, -3, -3}), (std::vector<float>{1.5, 3, -6, -3}));
}

TEST(Penalties, FrequencyCountsWhatWasWrittenAndNotThePrompt) {
  EXPECT_EQ(penalized({.frequency = 0.5}, 2, {0, 1, 1, 2, 2, 2}, {4, 4, 4, 4}),
            (std::vector<float>{4, 3.5, 2.5, 4}));
}

TEST(Penalties, PresenceCountsOnce) {
  EXPECT_EQ(penalized({.presence = 1}, 1, {0, 1, 1, 1}, {4, 4, 4}), (std::vector<float>{4, 3, 4}));
}

TEST(Penalties, TogetherRepetitionComesFirst) {
  EXPECT_EQ(penalized({.repetition = 2, .frequency = 0.25, .presence = 1}, 0, {1, 1}, {4, 4}),
            (std::vector<float>{4, 0.5}));
}

TEST(Penalties, DefaultsChangeNothing) {
  const std::vector<float> logits{1, -2, 0.1f, 1e30f};
  EXPECT_EQ(penalized({}, 1, {0, 1, 2, 3, 3}, logits), logits);
}

TEST(Penalties, ForbiddenTokensStayForbidden) {
  constexpr float kForbidden = -std::numeric_limits<float>::infinity();
  EXPECT_EQ(penalized({.repetition = 0.5, .frequency = -3, .presence = -3}, 0, {0, 0}, {kForbidden, 1})[0],
            kForbidden);
}

TEST(Penalties, AsAConstraintOfADrawTheyTurnItToAnotherToken) {
  Penalties penalties({.presence = 10}, 0);
  penalties.accept(1);
  EXPECT_EQ(draw_token(std::vector<float>{0, 5, 1}, penalties, {.temperature = 0}, 0).token, 2);
}

TEST(Penalties, ImpossibleOptionsAndTokensAreErrors) {
  EXPECT_THROW(Penalties({.repetition = 0}, 0), c10::Error);
  EXPECT_THROW(Penalties({}, -1), c10::Error);
  EXPECT_THROW(penalized({}, 0, {4}, {1, 2}), c10::Error);
  PenaltyOptions options;
  EXPECT_THAT(
      error_of(ErrorKind::kConfig,
               [&] { read_fields(parse_toml("repetition_penalty = 0", "test"), "test", fields(options)); }),
      ::testing::HasSubstr("repetition_penalty"));
}

}  // namespace
}  // namespace heed::decoding
