// SPDX-License-Identifier: Apache-2.0
#include <tuple>

#include "tests/attention/message_of.h"
#include "tests/difference.h"
#include "window_cases.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/autograd.h>

#include "heed/attention/window_op.h"

namespace heed::attention::testing {
namespace {

using ::testing::HasSubstr;

class WindowProperties : public ::testing::Test {
 protected:
  void SetUp() override { at::set_num_threads(1); }
};

constexpr Backend kBackends[] = {Backend::kReference, Backend::kFused};

/// attend() where the backend takes the dtype, and otherwise the operator, which takes all.
Result result_of(const WindowCase& c, const WindowTensors& t, Backend backend) {
  if (backend == Backend::kFused && c.dtype == at::kDouble) return window_attention(make_window_inputs(c, t));
  return attend(t.query, t.key, t.value, make_window_spec(c, t, backend));
}

at::Tensor output_of(const WindowCase& c, const WindowTensors& t, Backend backend) {
  return result_of(c, t, backend).output;
}

TEST_F(WindowProperties, FullWindowEqualsDenseAttention) {
  for (const auto& [height, width] : {std::pair{5, 7}, {9, 4}, {1, 17}}) {
    const int64_t size = 2 * std::max(height, width) - 1;
    const WindowCase c{.height = height, .width = width, .size = size, .tables = false, .dtype = at::kFloat};
    const auto t = make_window_tensors(c);
    Spec dense;
    dense.backend = Backend::kReference;
    const auto expected = attend(t.query, t.key, t.value, dense).output;
    for (const Backend backend : kBackends) EXPECT_LT(difference(output_of(c, t, backend), expected), 1e-5);
  }
}

TEST_F(WindowProperties, APixelBeyondTheWindowMovesNothing) {
  const WindowCase c{.height = 9, .width = 20, .size = 5, .dtype = at::kFloat};
  const auto t = make_window_tensors(c);
  WindowTensors changed = t;
  for (auto* tensor : {&changed.key, &changed.value}) {
    *tensor = tensor->detach().clone();
    tensor->select(2, 4 * 20 + 10).mul_(-3).add_(1);  // row 4, column 10
  }
  for (const Backend backend : kBackends) {
    const auto moved =
        (output_of(c, t, backend) - output_of(c, changed, backend)).abs().sum({0, 1, 3}).view({9, 20});
    const auto inside = moved.narrow(0, 2, 5).narrow(1, 8, 5);
    EXPECT_GT(inside.min().item<double>(), 0);
    inside.zero_();
    EXPECT_EQ(moved.max().item<double>(), 0);
  }
}

TEST_F(WindowProperties, StridedInputsAreTheSameAsContiguousOnes) {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const WindowCase c{.height = 6, .width = 9, .size = 5, .head_dim = 12, .dtype = dtype};
    const auto t = make_window_tensors(c);
    const auto run = [&](const WindowTensors& with) {
      const auto output = output_of(c, with, Backend::kFused);
      auto list = torch::autograd::grad({output.sum()}, with.all());  // a gradient with strides of zero
      list.push_back(output.detach());
      return list;
    };
    const auto expected = run(t);
    const auto heads_last = [](const at::Tensor& x) {
      return x.transpose(1, 2).contiguous().transpose(1, 2);
    };
    const auto channels_first = [](const at::Tensor& x) {
      return x.transpose(-1, -2).contiguous().transpose(-1, -2);
    };
    const auto every_second = [](const at::Tensor& x) { return at::stack({x, x}, -1).select(-1, 1); };
    const std::vector<std::function<at::Tensor(const at::Tensor&)>> layouts{heads_last, channels_first,
                                                                            every_second};
    for (const auto& layout : layouts) {
      WindowTensors strided = t;
      for (auto* tensor : {&strided.query, &strided.key, &strided.value}) {
        *tensor = layout(tensor->detach()).requires_grad_();
      }
      strided.row = channels_first(t.row.detach()).requires_grad_();
      const auto got = run(strided);
      for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(difference(got[i], expected[i]), 0) << i;
    }
  }
}

TEST_F(WindowProperties, ExtremeLogitsStayFinite) {
  for (const Backend backend : kBackends) {
    for (const bool zero_border : {false, true}) {
      const WindowCase c{.height = 6, .width = 9, .size = 5, .zero_border = zero_border, .dtype = at::kFloat};
      WindowTensors t = make_window_tensors(c);
      t.query = (t.query.detach() * 1e4).requires_grad_();
      t.key = (t.key.detach() * 1e4).requires_grad_();
      const auto result = result_of(c, t, backend);
      for (const auto& gradient : torch::autograd::grad({result.output.sum()}, t.all())) {
        EXPECT_TRUE(gradient.isfinite().all().item<bool>());
      }
      EXPECT_TRUE(result.output.isfinite().all().item<bool>());
      EXPECT_TRUE(result.logsumexp.isfinite().all().item<bool>());
    }
  }
}

TEST_F(WindowProperties, DropoutKeepsTheMean) {
  WindowCase c{.height = 30, .width = 30, .size = 7, .head_dim = 8, .tables = false, .dtype = at::kFloat};
  WindowTensors t = make_window_tensors(c);
  t.value = at::ones_like(t.value);
  c.dropout = 0.4;
  const auto output = output_of(c, t, Backend::kFused);
  EXPECT_NEAR(output.mean().item<double>(), 1, 0.01);  // 3,600 rows of 49 weights
  EXPECT_GT(output.std().item<double>(), 0.05);
}

TEST_F(WindowProperties, WeightsOfChosenRowsGiveTheOutput) {
  for (const bool zero_border : {false, true}) {
    const WindowCase c{.height = 5, .width = 6, .size = 3, .stride = 2, .zero_border = zero_border};
    const auto t = make_window_tensors(c);
    const std::vector<int64_t> heads{1, 0}, rows{8, 0, 4};
    const auto weights =
        attention_weights(t.query, t.key, make_window_spec(c, t, Backend::kReference), heads, rows);
    EXPECT_EQ(weights.sizes(), at::IntArrayRef({2, 2, 3, 30}));
    const auto got = at::matmul(weights, t.value.index_select(1, at::tensor(heads)));
    const auto expected = output_of(c, t, Backend::kReference).index_select(1, at::tensor(heads));
    EXPECT_LT(difference(got, expected.index_select(2, at::tensor(rows))), 1e-13);
    EXPECT_EQ(weights.gt(0).sum(-1).max().item<int64_t>(), 9);
    EXPECT_FALSE(weights.requires_grad());
  }
}

// The dispatcher.

using Optional = std::optional<at::Tensor>;
using Five = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor>;
using Forward = std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                                   const Optional&, const Optional&, int64_t, int64_t,
                                                   int64_t, int64_t, bool, double, double, const Optional&);
