// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/additive_attention.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/autograd.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/utils.h>

#include "heed/attention/attention.h"
#include "heed/nn/inference_scope.h"

namespace heed::nn {
namespace {

struct Shape {
  int64_t batch, targets, sources, hidden, width;
};

struct Case {
  std::shared_ptr<AdditiveAttentionImpl> attention;
  at::Tensor hidden;
  Memory memory;
};

/// Makes scores with a non-trivial softmax, for any lengths.
Case random_case(const Shape& s) {
  torch::manual_seed(s.sources + 10 * s.width);
  Case c;
  c.attention = std::make_shared<AdditiveAttentionImpl>(s.hidden, s.width);
  const at::NoGradGuard no_grad;
  c.attention->named_parameters()["length"].fill_(3.0);
  c.attention->named_parameters()["query.bias"].normal_();
  c.hidden = at::randn({s.batch, s.targets, s.hidden});
  c.memory = {at::randn({s.batch, s.sources, s.width}), at::randint(1, s.sources + 1, {s.batch}, at::kLong)};
  c.memory.lengths[0].fill_(s.sources);
  return c;
}

struct Expected {
  at::Tensor context, weights;  ///< [batch, targets, width], [batch, targets, sources]
};

/// Computes the formula in float64, with gradients.
Expected expected(const Case& c) {
  const auto parameters = c.attention->named_parameters();
  const auto exact = [&](const char* name) { return parameters[name].to(at::kDouble); };
  const at::Tensor states = c.memory.states.to(at::kDouble);
  const at::Tensor query = c.hidden.to(at::kDouble).matmul(exact("query.weight").t()) + exact("query.bias");
  const at::Tensor key = states.matmul(exact("key.weight").t());
  const at::Tensor v = exact("length") * exact("direction") / exact("direction").square().sum().sqrt();
  const at::Tensor scores = ((query.unsqueeze(2) + key.unsqueeze(1)).tanh() * v).sum(3);
  std::vector<at::Tensor> contexts, weights;
  for (int64_t b = 0; b < states.size(0); ++b) {
    const int64_t length = c.memory.lengths[b].item<int64_t>();
    const at::Tensor weight = scores[b].narrow(1, 0, length).softmax(1);
    contexts.push_back(weight.matmul(states[b].narrow(0, 0, length)));
    weights.push_back(at::constant_pad_nd(weight, {0, states.size(1) - length}));
  }
  return {at::stack(contexts), at::stack(weights)};
}

std::vector<Shape> shapes() {
  return {{1, 1, 1, 1, 1},  {2, 3, 5, 4, 7},   {3, 1, 9, 8, 8},      {3, 4, 1, 5, 17},
          {4, 7, 6, 16, 1}, {2, 5, 33, 9, 33}, {3, 23, 34, 12, 1024}};  // the last in slices of 10 rows
}

TEST(AdditiveAttention, EqualsTheFormulaInFloat64AtOddSizes) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(testing::Message() << shape.sources << " sources, width " << shape.width);
    const Case c = random_case(shape);
    const at::Tensor wanted = expected(c).context;
    EXPECT_LT(difference(c.attention->forward(c.hidden, c.memory), wanted), 1e-5) << "with a gradient";
    const InferenceScope scope(*c.attention);
    EXPECT_LT(difference(c.attention->forward(c.hidden, c.memory), wanted), 1e-5) << "in inference";
  }
}

TEST(AdditiveAttention, GradientsAreThoseOfTheFormula) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(testing::Message() << shape.sources << " sources, width " << shape.width);
    Case c = random_case(shape);
    c.attention->to(at::kDouble);
    c.hidden = c.hidden.to(at::kDouble).requires_grad_();
    c.memory.states = c.memory.states.to(at::kDouble).requires_grad_();
    std::vector<at::Tensor> inputs{c.hidden, c.memory.states};
    for (const auto& parameter : c.attention->parameters()) inputs.push_back(parameter);
    const at::Tensor direction =
        at::randn_like(c.hidden.new_empty({shape.batch, shape.targets, shape.width}));
    const auto ours = torch::autograd::grad({c.attention->forward(c.hidden, c.memory)}, inputs, {direction});
    const auto theirs = torch::autograd::grad({expected(c).context}, inputs, {direction});
    for (size_t i = 0; i < inputs.size(); ++i)
      EXPECT_LT(difference(ours[i], theirs[i]), 1e-9) << "input " << i;
  }
}

