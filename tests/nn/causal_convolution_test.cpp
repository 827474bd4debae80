// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/causal_convolution.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

namespace heed::nn {
namespace {

CausalConvolution make(const CausalKernel& kernel, const ChannelMask& mask = {}) {
  at::manual_seed(3);
  CausalConvolution convolution(CausalConvolutionOptions{4, 6, kernel, mask, 1});
  convolution->to(at::kDouble);
  return convolution;
}

class EveryKernel : public testing::TestWithParam<CausalKernel> {};

/// The definition: a sum over offsets, with zeros beyond the image.
TEST_P(EveryKernel, IsTheSumOverItsOffsets) {
  const at::NoGradGuard no_gradient;
  const CausalKernel kernel = GetParam();
  CausalConvolution convolution = make(kernel);
  const at::Tensor weight =
      convolution->named_parameters()["linear.weight"].view({6, kernel.rows(), kernel.columns(), 4});
  for (const auto& [height, width] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {5, 7}, {2, 1}, {1, 3}}) {
    const at::Tensor input = at::randn({2, height, width, 4}, at::kDouble);
    at::Tensor expected = at::zeros({2, height, width, 6}, at::kDouble);
    for (int64_t i = 0; i < height; ++i) {
      for (int64_t j = 0; j < width; ++j) {
        for (int64_t r = kernel.first_row; r <= kernel.last_row; ++r) {
          for (int64_t c = kernel.first_column; c <= kernel.last_column; ++c) {
            if (i + r < 0 || j + c < 0 || j + c >= width) continue;
            const at::Tensor seen = input.select(1, i + r).select(1, j + c);
            expected.select(1, i).select(1, j).add_(
                seen.mm(weight.select(1, r - kernel.first_row).select(1, c - kernel.first_column).t()));
          }
        }
      }
    }
    EXPECT_TRUE(at::allclose(convolution->forward(input), expected, 1e-10, 1e-10))
        << height << " x " << width;
  }
}

TEST_P(EveryKernel, StepsOverRowsAndPixelsEqualTheWhole) {
  const at::NoGradGuard no_gradient;
  CausalConvolution convolution = make(GetParam());
  const bool before_alone = GetParam().last_row < 0 || GetParam().last_column < 0;
  const at::Tensor input = at::randn({2, 5, 7, 4}, at::kDouble), whole = convolution->forward(input);
  for (const int64_t columns : {1, 7}) {
    if (columns == 7 && GetParam().last_row == 0 && before_alone) continue;  // would need its own row
    if (columns == 1 && GetParam().last_row == 0 && GetParam().last_column > 0) continue;  // later pixels
    at::Tensor cache = convolution->make_cache(2, 5, 7);
    for (int64_t row = 0; row < 5; ++row) {
      for (int64_t column = 0; column < 7; column += columns) {
        const PixelArea area{row, column, 1, columns};
        const at::Tensor part = input.narrow(1, row, 1).narrow(2, column, columns);
        const at::Tensor expected = whole.narrow(1, row, 1).narrow(2, column, columns);
        if (before_alone) {
          EXPECT_TRUE(at::allclose(convolution->read(area, cache), expected, 1e-10, 1e-10));
          convolution->write(part, area, cache);
        } else {
          EXPECT_TRUE(at::allclose(convolution->step(part, area, cache), expected, 1e-10, 1e-10));
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, EveryKernel,
                         testing::Values(CausalKernel{}, CausalKernel{-2, -1, -2, 2},
                                         CausalKernel{-1, 0, -1, 0}, CausalKernel{0, 0, -3, -1},
                                         CausalKernel{0, 0, -1, 0}, CausalKernel{0, 0, -1, -1},
                                         CausalKernel{-1, 0, -2, 2}));

TEST(CausalConvolution, AMaskHidesLaterChannelsOfThePixelAlone) {
  for (const bool own : {true, false}) {
    CausalConvolution convolution = make({0, 0, -1, 0}, {.channels = 2, .parts = 1, .own = own});
    for (int64_t feature = 0; feature < 6; ++feature) {
      at::Tensor input = at::randn({1, 1, 2, 4}, at::kDouble).requires_grad_();
      convolution->forward(input).index({0, 0, 1, feature}).backward();
      const at::Tensor seen = input.grad()[0][0].ne(0);  // [column, feature]
      EXPECT_TRUE(seen[0].all().item<bool>());
      const int64_t group = feature / 3;
      for (int64_t from = 0; from < 4; ++from)
        EXPECT_EQ(seen[1][from].item<bool>(), own ? from / 2 <= group : from / 2 < group) << feature << from;
    }
  }
}

TEST(CausalConvolution, AKernelThatReachesAheadIsRefused) {
  EXPECT_THROW(make({0, 0, -3, -2}), c10::Error);
  EXPECT_THROW(make({0, 1, 0, 0}), c10::Error);
  EXPECT_THROW(make({-1, -2, 0, 0}), c10::Error);
  EXPECT_THROW(make({-1, -1, 0, 0}, {.channels = 3, .parts = 1, .own = true}), c10::Error);
}

}  // namespace
}  // namespace heed::nn
