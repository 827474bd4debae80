// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "cases.h"
#include "tests/difference.h"
#include <gtest/gtest.h>

#include <torch/autograd.h>

namespace heed::attention::testing {
namespace {

using at::indexing::Slice;

class DenseProperties : public ::testing::TestWithParam<Backend> {
 protected:
  at::Tensor output(const Case& c, const Tensors& t) const {
    return attend_case(c, t, GetParam()).output.detach().to(c.dtype);
  }
  /// The fused backend works in float32.
  double tolerance(double of_double) const { return GetParam() == Backend::kFused ? 3e-5 : of_double; }
};

at::Tensor rows(const at::Tensor& tensor, int64_t begin, int64_t end) {
  return tensor.index({Slice(), Slice(), Slice(begin, end)});
}

TEST_P(DenseProperties, PaddingChangesNothing) {
  for (const bool causal : {false, true}) {
    Case c{
        .batch = 1, .queries = 41, .keys = 41, .causal = causal, .relation_rows = 31, .relation_value = true};
    const Tensors short_t = make_tensors(c);
    Case padded = c;
    padded.keys = padded.queries = 75;
    padded.key_lengths = {41};
    Tensors long_t = short_t;
    for (auto* tensor : {&long_t.query, &long_t.key, &long_t.value}) {
      *tensor = at::cat({tensor->detach(), 1e4 * at::ones({1, c.heads, 34, c.head_dim}, at::kDouble)}, 2);
    }
    EXPECT_LT(difference(rows(output(padded, long_t), 0, 41), output(c, short_t)), tolerance(1e-12));
  }
}

TEST_P(DenseProperties, TheFutureNeverMovesThePast) {
  const Case c{.queries = 70, .keys = 70, .causal = true, .relation_rows = 50, .relation_value = true};
  const Tensors t = make_tensors(c);
  for (const int64_t now : {1, 31, 32, 33, 69}) {
    Tensors changed = t;
    for (auto* tensor : {&changed.query, &changed.key, &changed.value}) {
      *tensor = tensor->detach().clone();
      rows(*tensor, now, 70).mul_(-3).add_(1);
    }
    EXPECT_LT(difference(rows(output(c, changed), 0, now), rows(output(c, t), 0, now)), tolerance(1e-14))
        << now;
  }
}

TEST_P(DenseProperties, CachedDecodingEqualsTheFullPass) {
  for (const int64_t step : {1, 5}) {
    const Case c{
        .batch = 2, .queries = 35, .keys = 35, .causal = true, .relation_rows = 20, .relation_value = true};
    const Tensors t = make_tensors(c);
    const auto whole = output(c, t);
    for (int64_t at = 0; at < 35; at += step) {
      Case one = c;
      one.queries = step;
      one.query_start = {at, at};
      Tensors cached = t;
      cached.query = rows(t.query, at, at + step);
      EXPECT_LT(difference(output(one, cached), rows(whole, at, at + step)), tolerance(1e-13)) << at;
    }
  }
}

TEST_P(DenseProperties, EachBatchElementHasItsOwnStart) {
  const Case c{.batch = 2, .queries = 40, .keys = 40, .causal = true, .relation_rows = 40};
  const Tensors t = make_tensors(c);
  const auto whole = output(c, t);
  Case part = c;
  part.queries = 3;
  part.query_start = {9, 36};
  Tensors cached = t;
  cached.query = at::stack({t.query[0].narrow(1, 9, 3), t.query[1].narrow(1, 36, 3)});
  const auto expected = at::stack({whole[0].narrow(1, 9, 3), whole[1].narrow(1, 36, 3)});
  EXPECT_LT(difference(output(part, cached), expected), tolerance(1e-13));
}

/// With a relation and no absolute positions: the same tokens later in a row, behind tokens of another
/// segment.
TEST_P(DenseProperties, ShiftingTheInputShiftsTheOutput) {
  for (const bool causal : {false, true}) {
    Case c{
        .batch = 1, .queries = 50, .keys = 50, .causal = causal, .relation_rows = 71, .relation_value = true};
    Tensors t = make_tensors(c);
    c.segments = {std::vector<int64_t>(50, 0)};
    const auto before = output(c, t);
    Case shifted = c;
    shifted.queries = shifted.keys = 67;
    shifted.segments = {std::vector<int64_t>(67, 0)};
    std::fill_n(shifted.segments[0].begin(), 17, 1);
    for (auto* tensor : {&t.query, &t.key, &t.value}) {
      *tensor = at::cat({rows(tensor->detach(), 0, 17) * 2, tensor->detach()}, 2);
    }
    EXPECT_LT(difference(rows(output(shifted, t), 17, 67), before), tolerance(1e-13));
  }
}

TEST_P(DenseProperties, RowsWithoutKeysGiveZerosAndZeroGradients) {
  Case c{.batch = 2, .queries = 6, .keys = 6, .relation_rows = 5, .key_lengths = {0, 4}};
  c.segments = {{0, 0, 0, 1, 1, 1}, {0, 0, 0, 0, 1, 1}};
  const Outcome result = run_case(c, GetParam());
  EXPECT_EQ(result.output[0].abs().max().item<double>(), 0);
  EXPECT_EQ(rows(result.output, 4, 6)[1].abs().max().item<double>(), 0);
  EXPECT_EQ(result.logsumexp[1][0][5].item<double>(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(result.gradients[0][0].abs().max().item<double>(), 0);
  EXPECT_EQ(rows(result.gradients[0], 4, 6)[1].abs().max().item<double>(), 0);
  for (const auto& gradient : result.gradients) EXPECT_TRUE(gradient.isfinite().all().item<bool>());
}

TEST_P(DenseProperties, ExtremeLogitsStayFinite) {
  Case c{.queries = 40, .keys = 40, .head_dim = 8, .causal = true, .relation_rows = 40, .dtype = at::kFloat};
  Tensors t = make_tensors(c);
  t.query = (t.query.detach() * 1e4).requires_grad_();
  t.key = (t.key.detach() * 1e4).requires_grad_();
  const auto result = attend_case(c, t, GetParam());
  for (const auto& gradient : torch::autograd::grad({result.output.sum()}, t.all())) {
    EXPECT_TRUE(gradient.isfinite().all().item<bool>());
  }
  EXPECT_TRUE(result.output.isfinite().all().item<bool>());
  EXPECT_TRUE(result.logsumexp.isfinite().all().item<bool>());
}

TEST_P(DenseProperties, StridedInputsAndGradientsAreTheSameAsContiguousOnes) {
  const Case c{.batch = 2, .heads = 3, .queries = 37, .keys = 37, .causal = true, .relation_rows = 30};
  const Tensors t = make_tensors(c);
  Tensors strided = t;
  for (auto* tensor : {&strided.query, &strided.key, &strided.value}) {
    *tensor =
        tensor->detach().transpose(1, 2).contiguous().transpose(1, 2).requires_grad_();  // as nn splits heads
  }
  strided.relation_key =
      t.relation_key.detach().transpose(1, 2).contiguous().transpose(1, 2).requires_grad_();
  const auto run = [&](const Tensors& with) {
    auto sum = attend_case(c, with, GetParam()).output.sum();
    return torch::autograd::grad({sum}, with.all());  // the gradient of a sum has strides of zero
  };
  EXPECT_LT(difference(output(c, strided), output(c, t)), tolerance(1e-13));
  const auto expected = run(t), got = run(strided);
  for (size_t g = 0; g < got.size(); ++g) EXPECT_LT(difference(got[g], expected[g]), tolerance(1e-12)) << g;
}

TEST_P(DenseProperties, EmptyInputsGiveEmptyOrZeroOutputs) {
  for (const auto& [batch, queries, keys] :
       std::vector<std::array<int64_t, 3>>{{0, 5, 5}, {2, 0, 5}, {2, 5, 0}}) {
    const Case c{.batch = batch, .queries = queries, .keys = keys, .relation_rows = 3};
    const Outcome result = run_case(c, GetParam());
    EXPECT_EQ(result.output.sizes(), at::IntArrayRef({batch, 3, queries, 4}));
    EXPECT_EQ(result.output.abs().sum().item<double>(), 0);
    for (const auto& gradient : result.gradients) EXPECT_EQ(gradient.abs().sum().item<double>(), 0);
  }
}

TEST_P(DenseProperties, RunsInInferenceMode) {
  const Case c{.queries = 37, .keys = 37, .causal = true, .relation_rows = 30};
  const Tensors t = make_tensors(c);
  const auto expected = output(c, t);
  c10::InferenceMode guard;
  Tensors fresh = t;
  for (auto* tensor : {&fresh.query, &fresh.key, &fresh.value}) *tensor = *tensor * 1;
  EXPECT_LT(difference(attend_case(c, fresh, GetParam()).output, expected), tolerance(1e-13));
}

INSTANTIATE_TEST_SUITE_P(Backends, DenseProperties,
                         ::testing::Values(Backend::kReference, Backend::kTiled, Backend::kFused),
                         [](const auto& info) { return std::string(backend_name(info.param)); });

}  // namespace
}  // namespace heed::attention::testing