/// Checks every element of every input by central differences.
TEST(AdditiveScores, GradientsAreDifferences) {
  torch::manual_seed(5);
  std::vector<at::Tensor> inputs{at::randn({2, 3, 5}, at::kDouble), at::randn({2, 4, 5}, at::kDouble),
                                 at::randn({5}, at::kDouble)};
  const at::Tensor direction = at::randn({2, 3, 4}, at::kDouble);
  const auto value = [&] { return (additive_scores(inputs[0], inputs[1], inputs[2]) * direction).sum(); };
  for (auto& input : inputs) input.requires_grad_();
  const auto gradients = torch::autograd::grad({value()}, inputs);
  const at::NoGradGuard no_grad;
  for (size_t n = 0; n < inputs.size(); ++n) {
    const at::Tensor flat = inputs[n].view({-1}), gradient = gradients[n].reshape({-1});
    for (int64_t i = 0; i < flat.size(0); ++i) {
      const double step = 1e-5, before = flat[i].item<double>();
      flat[i].fill_(before + step);
      const double up = value().item<double>();
      flat[i].fill_(before - step);
      const double down = value().item<double>();
      flat[i].fill_(before);
      ASSERT_NEAR(gradient[i].item<double>(), (up - down) / (2 * step), 1e-8) << n << " " << i;
    }
  }
}

TEST(AdditiveScores, RefuseWhatDoesNotFitAndASecondDerivative) {
  const auto zeros = [](at::IntArrayRef sizes) { return at::zeros(sizes); };
  EXPECT_THROW(additive_scores(zeros({2, 3, 4}), zeros({3, 3, 4}), zeros({4})), c10::Error);
  EXPECT_THROW(additive_scores(zeros({2, 3, 4}), zeros({2, 3, 5}), zeros({4})), c10::Error);
  EXPECT_THROW(additive_scores(zeros({2, 3, 4}), zeros({2, 3, 4}), zeros({1})), c10::Error);
  EXPECT_THROW(additive_scores(zeros({3, 4}), zeros({3, 4}), zeros({4})), c10::Error);
  const at::Tensor query = at::ones({1, 2, 3}).requires_grad_();
  const at::Tensor scores = additive_scores(query, at::ones({1, 2, 3}), at::ones({3}));
  EXPECT_THROW(torch::autograd::grad({scores.sum()}, {query}, {}, true, /*create_graph=*/true), c10::Error);
}

TEST(AdditiveAttention, PaddingGetsNoWeightAndNoGradient) {
  Case c = random_case({3, 4, 9, 8, 8});
  c.memory.lengths = at::tensor({9, 4, 1}, at::kLong);
  c.memory.states.requires_grad_();
  const at::Tensor before = c.attention->forward(c.hidden, c.memory);
  const at::Tensor gradient = torch::autograd::grad({before.square().sum()}, {c.memory.states})[0];
  Case other = c;
  other.memory.states = c.memory.states.detach().clone();
  for (const int64_t b : {1, 2}) {
    const int64_t length = c.memory.lengths[b].item<int64_t>();
    EXPECT_TRUE(gradient[b].narrow(0, length, 9 - length).eq(0).all().item<bool>());
    EXPECT_GT(gradient[b].narrow(0, 0, length).abs().max().item<double>(), 1e-3);
    other.memory.states[b].narrow(0, length, 9 - length).fill_(50.0);
  }
  EXPECT_EQ(difference(before, c.attention->forward(other.hidden, other.memory)), 0);
}

/// Runs every row as a separate step: [batch * targets, width] and its attention weights.
struct Steps {
  at::Tensor context, weights;
};
Steps stepped(const Case& c) {
  Steps steps;
  const Memory remembered = c.attention->remember(c.memory);
  MemoryIndex index(remembered.lengths);
  steps.context = c.attention->step(c.hidden.flatten(0, 1), remembered.states,
                                    index.look_by_input(c.hidden.size(1)), &steps.weights);
  return steps;
}

TEST(AdditiveAttention, StepsGiveTheBitsOfTheFullPassAndTheirWeights) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(testing::Message() << shape.sources << " sources, width " << shape.width);
    const Case c = random_case(shape);
    const InferenceScope scope(*c.attention);
    const RowInvariantScope invariant;
    const Steps steps = stepped(c);
    EXPECT_TRUE(steps.context.equal(c.attention->forward(c.hidden, c.memory).flatten(0, 1)));
    const at::Tensor weights = expected(c).weights.flatten(0, 1).unsqueeze(1);
    ASSERT_EQ(steps.weights.sizes(), weights.sizes());
    EXPECT_LT(difference(steps.weights, weights), 1e-5);
    EXPECT_TRUE(steps.weights.eq(0).logical_or(weights.ne(0)).all().item<bool>()) << "0 past the length";

    const AttentionTrace trace = c.attention->trace(c.hidden, c.memory);
    for (int64_t t = 0; t < shape.targets; ++t) {
      const at::Tensor shown = attention::attention_weights(trace.query, trace.key, trace.spec, {0}, {t});
      EXPECT_LT(
          difference(shown.select(2, 0), weights.view({shape.batch, shape.targets, 1, -1}).select(1, t)),
          1e-5);
    }
  }
}

