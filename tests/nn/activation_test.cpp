// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/activation.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/utils.h>

namespace heed::nn {
namespace {

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

TEST(RowTanh, IsTanhWithin3e7) {
  const at::NoGradGuard no_grad;
  const at::Tensor x =
      at::cat({at::linspace(-12, 12, 1001), at::tensor({-1e30f, 1e30f, 0.0f})}).view({4, 251});
  EXPECT_LT(difference(row_tanh(x), x.to(at::kDouble).tanh()), 3e-7);
}

TEST(RowGlu, IsTheFirstHalfTimesTheSigmoidOfTheSecond) {
  const at::NoGradGuard no_grad;
  torch::manual_seed(2);
  const at::Tensor x = at::randn({3, 5, 38}) * 8, wide = x.to(at::kDouble);
  const at::Tensor expected = wide.narrow(2, 0, 19) * wide.narrow(2, 19, 19).sigmoid();
  EXPECT_LT(difference(row_glu(x), expected), 3e-6);
  EXPECT_TRUE(row_glu(x)[2][4].equal(row_glu(x[2][4].clone())));
  EXPECT_THROW(row_glu(at::ones({2, 3})), c10::Error);
}

TEST(Gelu, IsLibtorchsInFloat64Within1e6WhereverANumberStands) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::cat({at::linspace(-12, 12, 1001), at::tensor({-1e4f, 1e4f, 0.0f})});
  EXPECT_LT(difference(activate(x, "gelu"), at::gelu(x.to(at::kDouble))), 1e-6);
  for (int64_t begin = 1; begin < 20; ++begin) {
    const at::Tensor part = x.narrow(0, begin, 900).clone();
    EXPECT_TRUE(activate(part, "gelu").equal(activate(x, "gelu").narrow(0, begin, 900))) << begin;
  }
}

}  // namespace
}  // namespace heed::nn
