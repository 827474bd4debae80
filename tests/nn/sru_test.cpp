// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/sru.h"

#include <utility>
#include <vector>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/utils.h>

namespace heed::nn {
namespace {

/// The same weights in float64, which takes libtorch's operations.
SruRecurrence in_float64(const SruRecurrence& layer) {
  const at::NoGradGuard no_grad;
  SruRecurrence exact(layer->width(), 0);
  auto to = exact->named_parameters();
  for (const auto& parameter : layer->named_parameters()) to[parameter.key()].copy_(parameter.value());
  exact->to(at::kDouble);
  return exact;
}

struct Problem {
  at::Tensor products, input, begin, keep;

  Problem(int64_t length, int64_t rows, int64_t width)
      : products(at::randn({length, rows, 3 * width}).requires_grad_(true)),
        input(at::randn({length, rows, width}).requires_grad_(true)),
        begin(at::randn({rows, width}).requires_grad_(true)),
        keep(at::randint(0, 3, {rows, width}).to(at::kFloat)) {}
  Problem in_float64() const {
    Problem other = *this;
    for (auto* tensor : {&other.products, &other.input, &other.begin})
      *tensor = tensor->detach().to(at::kDouble).requires_grad_(true);
    other.keep = keep.to(at::kDouble);
    return other;
  }
  SruInputs inputs() const { return {.products = products, .input = input, .begin = begin, .keep = keep}; }
};

TEST(SruRecurrence, EqualsTheEquationsInFloat64WithTheirGradientsAtOddSizes) {
  for (const auto& [rows, width] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {3, 7}, {2, 16}, {5, 33}, {4, 64}}) {
    for (const int64_t length : {1, 2, 9}) {
      torch::manual_seed(2);
      SruRecurrence layer(width, -1.5);
      SruRecurrence exact = in_float64(layer);
      const Problem ours(length, rows, width), theirs = ours.in_float64();
      const SruSteps found = layer->forward(ours.inputs()), expected = exact->forward(theirs.inputs());
      ASSERT_LT(difference(found.output, expected.output), 1e-5) << rows << " " << width << " " << length;
      ASSERT_LT(difference(found.cell, expected.cell), 1e-5);

      const at::Tensor weight = at::randn_like(found.output), last = at::randn({rows, width});
      ((found.output * weight).sum() + (found.cell[length - 1] * last).sum()).backward();
      ((expected.output * weight).sum() + (expected.cell[length - 1] * last).sum()).backward();
      ASSERT_LT(difference(ours.products.grad(), theirs.products.grad()), 1e-4);
      ASSERT_LT(difference(ours.input.grad(), theirs.input.grad()), 1e-4);
      ASSERT_LT(difference(ours.begin.grad(), theirs.begin.grad()), 1e-4);
      auto exact_parameters = exact->named_parameters();
      for (const auto& parameter : layer->named_parameters())
        ASSERT_LT(difference(parameter.value().grad(), exact_parameters[parameter.key()].grad()), 2e-4)
            << parameter.key();
    }
  }
}

TEST(SruRecurrence, CellsAloneAndOutputsAloneHaveGradients) {
  for (const bool of_cells : {false, true}) {
    torch::manual_seed(3);
    SruRecurrence layer(5, 0);
    SruRecurrence exact = in_float64(layer);
    const Problem ours(4, 2, 5), theirs = ours.in_float64();
    for (const auto& [module, problem] : {std::pair(&layer, &ours), std::pair(&exact, &theirs)}) {
      const SruSteps steps = (*module)->forward(problem->inputs());
      (of_cells ? steps.cell : steps.output).square().sum().backward();
    }
    EXPECT_LT(difference(ours.products.grad(), theirs.products.grad()), 1e-5) << of_cells;
  }
}

TEST(SruRecurrence, PiecesOfASequenceThatHandOnTheirCellsEqualTheWhole) {
  torch::manual_seed(4);
  SruRecurrence layer(19, -2);
  const at::NoGradGuard no_grad;
  const at::Tensor products = at::randn({7, 3, 57}), input = at::randn({7, 3, 19});
  const SruSteps whole = layer->forward({.products = products, .input = input});
  at::Tensor cell;
  for (int64_t t = 0; t < 7; ++t) {
    const SruSteps step =
        layer->forward({.products = products.narrow(0, t, 1), .input = input.narrow(0, t, 1), .begin = cell});
    EXPECT_TRUE(step.output[0].equal(whole.output[t])) << t;
    cell = step.cell[0];
  }
}

TEST(SruRecurrence, ThreadsShareRowsAndGiveTheSameBits) {
  torch::manual_seed(5);
  SruRecurrence layer(40, 0);
  const Problem problem(200, 7, 40);
  std::vector<std::vector<at::Tensor>> results;
  for (const int threads : {1, 3}) {
    at::set_num_threads(threads);
    layer->zero_grad();
    for (const auto* tensor : {&problem.products, &problem.input}) tensor->mutable_grad() = at::Tensor();
    const at::Tensor output = layer->forward(problem.inputs()).output;
    output.sum().backward();
    std::vector<at::Tensor> all{output, problem.products.grad(), problem.input.grad()};
    for (const auto& parameter : layer->parameters()) all.push_back(parameter.grad().clone());
    results.push_back(all);
  }
  at::set_num_threads(1);
  for (size_t i = 0; i < results[0].size(); ++i) EXPECT_TRUE(results[0][i].equal(results[1][i])) << i;
}

TEST(SruRecurrence, BeginsNearItsInputWhereTheHighwaysBiasIsFarBelowZero) {
  SruRecurrence layer(8, -50);
  const at::NoGradGuard no_grad;
  const at::Tensor products = at::randn({3, 2, 24}), input = at::randn({3, 2, 8});
  EXPECT_LT(difference(layer->forward({.products = products, .input = input}).output, input), 1e-6);
}

TEST(SruRecurrence, RefusesProductsThatDoNotFit) {
  SruRecurrence layer(8, 0);
  const at::Tensor input = at::randn({3, 2, 8}), narrow = at::randn({3, 2, 16}), none = at::randn({0, 2, 8});
  EXPECT_THROW(layer->forward({.products = narrow, .input = input}), c10::Error);
  EXPECT_THROW(layer->forward({.products = at::randn({0, 2, 24}), .input = none}), c10::Error);
}

}  // namespace
}  // namespace heed::nn