TEST(AdditiveAttention, ARowsBitsDependNeitherOnTheRowsBesideItNorOnPaddingNorOnThreads) {
  const Case c = random_case({9, 14, 40, 24, 400});  // in slices of 65 rows
  const InferenceScope scope(*c.attention);
  const RowInvariantScope invariant;
  const Steps together = stepped(c);
  at::set_num_threads(3);
  const Steps threaded = stepped(c);
  at::set_num_threads(1);
  EXPECT_TRUE(threaded.context.equal(together.context) && threaded.weights.equal(together.weights));
  for (int64_t b = 0; b < 9; ++b) {
    const int64_t length = c.memory.lengths[b].item<int64_t>();
    for (const int64_t t : {0, 13}) {
      Case alone = c;
      alone.hidden = c.hidden.narrow(0, b, 1).narrow(1, t, 1);
      alone.memory = {c.memory.states.narrow(0, b, 1).narrow(1, 0, length), c.memory.lengths.narrow(0, b, 1)};
      const Steps steps = stepped(alone);
      EXPECT_TRUE(steps.context[0].equal(together.context[b * 14 + t])) << b;
      EXPECT_TRUE(steps.weights[0].equal(together.weights[b * 14 + t].narrow(1, 0, length))) << b;
    }
  }
}

TEST(AdditiveAttention, StepsInFloat64EqualTheFullPassAndGiveTheirWeights) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(testing::Message() << shape.sources << " sources, width " << shape.width);
    Case c = random_case(shape);
    c.attention->to(at::kDouble);
    c.hidden = c.hidden.to(at::kDouble);
    c.memory.states = c.memory.states.to(at::kDouble);
    const InferenceScope scope(*c.attention);
    const Steps steps = stepped(c);
    EXPECT_LT(difference(steps.context, c.attention->forward(c.hidden, c.memory).flatten(0, 1)), 1e-12);
    EXPECT_LT(difference(steps.weights, expected(c).weights.flatten(0, 1).unsqueeze(1)), 1e-6);
  }
}

TEST(AdditiveAttention, TakesHalfTypesAndAnEmptyTarget) {
  Case c = random_case({2, 3, 5, 8, 16});
  const at::Tensor exact = c.attention->forward(c.hidden, c.memory);
  Case empty = c;
  empty.hidden = c.hidden.narrow(1, 0, 0);
  EXPECT_EQ(c.attention->forward(empty.hidden, c.memory).sizes(), (std::vector<int64_t>{2, 0, 16}));
  {
    const InferenceScope scope(*c.attention);
    EXPECT_EQ(c.attention->forward(empty.hidden, c.memory).sizes(), (std::vector<int64_t>{2, 0, 16}));
  }
  c.attention->to(at::kBFloat16);
  c.memory.states = c.memory.states.to(at::kBFloat16);
  const at::Tensor rounded = c.attention->forward(c.hidden.to(at::kBFloat16), c.memory);
  EXPECT_EQ(rounded.scalar_type(), at::kBFloat16);
  EXPECT_LT(difference(rounded, exact), 0.1);
}

/// Returns the peak of bytes that libtorch allocates on the CPU, above those at the start.
class PeakMemory : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device) override {
    held_ += bytes;
    peak_ = std::max(peak_, held_);
  }
  bool memoryProfilingEnabled() const override { return true; }
  int64_t peak() const { return peak_; }

 private:
  int64_t held_ = 0, peak_ = 0;
};

TEST(AdditiveAttention, TheHiddenLayerOfAWholeBatchIsNeverHeld) {
  Case c = random_case({16, 32, 32, 16, 512});
  const int64_t whole = int64_t{4} * 16 * 32 * 32 * 512;  // bytes
  c.hidden.requires_grad_();
  c.memory.states.requires_grad_();
  const auto peak_of = [&](const auto& work) {
    const auto memory = std::make_shared<PeakMemory>();
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, memory);
    work();
    return memory->peak();
  };
  EXPECT_GT(peak_of([&] { expected(c).context.sum().backward(); }), 2 * whole);  // the measurement detects it
  EXPECT_LT(peak_of([&] { c.attention->forward(c.hidden, c.memory).sum().backward(); }), whole);
  const InferenceScope scope(*c.attention);
  EXPECT_LT(peak_of([&] { c.attention->forward(c.hidden, c.memory); }), whole);
}

}  // namespace
}  // namespace heed::nn