using Backward = Five(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&,
                      const at::Tensor&, const at::Tensor&, const Optional&, const Optional&, int64_t,
                      int64_t, int64_t, int64_t, bool, double, double, const Optional&);

template <typename Signature>
auto find(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

std::vector<at::Tensor> both_ways(const WindowCase& c, const WindowTensors& t) {
  const Optional row = t.row.defined() ? Optional(t.row) : std::nullopt;
  const Optional column = t.row.defined() ? Optional(t.column) : std::nullopt;
  const auto [output, logsumexp] = find<Forward>("heed::window_attention")
                                       .call(t.query, t.key, t.value, row, column, c.height, c.width, c.size,
                                             c.stride, false, 0.3, 0, std::nullopt);
  const auto [query, key, value, row_grad, column_grad] =
      find<Backward>("heed::window_attention_backward")
          .call(at::ones_like(output), t.query, t.key, t.value, output, logsumexp, row, column, c.height,
                c.width, c.size, c.stride, false, 0.3, 0, std::nullopt);
  return {output, logsumexp, query, key, value, row_grad, column_grad};
}

TEST_F(WindowProperties, MetaShapesEqualRealShapes) {
  at::NoGradGuard no_grad;
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kDouble, at::kHalf}) {
    for (const bool tables : {true, false}) {
      const WindowCase c{.height = 6, .width = 9, .stride = 2, .tables = tables, .dtype = dtype};
      WindowTensors t = make_window_tensors(c);
      t.query = t.query.transpose(1, 2).contiguous().transpose(1, 2);
      t.key = t.key.transpose(-1, -2).contiguous().transpose(-1, -2);
      t.value = t.value.expand({c.batch, c.heads, 54, 8});
      WindowTensors meta = t;
      for (auto* tensor : {&meta.query, &meta.key, &meta.value}) *tensor = tensor->to(at::kMeta);
      if (tables) meta.row = t.row.to(at::kMeta), meta.column = t.column.to(at::kMeta);
      const auto real = both_ways(c, t), shapes = both_ways(c, meta);
      for (size_t i = 0; i < real.size(); ++i) {
        EXPECT_TRUE(shapes[i].is_meta());
        EXPECT_EQ(shapes[i].sizes(), real[i].sizes()) << i;
        EXPECT_EQ(shapes[i].strides(), real[i].strides()) << i;
        EXPECT_EQ(shapes[i].scalar_type(), real[i].scalar_type()) << i;
      }
    }
  }
}

