// SPDX-License-Identifier: Apache-2.0
//
// libsentencepiece and libtorch each bring their own protobuf into the process.
#include "tests/data/text/toy_language.h"
#include <gtest/gtest.h>

#include <ATen/ops/arange.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/matmul.h>
#include <torch/serialize.h>

#include "heed/data/text/subword_vocabulary.h"

namespace heed::tasks {
namespace {

at::Tensor square(int64_t size) {
  return at::arange(size * size, at::kFloat).view({size, size});
}

void expect_torch_works() {
  const at::Tensor matrix = square(48);
  EXPECT_TRUE(at::matmul(matrix, at::eye(48)).equal(matrix));
  std::stringstream file;
  torch::save(matrix, file);
  at::Tensor again;
  torch::load(again, file);
  EXPECT_TRUE(again.equal(matrix));
}

TEST(VocabularyBesideTorch, BothWorkInOneProgramInEitherOrder) {
  expect_torch_works();
  text::SubwordOptions options;
  options.size = 120;
  for (const char* model : {"bpe", "unigram"}) {
    options.model = model;
    const auto vocabulary = text::SubwordVocabulary::train(text::testing::toy_german(), options);
    expect_torch_works();
    const auto again = text::SubwordVocabulary::parse(vocabulary.bytes());
    for (const auto& sentence : text::testing::toy_german(50, 3))
      EXPECT_EQ(again.decode(again.encode(sentence)), sentence);
    EXPECT_THROW(text::SubwordVocabulary::parse(vocabulary.bytes().substr(0, 700)), std::exception);
    expect_torch_works();
  }
}

}  // namespace
}  // namespace heed::tasks
