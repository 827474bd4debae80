// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cases.h"
#include <gtest/gtest.h>

namespace heed::attention::testing {
namespace {

TEST(ReferenceAttention, EqualsTheDefinitionOneNumberAtATime) {
  std::mt19937_64 random(20250101);
  for (int i = 0; i < 40; ++i) {
    Case c = random_case(random);
    c.batch = std::min<int64_t>(c.batch, 2);
    c.queries = c.queries % 12 + 1;
    c.keys = c.segments.empty() ? c.keys % 12 + 1 : c.queries;
    for (auto* list : {&c.key_lengths, &c.query_start}) {
      if (!list->empty()) list->resize(c.batch);
      for (auto& number : *list) number %= c.keys + 1;
    }
    if (!c.segments.empty()) c.segments.resize(c.batch);
    for (auto& ids : c.segments) ids.resize(c.queries);
    const Tensors t = make_tensors(c);
    const auto expected = naive_attention(c, t);
    for (const Backend backend : {Backend::kReference, Backend::kTiled}) {
      const auto output = attend(t.query, t.key, t.value, make_spec(c, t, backend)).output;
      EXPECT_LT(difference(output, expected), 1e-12) << backend_name(backend) << " " << c.text();
    }
  }
}

TEST(TiledAttention, EqualsTheReferenceInValuesAndGradientsOverRandomProblems) {
  const uint64_t seed = 424242;
  std::cout << "sweep seed " << seed << "\n";
  std::mt19937_64 random(seed);
  for (int i = 0; i < 150; ++i) {
    const Case c = random_case(random);
    const Outcome expected = run_case(c, Backend::kReference), tiled = run_case(c, Backend::kTiled);
    ASSERT_LT(difference(tiled.output, expected.output), 1e-12) << c.text();
    ASSERT_LT(difference(tiled.logsumexp, expected.logsumexp), 1e-12) << c.text();
    ASSERT_EQ(tiled.gradients.size(), expected.gradients.size());
    for (size_t g = 0; g < tiled.gradients.size(); ++g) {
      ASSERT_LT(difference(tiled.gradients[g], expected.gradients[g]), 1e-10)
          << "gradient " << g << " " << c.text();
    }
  }
}

}  // namespace
}  // namespace heed::attention::testing
