// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "cases.h"
#include "tests/attention/message_of.h"
#include "tests/difference.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <torch/autograd.h>

#include "heed/attention/dense_tiled.h"
#include "heed/core/error.h"

namespace heed::attention::testing {
namespace {

using ::testing::HasSubstr;

std::string attend_message(const Case& c, const std::function<void(Tensors&, Spec&)>& spoil) {
  Tensors t = make_tensors(c);
  Spec spec = make_spec(c, t, Backend::kAuto);
  spoil(t, spec);
  return message_of([&] { attend(t.query, t.key, t.value, spec); });
}

TEST(AttendChecks, NameBothSidesOfWhatDisagrees) {
  const Case c{.relation_rows = 3};
  const auto with = [&](const std::function<void(Tensors&, Spec&)>& spoil) {
    return attend_message(c, spoil);
  };
  EXPECT_THAT(with([](Tensors& t, Spec&) { t.key = t.key.narrow(3, 0, 2); }),
              HasSubstr("[attention] key has head_dim 2, query 4"));
  EXPECT_THAT(with([](Tensors& t, Spec&) { t.value = t.value.narrow(2, 0, 4); }),
              HasSubstr("[attention] value has length 4, key 5"));
  EXPECT_THAT(with([](Tensors& t, Spec&) { t.key = t.key.to(at::kFloat); }),
              HasSubstr("key is Float, query Double"));
  EXPECT_THAT(with([](Tensors& t, Spec&) { t.query = t.query[0]; }),
              HasSubstr("query must be [batch, heads"));
  EXPECT_THAT(with([](Tensors&, Spec& s) {
                std::get<Distance>(s.relation).key = at::zeros({2, 3, 4}, at::kDouble);
              }),
              HasSubstr("relation key has heads 2, query 3"));
  EXPECT_THAT(with([](Tensors&, Spec& s) {
                std::get<Distance>(s.relation).key = at::zeros({3, 4, 4}, at::kDouble);
              }),
              HasSubstr("must have odd rows unless causal, got 4"));
  EXPECT_THAT(with([](Tensors&, Spec& s) { s.extents.key_lengths = at::zeros({3}, at::kLong); }),
              HasSubstr("key_lengths must be [2]"));
  EXPECT_THAT(with([](Tensors&, Spec& s) {
                s.extents.segments = at::zeros({2, 5}, at::kLong);
                s.extents.query_start = at::zeros({2}, at::kLong);
              }),
              HasSubstr("segments cannot be used with query_start"));
}

TEST(Backends, HaveNamesThatParse) {
  for (const Backend backend : {Backend::kAuto, Backend::kReference, Backend::kTiled, Backend::kFused}) {
    EXPECT_EQ(parse_backend(backend_name(backend)), backend);
  }
  EXPECT_THAT(message_of([] { parse_backend("tield"); }), HasSubstr("tiled"));
}

TEST(Backends, SayWhyNotAndAutoTakesOneThatCan) {
  EXPECT_TRUE(supports(Backend::kTiled, Problem{}).ok);
  EXPECT_THAT(supports(Backend::kTiled, Problem{.device = at::kXPU}).reason, HasSubstr("not on xpu"));
  EXPECT_THAT(supports(Backend::kReference, Problem{.dtype = at::kLong}).reason,
              HasSubstr("not a floating dtype"));
  EXPECT_EQ(choose_backend(Problem{.queries = 1, .keys = 4096}), Backend::kReference);
  EXPECT_EQ(choose_backend(Problem{.queries = 1024, .keys = 1024}), Backend::kFused);
  EXPECT_EQ(choose_backend(Problem{.queries = 4, .keys = 4}), Backend::kFused);
  EXPECT_EQ(choose_backend(Problem{.dtype = at::kDouble, .queries = 1024, .keys = 1024}), Backend::kTiled);
  EXPECT_EQ(choose_backend(Problem{.dtype = at::kDouble, .queries = 4, .keys = 4}), Backend::kReference);
  EXPECT_EQ(choose_backend(Problem{.device = at::kCUDA, .queries = 1024, .keys = 1024}), Backend::kTiled);
  EXPECT_THAT(supports(Backend::kFused, Problem{.dtype = at::kDouble}).reason, HasSubstr("not Double"));
  EXPECT_THAT(supports(Backend::kFused, Problem{.head_dim = 300}).reason, HasSubstr("300 is above 256"));
  EXPECT_THAT(supports(Backend::kTiled, Problem{.family = Family::kLocal}).reason, HasSubstr("dense"));
}

TEST(AttentionWeights, TimesValuesGiveTheChosenRowsOfTheOutput) {
  for (const bool causal : {false, true}) {
    Case c{.batch = 2, .heads = 4, .queries = 30, .keys = 30, .causal = causal, .relation_rows = 21};
    c.key_lengths = {30, 11};
    const Tensors t = make_tensors(c);
    const Spec spec = make_spec(c, t, Backend::kReference);
    const std::vector<int64_t> heads{3, 0}, rows{29, 0, 12};
    const auto weights = attention_weights(t.query, t.key, spec, heads, rows);
    ASSERT_EQ(weights.sizes(), at::IntArrayRef({2, 2, 3, 30}));
    const auto output = attend(t.query, t.key, t.value, spec).output;
    const auto expected = output.index_select(1, at::tensor(heads)).index_select(2, at::tensor(rows));
    EXPECT_LT(difference(at::matmul(weights, t.value.index_select(1, at::tensor(heads))), expected), 1e-13);
    EXPECT_FALSE(weights.requires_grad());
  }
}

// The dispatcher.

auto find(const char* name) {
  return c10::Dispatcher::singleton().findSchema({name, ""});
}

constexpr const char* kOperators[] = {"heed::dense_attention", "heed::edge_attention", "heed::edge_sum",
                                      "heed::local_attention", "heed::window_attention"};

TEST(Dispatcher, KnowsEveryName) {
  for (const std::string name : kOperators) {
    EXPECT_TRUE(find(name.c_str()).has_value()) << name;
    EXPECT_TRUE(find((name + "_backward").c_str()).has_value()) << name;
  }
}

/// Programs and saved graphs outside call by these schemas.
TEST(Dispatcher, SchemasStayAsTheyAre) {
  const auto schema = [](const char* name) { return c10::str(find(name).value().schema()); };
  EXPECT_EQ(
      schema("heed::dense_attention"),
      "heed::dense_attention(Tensor query, Tensor key, Tensor value, *, Tensor? relation_key=None, Tensor? "
      "relation_value=None, Tensor? key_lengths=None, Tensor? query_start=None, Tensor? segments=None, bool "
      "causal=False, bool clip=True, float? scale=None, float dropout=0., Tensor? seed=None, str "
      "backend=\"auto\") -> (Tensor output, Tensor logsumexp)");
  EXPECT_EQ(
      schema("heed::edge_attention"),
      "heed::edge_attention(Tensor query, Tensor key, Tensor value, Tensor target_begin, Tensor source, "
      "Tensor "
      "source_begin, Tensor edge, Tensor target, *, str score=\"dot\", Tensor? vector=None, Tensor? "
      "relation_key=None, Tensor? relation_value=None, Tensor? relation_bias=None, Tensor? type=None, float? "
      "scale=None, float slope=0.20000000000000001, float dropout=0., Tensor? seed=None) -> (Tensor output, "
      "Tensor logsumexp)");
  EXPECT_EQ(
      schema("heed::local_attention"),
      "heed::local_attention(Tensor query, Tensor key, Tensor value, int[] block, *, Tensor? "
      "relation_key=None, Tensor? relation_value=None, bool clip=True, float? scale=None, float dropout=0., "
      "Tensor? seed=None) -> (Tensor output, Tensor logsumexp)");
  EXPECT_EQ(
      schema("heed::window_attention_backward"),
      "heed::window_attention_backward(Tensor output_grad, Tensor query, Tensor key, Tensor value, Tensor "
      "output, Tensor logsumexp, Tensor? row, Tensor? column, int height, int width, int size, int stride, "
      "bool zero_border, float scale, float dropout, Tensor? seed) -> (Tensor query_grad, Tensor key_grad, "
      "Tensor value_grad, Tensor row_grad, Tensor column_grad)");
}

void expect_same_shape(const at::Tensor& meta, const at::Tensor& real) {
  EXPECT_TRUE(meta.is_meta());
  EXPECT_EQ(meta.sizes(), real.sizes());
  EXPECT_EQ(meta.strides(), real.strides());
  EXPECT_EQ(meta.scalar_type(), real.scalar_type());
}

/// Calls an operator of torch.ops.heed as Python does, by names of arguments; the others have their defaults.
std::vector<at::Tensor> call(const char* name, std::vector<at::Tensor> given,
                             std::map<std::string, c10::IValue> named) {
  const auto op = find(name).value();
  torch::jit::Stack stack(given.begin(), given.end());
  const auto& arguments = op.schema().arguments();
  for (size_t i = given.size(); i < arguments.size(); ++i) {
    const auto it = named.find(arguments[i].name());
    stack.push_back(it != named.end() ? it->second : arguments[i].default_value().value());
  }
  op.callBoxed(stack);
  std::vector<at::Tensor> results;
  for (const auto& value : stack) results.push_back(value.toTensor());
  return results;
}

std::vector<at::Tensor> both_ways(const Tensors& t, std::vector<at::Tensor>* results) {
  const std::map<std::string, c10::IValue> named{
      {"relation_key", t.relation_key}, {"causal", true}, {"scale", 0.5}};
  *results = call("heed::dense_attention", {t.query, t.key, t.value}, named);
  const auto output = (*results)[0], logsumexp = (*results)[1];
  return call("heed::dense_attention_backward",
              {at::ones_like(output), t.query, t.key, t.value, output, logsumexp}, named);
}

TEST(Dispatcher, MetaShapesEqualRealShapes) {
  at::NoGradGuard no_grad;
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    Tensors t = make_tensors({.queries = 33, .keys = 35, .relation_rows = 7, .dtype = dtype});
    t.query = t.query.transpose(1, 2).contiguous().transpose(1, 2);
    Tensors meta = t;
    for (auto* tensor : {&meta.query, &meta.key, &meta.value, &meta.relation_key})
      *tensor = tensor->to(at::kMeta);
    std::vector<at::Tensor> forward, meta_forward;
    const auto gradients = both_ways(t, &forward), meta_gradients = both_ways(meta, &meta_forward);
    for (int i = 0; i < 2; ++i) expect_same_shape(meta_forward[i], forward[i]);
    for (int i = 0; i < 4; ++i) expect_same_shape(meta_gradients[i], gradients[i]);
  }
}

TEST(Dispatcher, DoubleBackwardThrowsAClearError) {
  const Case c{.queries = 33, .keys = 33};
  const Tensors t = make_tensors(c);
  const auto loss = attend(t.query, t.key, t.value, make_spec(c, t, Backend::kTiled)).output.square().sum();
  const auto gradient = torch::autograd::grad({loss}, {t.query}, {}, true, true)[0];
  EXPECT_THAT(message_of([&] { torch::autograd::grad({gradient.sum()}, {t.key}); }),
              HasSubstr("differentiable once"));
}

TEST(Dispatcher, BackwardRefusesResultsOfOtherShapesOrDtypes) {
  at::NoGradGuard no_grad;
  const Tensors t = make_tensors({.queries = 33, .keys = 35, .dtype = at::kFloat});
  const auto results = call("heed::dense_attention", {t.query, t.key, t.value}, {});
  const auto said = [&](const at::Tensor& grad, const at::Tensor& output, const at::Tensor& logsumexp) {
    return message_of([&] {
      call("heed::dense_attention_backward", {grad, t.query, t.key, t.value, output, logsumexp}, {});
    });
  };
  const auto short_grad = at::ones_like(t.query).narrow(2, 0, 32);
  EXPECT_THAT(said(short_grad, results[0], results[1]), HasSubstr("must be like query"));
  EXPECT_THAT(said(at::ones_like(t.query), results[0].to(at::kDouble), results[1]),
              HasSubstr("must be like query"));
  EXPECT_THAT(said(at::ones_like(t.query), results[0], results[1].narrow(2, 0, 5)),
              HasSubstr("logsumexp must be ["));
  EXPECT_EQ(said(at::ones_like(t.query), results[0], results[1]), "no error");
}

TEST(Attend, TakesHalfInputsWithFloatTablesUnderAutocast) {
  Case c{.queries = 40, .keys = 40, .causal = true, .relation_rows = 40, .dtype = at::kBFloat16};
  Tensors t = make_tensors(c);
  t.relation_key = t.relation_key.detach().to(at::kFloat).requires_grad_();
  const auto run = [&](Backend backend) {
    return attend(t.query, t.key, t.value, make_spec(c, t, backend)).output;
  };
  const auto expected = run(Backend::kReference);
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const auto tiled = run(Backend::kTiled), reference = run(Backend::kReference);
  at::autocast::set_autocast_enabled(at::kCPU, false);
  EXPECT_EQ(tiled.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(at::equal(reference, expected));
  EXPECT_LT(difference(tiled, expected), 4e-2);
  const auto gradient = torch::autograd::grad({tiled.to(at::kFloat).sum()}, {t.relation_key})[0];
  EXPECT_EQ(gradient.scalar_type(), at::kFloat);
}

/// How accelerators split the work, on any device.
TEST(TiledAttention, HeadsTogetherEqualHeadsOneByOne) {
  std::mt19937_64 random(99);
  for (int i = 0; i < 30; ++i) {
    const Case c = random_case(random);
    const Tensors t = make_tensors(c);
    const Spec spec = make_spec(c, t, Backend::kTiled);
    DenseInputs in;
    in.query = t.query.detach(), in.key = t.key.detach(), in.value = t.value.detach();
    if (t.relation_key.defined()) in.relation_key = t.relation_key.detach();
    if (t.relation_value.defined()) in.relation_value = t.relation_value.detach();
    in.extents = spec.extents, in.causal = c.causal, in.clip = c.clip, in.scale = 0.3;
    TiledOptions one_by_one, together;
    together.heads_together = true;
    const Result a = dense_tiled_forward(in, one_by_one), b = dense_tiled_forward(in, together);
    ASSERT_LT(difference(a.output, b.output), 1e-12) << c.text();
    const auto output_grad = at::ones_like(a.output);
    const auto x = dense_tiled_backward(output_grad, in, a.logsumexp, one_by_one);
    const auto y = dense_tiled_backward(output_grad, in, a.logsumexp, together);
    ASSERT_LT(difference(x.query, y.query), 1e-11) << c.text();
    ASSERT_LT(difference(x.key, y.key), 1e-11) << c.text();
    ASSERT_LT(difference(x.value, y.value), 1e-11) << c.text();
    if (in.relation_key) {
      ASSERT_LT(difference(x.relation_key, y.relation_key), 1e-10) << c.text();
    }
    if (in.relation_value) {
      ASSERT_LT(difference(x.relation_value, y.relation_value), 1e-10) << c.text();
    }
  }
}

}  // namespace
}  // namespace heed::attention::testing
