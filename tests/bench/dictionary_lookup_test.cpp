// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/dictionary_lookup.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>

namespace heed::bench {
namespace {

TEST(DictionaryLookup, DynamicAttentionAnswersEveryQuestionAndStaticDoesNot) {
  const DictionaryOptions options{
      .keys = 5, .width = 32, .steps = 600, .batch = 32, .tested = 100, .learning_rate = 1e-2};
  const DictionaryResult dynamic = look_up(true, 1, options);
  EXPECT_EQ(dynamic.accuracy, 1);
  EXPECT_TRUE(at::equal(dynamic.weights.argmax(1), at::arange(5))) << dynamic.weights;
  DictionaryOptions shorter = options;
  shorter.steps = 300;
  const DictionaryResult fixed = look_up(false, 1, shorter);
  EXPECT_LT(fixed.accuracy, 0.7);
  const at::Tensor first = fixed.weights.argmax(1);
  EXPECT_TRUE(at::equal(first, first[0].expand_as(first))) << "all questions look at one key";
}

}  // namespace
}  // namespace heed::bench
