// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/linear.h"

#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

#include "tests/core/expect_error.h"
#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <torch/autograd.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/modules/linear.h>
#include <torch/utils.h>

#include "heed/core/error.h"
#include "heed/nn/linear_choice.h"
#include "heed/nn/matrix_product.h"
#include "heed/nn/onednn_linear.h"

namespace heed::nn {
namespace {

constexpr int64_t kOddSizes[] = {1, 7, 15, 16, 17, 33, 100};

/// Tolerance for float32 sums of `depth` products of numbers near 1.
double rounding(int64_t depth) {
  return 1e-6 * (4.0 + std::sqrt(static_cast<double>(depth)) * 2.0);
}

at::Tensor leaf(const at::Tensor& tensor) {
  return tensor.detach().clone().requires_grad_(true);
}

TEST(MatrixProduct, EqualsTheProductInDoubleForEverySizeAndStride) {
  torch::manual_seed(1);
  for (const int64_t rows : {1, 2, 5, 6, 13, 150}) {
    for (const int64_t depth : {1, 7, 255, 256, 257, 700}) {
      for (const int64_t columns : {1, 15, 16, 17, 100}) {
        const at::Tensor left = at::randn({rows, depth}), right = at::randn({depth, columns}),
                         bias = at::randn({columns});
        const at::Tensor truth = left.to(at::kDouble).mm(right.to(at::kDouble)) + bias;
        const at::Tensor left_t = left.t().contiguous().t(), right_t = right.t().contiguous().t();
        for (const auto& a : {left, left_t}) {
          for (const auto& b : {right, right_t})
            ASSERT_LT(difference(matrix_product(a, b, bias), truth), 2 * rounding(depth))
                << rows << " " << depth << " " << columns;
        }
      }
    }
  }
}

TEST(MatrixProduct, OfALargeRightOperandIsCutIntoSlicesWithTheSameBits) {
  torch::manual_seed(2);
  const at::Tensor left = at::randn({9, 700}), right = at::randn({700, 3001});
  const at::Tensor whole = packed_product(left, pack_matrix(right), 3001, {});
  EXPECT_TRUE(matrix_product(left, right, {}).equal(whole));
  EXPECT_LT(difference(whole, left.to(at::kDouble).mm(right.to(at::kDouble))), 2 * rounding(700));
}

TEST(MatrixProduct, GivesARowTheSameBitsWhateverRowsAreBesideIt) {
  torch::manual_seed(3);
  const at::Tensor left = at::randn({70, 300}), bias = at::randn({130});
  const at::Tensor packed = pack_matrix(at::randn({300, 130}));
  const at::Tensor all = packed_product(left, packed, 130, bias);
  for (int64_t rows = 1; rows <= 70; ++rows) {
    EXPECT_TRUE(packed_product(left.narrow(0, 0, rows), packed, 130, bias).equal(all.narrow(0, 0, rows)))
        << rows;
    EXPECT_TRUE(packed_product(left.narrow(0, 70 - rows, rows), packed, 130, bias)
                    .equal(all.narrow(0, 70 - rows, rows)));
  }
}

TEST(MatrixProduct, DoesNotDependOnTheNumberOfThreads) {
  torch::manual_seed(4);
  const int before = at::get_num_threads();
  for (const int64_t rows : {3, 400}) {
    const at::Tensor left = at::randn({rows, 300}), right = at::randn({300, 500});
    at::set_num_threads(1);
    const at::Tensor one = matrix_product(left, right, {});
    for (const int threads : {2, 3}) {
      at::set_num_threads(threads);
      EXPECT_TRUE(matrix_product(left, right, {}).equal(one)) << rows << " rows, " << threads << " threads";
    }
  }
  at::set_num_threads(before);
}

TEST(OnednnLinear, EqualsLibtorchs) {
  if (!this_machine().onednn) GTEST_SKIP() << "this libtorch has no oneDNN";
  const at::Tensor input = at::randn({40, 33}), weight = at::randn({17, 33}), bias = at::randn({17});
  EXPECT_LT(difference(onednn_linear(input, weight, bias), at::linear(input, weight, bias)), rounding(33));
  const at::Tensor gradient = at::randn({40, 17});
  EXPECT_LT(difference(onednn_linear(gradient.t(), input.t(), {}), gradient.t().mm(input)), rounding(40));
}

TEST(Linear, AgreesWithLibtorchsForwardAndBackwardAtOddSizes) {
  torch::manual_seed(5);
  for (const int64_t in : kOddSizes) {
    for (const int64_t out : kOddSizes) {
      for (const bool with_bias : {true, false}) {
        const at::Tensor x = at::randn({3, 13, in}), w = at::randn({out, in}), b = at::randn({out});
        const at::Tensor gradient = at::randn({3, 13, out});
        const auto run = [&](bool ours) {
          const at::Tensor input = leaf(x), weight = leaf(w), bias = with_bias ? leaf(b) : at::Tensor();
          const at::Tensor y =
              ours ? nn::linear(input, weight, bias)
                   : at::linear(input, weight, with_bias ? std::optional(bias) : std::nullopt);
          y.backward(gradient);
          return std::vector<at::Tensor>{y, input.grad(), weight.grad(), with_bias ? bias.grad() : w};
        };
        const auto ours = run(true), theirs = run(false);
        for (size_t i = 0; i < ours.size(); ++i) {
          ASSERT_EQ(ours[i].sizes(), theirs[i].sizes());
          ASSERT_LT(difference(ours[i], theirs[i]), 2 * rounding(100)) << in << " " << out << " part " << i;
        }
      }
    }
  }
}

TEST(Linear, GradientsAreThoseOfDifferences) {
  torch::manual_seed(6);
  const at::Tensor input = leaf(at::rand({34, 5})), weight = leaf(at::rand({3, 5})),
                   bias = leaf(at::rand({3}));
  const at::Tensor direction = at::rand({34, 3});
  const auto value = [&] {
    const at::NoGradGuard no_grad;
    return (at::linear(input.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble)) * direction)
        .sum()
        .item<double>();
  };
  (nn::linear(input, weight, bias) * direction).sum().backward();
  for (const auto& tensor : {input, weight, bias}) {
    const at::Tensor flat = tensor.detach().view(-1), gradient = tensor.grad().reshape(-1);
    for (int64_t i = 0; i < flat.numel(); ++i) {
      const double old = flat[i].item<double>();
      flat[i].fill_(old + 0.25);
      const double up = value();
      flat[i].fill_(old - 0.25);
      const double down = value();
      flat[i].fill_(old);
      ASSERT_NEAR(gradient[i].item<double>(), (up - down) / 0.5, 2e-5);
    }
  }
}

TEST(Linear, GradientsHaveGradients) {
  const at::Tensor x = at::randn({40, 6}), w = at::randn({4, 6});
  const auto second = [&](bool ours) {
    const at::Tensor input = leaf(x), weight = leaf(w);
    const at::Tensor y = ours ? nn::linear(input, weight, {}) : at::linear(input, weight);
    const auto first = torch::autograd::grad({y.pow(2).sum()}, {input}, {}, true, true);
    return torch::autograd::grad({first[0].pow(2).sum()}, {weight})[0];
  };
  EXPECT_LT(difference(second(true) / 100, second(false) / 100), 1e-4);
}

TEST(Linear, TakesInputsOfAnyRankAndStride) {
  Linear layer(20, 9);
  const auto expect_same = [&](const at::Tensor& input) {
    const at::Tensor expected = at::linear(input, layer->weight, layer->bias);
    const at::Tensor trained = layer->forward(input);
    const at::NoGradGuard no_grad;
    for (const auto& output : {trained, layer->forward(input)}) {
      ASSERT_EQ(output.sizes(), expected.sizes());
      EXPECT_LT(difference(output, expected), rounding(20));
    }
  };
  expect_same(at::randn({20}));
  expect_same(at::randn({64, 20}));
  expect_same(at::randn({2, 40, 20}).transpose(0, 1));
  expect_same(at::randn({2, 3, 20, 40}).transpose(2, 3));
  expect_same(at::randn({50, 60}).slice(1, 3, 60, 2).narrow(1, 0, 20));
  expect_same(at::randn({1, 20}).expand({50, 20}));
  expect_same(at::randn({0, 20}));
  expect_same(at::randn({5, 0, 20}));
}

TEST(Linear, RefusesWhatLibtorchRefuses) {
  Linear layer(20, 9);
  EXPECT_THROW(layer->forward(at::randn({40, 19})), c10::Error);
  EXPECT_THROW(layer->forward(at::randn({40, 20}, at::kDouble)), c10::Error);
}

TEST(Linear, LeavesOtherDtypesAndDevicesToLibtorch) {
  Linear layer(20, 9);
  layer->to(at::kDouble);
  const at::Tensor input = at::randn({40, 20}, at::kDouble);
  EXPECT_TRUE(layer->forward(input).equal(at::linear(input, layer->weight, layer->bias)));
  layer->to(at::kBFloat16);
  EXPECT_EQ(layer->forward(input.to(at::kBFloat16)).scalar_type(), at::kBFloat16);
  const at::Tensor shapes = nn::linear(input.to(at::kMeta), layer->weight.to(at::kDouble).to(at::kMeta), {});
  EXPECT_EQ(shapes.sizes(), at::IntArrayRef({40, 9}));
}

TEST(Linear, UnderAutocastIsLibtorchs) {
  Linear layer(20, 9);
  at::autocast::set_autocast_enabled(at::kCPU, true);
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  const auto dtype = layer->forward(at::randn({40, 20})).scalar_type();
  at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(at::kCPU, false);
  EXPECT_EQ(dtype, at::kBFloat16);
}

TEST(Linear, StartsFromTheNumbersThatLibtorchsStartsFrom) {
  torch::manual_seed(7);
  Linear ours(33, 17);
  torch::manual_seed(7);
  torch::nn::Linear theirs(33, 17);
  const auto own = ours->named_parameters(), other = theirs->named_parameters();
  ASSERT_EQ(own.keys(), other.keys());
  for (const auto& name : own.keys()) EXPECT_TRUE(own[name].equal(other[name])) << name;
  EXPECT_EQ(Linear(LinearOptions(3, 2).bias(false))->parameters().size(), 1u);
}

TEST(Linear, SeesWeightsThatWereWrittenTo) {
  Linear layer(20, 9);
  const at::Tensor input = at::randn({4, 20});
  const at::NoGradGuard no_grad;
  layer->eval();
  const at::Tensor before = layer->forward(input);
  layer->weight.mul_(-2.0);
  layer->bias.mul_(-2.0);
  EXPECT_LT(difference(layer->forward(input), before * -2.0), rounding(20));
  layer->weight.set_data(at::zeros({9, 20}));
  EXPECT_LT(difference(layer->forward(input), layer->bias.expand({4, 9})), 1e-7);
}

TEST(Linear, ForgetsItsPackedWeightWhenTrainingBegins) {
  if (chosen_linear().kind == LinearKind::kMkl) GTEST_SKIP() << "nothing is packed here";
  Linear layer(20, 9);
  layer->eval();
  {
    const at::NoGradGuard no_grad;
    layer->forward(at::randn({4, 20}));
  }
  EXPECT_TRUE(layer->holds_packed_weight());
  layer->train();
  EXPECT_FALSE(layer->holds_packed_weight());
}

TEST(Linear, ServesSeveralThreadsAtOnce) {
  Linear layer(64, 48);
  layer->eval();
  const at::Tensor input = at::randn({5, 64});
  const at::Tensor expected = at::linear(input, layer->weight, layer->bias).detach();
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const at::NoGradGuard no_grad;
      for (int n = 0; n < 50; ++n) wrong += difference(layer->forward(input), expected) > rounding(64);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ColumnSums, AreThoseInDoubleForEverySizeAndTheSameOnAnyNumberOfThreads) {
  torch::manual_seed(5);
  for (const int64_t rows : {1, 63, 64, 65, 1000}) {
    for (const int64_t columns : {1, 63, 64, 65, 384}) {
      const at::Tensor matrix = at::randn({rows, columns + 1}).narrow(1, 0, columns);
      const at::Tensor sums = column_sums(matrix);
      ASSERT_LT(difference(sums, matrix.to(at::kDouble).sum(0)), rounding(rows)) << rows << " " << columns;
      at::set_num_threads(3);
      const at::Tensor again = column_sums(matrix);
      at::set_num_threads(1);
      ASSERT_TRUE(sums.equal(again)) << rows << " " << columns;
    }
  }
}

TEST(LinearChoice, FollowsTheMachineUnlessOneIsNamed) {
  const auto kind = [](const std::string& forced, const LinearMachine& machine) {
    return choose_linear(forced, machine).kind;
  };
  EXPECT_EQ(kind("", {"amd", 8, true}), LinearKind::kHeed);
  EXPECT_EQ(kind("", {"amd", 16, true}), LinearKind::kOneDnn);
  EXPECT_EQ(kind("", {"amd", 16, false}), LinearKind::kMkl);
  EXPECT_EQ(kind("", {"intel", 16, true}), LinearKind::kMkl);
  EXPECT_EQ(kind("", {"", 4, false}), LinearKind::kMkl);
  EXPECT_EQ(kind("heed", {"intel", 8, true}), LinearKind::kHeed);
  EXPECT_EQ(kind("mkl", {"amd", 8, true}), LinearKind::kMkl);
}

TEST(LinearChoice, RefusesAnUnknownNameAndAMissingLibrary) {
  const auto refusal = [](const std::string& forced) {
    return error_of(ErrorKind::kConfig, [&] { choose_linear(forced, {"amd", 8, false}); });
  };
  EXPECT_THAT(refusal("onedn"), testing::HasSubstr("did you mean 'onednn'"));
  EXPECT_THAT(refusal("onednn"), testing::HasSubstr("without oneDNN"));
}

TEST(LinearChoice, IsExplained) {
  EXPECT_EQ(linear_choice().rfind(std::string(linear_kind_name(chosen_linear().kind)) + ": ", 0), 0u);
  for (const auto& speed : measure_linear()) EXPECT_GT(speed.gigaflops, 0) << speed.name;
}

}  // namespace
}  // namespace heed::nn