TEST_F(WindowProperties, DoubleBackwardThrowsAClearError) {
  const WindowCase c{.dtype = at::kFloat};
  const auto t = make_window_tensors(c);
  const auto loss = window_attention(make_window_inputs(c, t)).output.square().sum();
  const auto gradient = torch::autograd::grad({loss}, {t.query}, {}, true, true)[0];
  EXPECT_THAT(message_of([&] { torch::autograd::grad({gradient.sum()}, {t.key}); }),
              HasSubstr("differentiable once"));
}

TEST_F(WindowProperties, AutocastTakesItsDtypeAndGivesGradientsInTheInputs) {
  const WindowCase c{.height = 6, .width = 9, .size = 5, .dtype = at::kFloat};
  const auto t = make_window_tensors(c);
  const auto expected = window_attention(make_window_inputs(c, t)).output;
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const auto output = window_attention(make_window_inputs(c, t)).output;
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  EXPECT_EQ(output.scalar_type(), at::kBFloat16);
  EXPECT_LT(difference(output, expected), 4e-2);
  for (const auto& gradient : torch::autograd::grad({output.to(at::kFloat).sum()}, t.all())) {
    EXPECT_EQ(gradient.scalar_type(), at::kFloat);
  }
}

TEST_F(WindowProperties, AttendTakesHalfInputsWithFloatTables) {
  const WindowCase c{.height = 6, .width = 9, .dtype = at::kBFloat16};
  WindowTensors t = make_window_tensors(c);
  for (auto* table : {&t.row, &t.column}) *table = table->detach().to(at::kFloat).requires_grad_();
  const auto output = output_of(c, t, Backend::kFused);
  EXPECT_LT(difference(output, output_of(c, t, Backend::kReference)), 2e-2);
  const auto gradients = torch::autograd::grad({output.to(at::kFloat).sum()}, {t.row, t.column});
  for (const auto& gradient : gradients) EXPECT_EQ(gradient.scalar_type(), at::kFloat);
}

TEST_F(WindowProperties, MistakesAreNamed) {
  const WindowCase c{.height = 4, .width = 6};
  const auto said = [&](const std::function<void(WindowInputs&)>& spoil) {
    auto in = make_window_inputs(c, make_window_tensors(c));
    spoil(in);
    return message_of([&] { window_attention(in); });
  };
  EXPECT_THAT(said([](auto& in) { in.pattern.size = 4; }), HasSubstr("size must be odd, got 4"));
  EXPECT_THAT(said([](auto& in) { in.pattern.size = -1; }), HasSubstr("size must be odd, got -1"));
  EXPECT_THAT(said([](auto& in) { in.pattern.stride = 0; }), HasSubstr("stride must be at least 1, got 0"));
  EXPECT_THAT(said([](auto& in) { in.pattern.width = 0; }), HasSubstr("height and width must be at least 1"));
  EXPECT_THAT(said([](auto& in) { in.pattern.width = int64_t{1} << 40; }), HasSubstr("height and width"));
  EXPECT_THAT(said([](auto& in) { in.pattern.width = 5; }),
              HasSubstr("height x width is 20 positions, key has 24"));
  EXPECT_THAT(said([](auto& in) { in.pattern.stride = 2; }),
              HasSubstr("query must have 2 x 3 positions, got 24"));
  EXPECT_THAT(said([](auto& in) { in.row.reset(); }), HasSubstr("come together"));
  EXPECT_THAT(said([](auto& in) { in.row = in.row->narrow(1, 0, 2); }),
              HasSubstr("row must be [2 or 1, 3, 4]"));
  EXPECT_THAT(said([](auto& in) { in.column = in.column->to(at::kFloat); }),
              HasSubstr("column is Float, query Double"));
  EXPECT_THAT(said([](auto& in) { in.value = in.value.narrow(3, 0, 4); }),
              HasSubstr("value is [2, 2, 24, 4]"));
  EXPECT_THAT(said([](auto& in) { in.key = in.key[0]; }),
              HasSubstr("key must be [batch, heads, positions, head_dim]"));
  EXPECT_THAT(said([](auto& in) { in.dropout.p = 1; }), HasSubstr("dropout must be at least 0 and below 1"));
}

}  // namespace
}  // namespace heed::attention::testing
