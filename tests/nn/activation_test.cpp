// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/activation.h"

#include <limits>
#include <string>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/utils.h>

namespace heed::nn {
namespace {

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

TEST(RowElu, IsEluWithin3e7) {
  const at::NoGradGuard no_grad;
  const at::Tensor x =
      at::cat({at::linspace(-12, 12, 1001), at::tensor({-1e30f, 1e30f, 0.0f})}).view({4, 251});
  EXPECT_LT(difference(row_elu(x).clamp_max(100), at::elu(x.to(at::kDouble)).clamp_max(100)), 3e-7);
  EXPECT_TRUE(row_elu(x.relu()).equal(x.relu())) << "above 0 it is the number itself";
}

TEST(RowGatedTanh, IsTheTanhOfTheFirstHalfTimesTheSigmoidOfTheSecond) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({3, 5, 38}) * 8, wide = x.to(at::kDouble);
  const at::Tensor expected = wide.narrow(2, 0, 19).tanh() * wide.narrow(2, 19, 19).sigmoid();
  EXPECT_LT(difference(row_gated_tanh(x), expected), 1e-6);
  EXPECT_EQ(row_gated_tanh(x).sizes(), at::IntArrayRef({3, 5, 19}));
  EXPECT_THROW(row_gated_tanh(at::ones({2, 3})), c10::Error);
}

TEST(Relu, IsTheNumberOrZero) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::cat({at::linspace(-12, 12, 1001), at::tensor({-1e30f, 1e30f, 0.0f})});
  EXPECT_TRUE(activate(x, "relu").equal(at::relu(x)));
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

TEST(GeluTanh, IsLibtorchsInFloat64Within1e6) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::cat({at::linspace(-12, 12, 1001), at::tensor({-1e4f, 1e4f, 0.0f})});
  EXPECT_LT(difference(activate(x, "gelu_tanh"), at::gelu(x.to(at::kDouble), "tanh")), 1e-6);
  EXPECT_GT(difference(activate(x, "gelu_tanh"), activate(x, "gelu")), 1e-4) << "not the exact form";
}

TEST(Activation, AnUnknownNameIsAnErrorThatListsTheKnownOnes) {
  EXPECT_THROW(activate(at::ones({2}), "gelu_new"), c10::Error);
}

struct Named {
  const char* name;
  at::Tensor (*function)(const at::Tensor&);
  int parts;  ///< of its input's width that make one of its output
};

class EveryActivation : public testing::TestWithParam<Named> {
 protected:
  at::Tensor run(const at::Tensor& x) const { return GetParam().function(x); }
  /// Numbers of a row, of whatever size.
  at::Tensor input(at::IntArrayRef rows, int64_t width) const {
    auto sizes = rows.vec();
    sizes.push_back(width * GetParam().parts);
    return at::randn(sizes) * 4;
  }
};

TEST_P(EveryActivation, ANumbersBitsDoNotDependOnWhereItStands) {
  const at::NoGradGuard no_grad;
  const int64_t parts = GetParam().parts;
  const at::Tensor x = input({}, 100);  // [parts * 100]
  const at::Tensor whole = run(x), split = x.view({parts, 100});
  for (int64_t begin = 1; begin < 20; ++begin) {
    for (const int64_t width : {1, 3, 15, 16, 17, 33, 80}) {
      const at::Tensor part = split.narrow(1, begin, width).reshape({-1});
      ASSERT_TRUE(run(part).equal(whole.narrow(0, begin, width))) << begin << " " << width;
    }
  }
}

TEST_P(EveryActivation, ARowsBitsDependNeitherOnTheRowsBesideItNorOnThreads) {
  const at::NoGradGuard no_grad;
  for (const int64_t width : {1, 17, 512}) {
    const at::Tensor x = input({101}, width), together = run(x);
    for (const int64_t row : {0, 50, 100}) EXPECT_TRUE(run(x[row].clone()).equal(together[row])) << width;
    for (const int threads : {2, 3, 5}) {
      at::set_num_threads(threads);
      EXPECT_TRUE(run(x).equal(together)) << width << " wide, " << threads << " threads";
    }
    at::set_num_threads(1);
  }
}

TEST_P(EveryActivation, TakesWhatIsNotSideBySideAndNothing) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = input({4, 5}, 9), turned = x.transpose(0, 1);
  EXPECT_TRUE(run(turned).equal(run(turned.contiguous())));
  const at::Tensor wide = at::cat({x, x}, 2).narrow(2, 0, x.size(2));
  EXPECT_TRUE(run(wide).equal(run(x)));
  EXPECT_EQ(run(x.narrow(0, 0, 0)).size(0), 0);
}

TEST_P(EveryActivation, WithAGradientOrInFloat64ItIsLibtorchsAndNear) {
  const at::Tensor x = input({7}, 33).requires_grad_();
  const at::Tensor kept = run(x);
  EXPECT_TRUE(kept.requires_grad());
  const at::NoGradGuard no_grad;
  EXPECT_LT(difference(run(x), run(x.to(at::kDouble))), 4e-6);
  EXPECT_EQ(run(x.to(at::kDouble)).scalar_type(), at::kDouble);
  EXPECT_LT(difference(run(x), kept), 4e-6);
}

TEST_P(EveryActivation, WhatIsNotANumberStaysSoAndInfinityIsItsLimit) {
  const at::NoGradGuard no_grad;
  const float infinity = std::numeric_limits<float>::infinity(),
              nan = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor ends = at::tensor({nan, infinity, -infinity, 1.0f}), ones = at::ones({4});
  const at::Tensor x = GetParam().parts == 2 ? at::cat({ends, ones}) : ends, y = run(x).to(at::kDouble);
  EXPECT_TRUE(y.allclose(run(x.to(at::kDouble)), 1e-5, 1e-5, /*equal_nan=*/true)) << y;
}

INSTANTIATE_TEST_SUITE_P(
    Activations, EveryActivation,
    testing::Values(Named{"tanh", row_tanh, 1}, Named{"elu", row_elu, 1}, Named{"glu", row_glu, 2},
                    Named{"gated_tanh", row_gated_tanh, 2},
                    Named{"relu", [](const at::Tensor& x) { return activate(x, "relu"); }, 1},
                    Named{"gelu", [](const at::Tensor& x) { return activate(x, "gelu"); }, 1},
                    Named{"gelu_tanh", [](const at::Tensor& x) { return activate(x, "gelu_tanh"); }, 1}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace heed::nn
