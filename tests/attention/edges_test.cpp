// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/edges.h"

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/attention/message_of.h"
#include "tests/difference.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include "heed/attention/edge_op.h"
#include "heed/attention/edge_sum.h"

namespace heed::attention::testing {
namespace {

using ::testing::HasSubstr;

/// A random graph, with nodes that have no edges, and what attention along it is given.
struct EdgeCase {
  kernels::EdgeScore score = kernels::EdgeScore::kDot;
  int64_t targets = 40, sources = 33, edges = 300, heads = 3, head_dim = 8;
  bool relation = false, types = false;
  double dropout = 0;
  at::ScalarType dtype = at::kFloat;

  std::string text() const {
    return std::string(edge_score_name(score)) + ", " + std::to_string(heads) + " x " +
           std::to_string(head_dim) + (relation ? types ? ", types" : ", edge features" : "") + ", dropout " +
           std::to_string(dropout) + ", " + c10::toString(dtype);
  }
};

class Numbers {
 public:
  Numbers(at::ScalarType rounded, at::ScalarType as) : rounded_(rounded), as_(as) {}
  at::Tensor operator()(at::IntArrayRef sizes) {
    const auto normal = at::randn(sizes, generator_, at::TensorOptions().dtype(at::kDouble));
    return normal.to(rounded_).to(as_).requires_grad_(true);
  }

 private:
  at::ScalarType rounded_, as_;
  at::Generator generator_ = at::detail::createCPUGenerator(7);
};

struct EdgeTensors {
  at::Tensor query, key, value;
  Spec spec;

  Edges& edges() { return std::get<Edges>(spec.pattern); }
  const Edges& edges() const { return std::get<Edges>(spec.pattern); }
  EdgeRelation& relation() { return std::get<EdgeRelation>(spec.relation); }
  Result result() const { return attend(query, key, value, spec); }
  std::vector<at::Tensor> inputs() const {
    std::vector<at::Tensor> all{query, key, value};
    if (const auto* dynamic = std::get_if<GatV2>(&spec.score)) all.push_back(dynamic->vector);
    const auto& relation = std::get<EdgeRelation>(spec.relation);
    for (const auto* table : {&relation.key, &relation.value, &relation.bias}) {
      if (*table) all.push_back(**table);
    }
    return all;
  }
};

/// Half of the nodes get all of the edges; target 1 gets a fifth of them.
Edges random_edges(int64_t targets, int64_t sources, int64_t count) {
  std::mt19937_64 random(11);
  const auto draw = [&](int64_t nodes) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(nodes));
  };
  std::vector<int64_t> from, to;
  for (int64_t e = 0; e < count; ++e) {
    from.push_back(draw(sources) / 2 * 2);
    to.push_back(e % 5 == 0 ? 1 : draw(targets) / 2 * 2);
  }
  return make_edges(at::tensor(from), at::tensor(to), sources, targets);
}

EdgeTensors make_tensors(const EdgeCase& c, at::ScalarType as) {
  Numbers numbers(c.dtype, as);
  const int64_t width = c.score == kernels::EdgeScore::kGat ? 1 : c.head_dim;
  EdgeTensors t{numbers({c.targets, c.heads, width}),
                numbers({c.sources, c.heads, width}),
                numbers({c.sources, c.heads, c.head_dim}),
                {}};
  t.spec.pattern = random_edges(c.targets, c.sources, c.edges);
  t.spec.relation = EdgeRelation{};
  if (c.score == kernels::EdgeScore::kGat) t.spec.score = Gat{};
  if (c.score == kernels::EdgeScore::kGatV2)
    t.spec.score = GatV2{.vector = numbers({c.heads, c.head_dim}), .slope = 0.1};
  if (c.relation) {
    const int64_t rows = c.types ? 4 : c.edges;
    EdgeRelation& relation = t.relation();
    if (c.types) relation.type = at::arange(c.edges, at::kInt).remainder(4).to(at::kInt);
    if (c.score != kernels::EdgeScore::kGat) relation.key = numbers({rows, c.heads, c.head_dim});
    relation.value = numbers({rows, c.heads, c.head_dim});
    relation.bias = numbers({rows, c.heads});
  }
  if (c.dropout > 0) t.spec.dropout = {.p = c.dropout, .seed = at::tensor({int64_t{99}})};
  return t;
}

/// Output, logsumexp, then the gradients of all inputs. kAuto: the operator, which takes every dtype.
std::vector<at::Tensor> results_of(EdgeTensors t, Backend backend) {
  t.spec.backend = backend;
  const Result found = backend == Backend::kAuto
                           ? edge_attention(check_edge_inputs(t.query, t.key, t.value, t.spec))
                           : t.result();
  Numbers numbers(found.output.scalar_type(), found.output.scalar_type());
  auto all = torch::autograd::grad({found.output}, t.inputs(), {numbers(found.output.sizes()).detach()});
  all.insert(all.begin(), {found.output.detach(), found.logsumexp});
  return all;
}

std::vector<EdgeCase> cases() {
  std::vector<EdgeCase> found;
  for (const auto score : {kernels::EdgeScore::kDot, kernels::EdgeScore::kGat, kernels::EdgeScore::kGatV2}) {
    for (const int relation : {0, 1, 2}) {
      for (const auto& [heads, head_dim] : {std::pair<int64_t, int64_t>{8, 8}, {3, 7}, {1, 40}, {2, 16}}) {
        found.push_back({.score = score,
                         .heads = heads,
                         .head_dim = head_dim,
                         .relation = relation > 0,
                         .types = relation == 2,
                         .dropout = heads == 8 ? 0.6 : 0});
      }
    }
  }
  return found;
}

/// In units of the largest number. bfloat16 is summed in float32 and rounded once (2^-9 of a number).
double tolerance_of(at::ScalarType dtype) {
  return dtype == at::kDouble ? 1e-12 : dtype == at::kFloat ? 2e-5 : 8e-3;
}

TEST(EdgesOperator, EqualsTheReferenceInDouble) {
  for (EdgeCase c : cases()) {
    for (const auto dtype : {at::kDouble, at::kFloat, at::kBFloat16}) {
      c.dtype = dtype;
      auto expected = results_of(make_tensors(c, at::kDouble), Backend::kReference);
      const auto found = results_of(make_tensors(c, dtype), Backend::kAuto);
      ASSERT_EQ(found.size(), expected.size());
      for (size_t i = 0; i < found.size(); ++i) {
        ASSERT_EQ(found[i].sizes(), expected[i].sizes()) << c.text() << ", result " << i;
        ASSERT_EQ(found[i].scalar_type(), i == 1 && dtype == at::kBFloat16 ? at::kFloat : dtype);
        const auto finite = [](const at::Tensor& x) {
          return x.to(at::kDouble).clamp(-100);
        };  // logsumexp without edges
        const double size = std::max(1.0, finite(expected[i]).abs().max().item<double>());
        ASSERT_LT(difference(finite(found[i]), finite(expected[i])) / size, tolerance_of(dtype))
            << c.text() << ", result " << i;
      }
    }
  }
}

TEST(EdgesOperator, ReferenceHasTheSlopesOfItsOutput) {
  for (EdgeCase c : cases()) {
    if (c.heads != 3) continue;
    c.targets = 6, c.sources = 5, c.edges = 14, c.heads = 2, c.head_dim = 3, c.dtype = at::kDouble;
    EdgeTensors t = make_tensors(c, at::kDouble);
    t.spec.backend = Backend::kReference;
    const auto loss = [&] { return t.result().output.square().sum(); };
    const auto inputs = t.inputs();
    const auto grads = torch::autograd::grad({loss()}, inputs);
    const c10::NoGradGuard no_grad;
    for (size_t n = 0; n < inputs.size(); ++n) {
      const auto number = inputs[n].view(-1)[0];
      const double kept = number.item<double>();
      number.fill_(kept + 1e-6);
      const double above = loss().item<double>();
      number.fill_(kept - 1e-6);
      const double slope = (above - loss().item<double>()) / 2e-6;
      number.fill_(kept);
      EXPECT_NEAR(grads[n].view(-1)[0].item<double>(), slope, 1e-6 * std::max(1.0, std::abs(slope)))
          << c.text() << ", input " << n;
    }
  }
}

TEST(EdgesOperator, BitsDoNotDependOnThreads) {
  const int threads = at::get_num_threads();
  for (const auto score : {kernels::EdgeScore::kDot, kernels::EdgeScore::kGat, kernels::EdgeScore::kGatV2}) {
    const EdgeCase c{.score = score,
                     .targets = 5000,
                     .sources = 4000,
                     .edges = 100000,
                     .heads = 2,
                     .head_dim = 8,
                     .relation = true,
                     .types = true};
    at::set_num_threads(1);
    const auto one = results_of(make_tensors(c, at::kFloat), Backend::kFused);
    at::set_num_threads(3);
    const auto three = results_of(make_tensors(c, at::kFloat), Backend::kFused);
    at::set_num_threads(threads);
    for (size_t i = 0; i < one.size(); ++i)
      EXPECT_TRUE(at::equal(one[i], three[i])) << c.text() << ", result " << i;
  }
}

TEST(EdgesOperator, ANodeWithoutEdgesGetsZerosAndNoGradient) {
  EdgeTensors t = make_tensors({.edges = 2}, at::kFloat);
  t.spec.pattern = make_edges(at::tensor({int64_t{3}}), at::tensor({int64_t{5}}), 33, 40);
  const Result found = t.result();
  EXPECT_TRUE(at::equal(found.output[5], t.value[3]));
  const auto others = found.output.detach().clone();
  others[5].zero_();
  EXPECT_EQ(others.abs().sum().item<float>(), 0);
  EXPECT_TRUE(at::isinf(found.logsumexp[4]).all().item<bool>());
  const auto grads = torch::autograd::grad({found.output.sum()}, {t.value});
  EXPECT_EQ(grads[0].sum().item<float>(), 24);
}

TEST(EdgesOperator, GraphsWithoutEdgesOrNodesWork) {
  for (const int64_t nodes : {0, 3}) {
    EdgeTensors t = make_tensors({.targets = nodes, .sources = nodes, .edges = 0}, at::kFloat);
    const auto found = results_of(t, Backend::kFused);
    EXPECT_EQ(found[0].size(0), nodes);
    for (const size_t i : {0, 2, 3, 4}) EXPECT_EQ(found[i].abs().sum().item<float>(), 0);
  }
}

TEST(EdgesOperator, CompleteGraphsAreDenseAttention) {
  const int64_t nodes = 9;
  Numbers numbers(at::kFloat, at::kFloat);
  const auto query = numbers({nodes, 2, 8}), key = numbers({nodes, 2, 8}), value = numbers({nodes, 2, 8});
  const auto number = at::arange(nodes);
  const Edges all = make_edges(number.repeat({nodes}), number.repeat_interleave(nodes), nodes, nodes);
  const auto heads_first = [](const at::Tensor& x) { return x.transpose(0, 1).unsqueeze(0); };
  const auto expected =
      attend(heads_first(query), heads_first(key), heads_first(value), {}).output[0].transpose(0, 1);
  Spec along;
  along.pattern = all;
  EXPECT_LT(difference(attend(query, key, value, along).output, expected), 1e-6);
}

TEST(EdgesOperator, OtherPatternsRefuseRelationsAndScoresOfEdges) {
  const at::Tensor x = at::zeros({1, 2, 9, 8});
  const auto said = [&](const Pattern& pattern, const Score& score, const Relation& relation) {
    Spec spec{.pattern = pattern, .relation = relation, .score = score};
    return message_of([&] { attend(x, x, x, spec); });
  };
  for (const Pattern& pattern : {Pattern{Dense{}}, Pattern{Local1d{3, 3}}, Pattern{Window2d{3, 3, 3}}}) {
    EXPECT_THAT(said(pattern, Dot{}, EdgeRelation{.bias = at::zeros({1, 2})}),
                ::testing::AnyOf(HasSubstr("the relation of edges is for"), HasSubstr("not EdgeRelation")));
    EXPECT_THAT(said(pattern, Gat{}, NoRelation{}), HasSubstr("GAT and GATv2 are for edges"));
  }
}

TEST(EdgesOperator, WeightsSumToOneAndFollowTheEdges) {
  const EdgeTensors t = make_tensors({.score = kernels::EdgeScore::kGat, .relation = true}, at::kFloat);
  const auto weights = edge_weights(t.query, t.key, t.spec);
  const auto target = at::arange(40).repeat_interleave(t.edges().target_begin.diff());
  const auto sums = at::zeros({40, 3}).index_add(0, target, weights);
  const auto edges = t.edges().target_begin.diff();
  EXPECT_LT(difference(sums.index({edges.gt(0)}), at::ones_like(sums).index({edges.gt(0)})), 1e-6);
}

TEST(EdgesOperator, RenumberingNodesRenumbersTheOutput) {
  const EdgeCase c{.score = kernels::EdgeScore::kGatV2, .targets = 30, .sources = 30};
  const EdgeTensors t = make_tensors(c, at::kFloat);
  const auto place = at::randperm(30, at::detail::createCPUGenerator(3), at::kLong), old = place.argsort();
  const auto target = at::arange(30).repeat_interleave(t.edges().target_begin.diff());
  const Edges moved =
      make_edges(place.index_select(0, t.edges().source), place.index_select(0, target), 30, 30);
  const auto expected = t.result().output.index_select(0, old);
  Spec spec = t.spec;
  spec.pattern = moved;
  const auto found =
      attend(t.query.index_select(0, old), t.key.index_select(0, old), t.value.index_select(0, old), spec);
  EXPECT_LT(difference(found.output, expected), 1e-6);
}

/// Heads of values and of weights, and numbers of a head.
struct SumCase {
  int64_t values, weights, width;
  int64_t heads() const { return std::max(values, weights); }
};

TEST(EdgeSum, IsTheProductWithTheMatrixOfWeights) {
  for (const auto dtype : {at::kDouble, at::kFloat, at::kBFloat16}) {
    for (const SumCase& c :
         {SumCase{3, 3, 10}, {3, 1, 10}, {1, 3, 10}, {1, 17, 5}, {1, 8, 16}, {1, 37, 100}}) {
      Numbers numbers(dtype, dtype);
      const Edges edges = random_edges(40, 33, 300);
      const int64_t heads = c.heads();
      const auto value = numbers({33, c.values, c.width}), weights = numbers({300, c.weights}),
                 grad = numbers({40, heads, c.width}).detach();
      const auto exact_value = value.detach().to(at::kDouble).requires_grad_(),
                 exact_weights = weights.detach().to(at::kDouble).requires_grad_();
      const auto matrix = at::zeros({40, 33, heads}, at::kDouble)
                              .index_put({targets_of(edges), edges.source.to(at::kLong)},
                                         exact_weights.expand({300, heads}), true);
      const auto expected = at::einsum("tsh,shd->thd", {matrix, exact_value.expand({33, heads, c.width})}),
                 found = edge_sum(value, weights, edges);
      const auto near = [&](const at::Tensor& a, const at::Tensor& b) {
        EXPECT_EQ(a.scalar_type(), dtype);
        EXPECT_LT(difference(a, b) / std::max(1.0, b.abs().max().item<double>()), tolerance_of(dtype))
            << dtype << ", " << c.values << ", " << c.weights;
      };
      near(found, expected);
      const auto grads = torch::autograd::grad({found}, {value, weights}, {grad});
      const auto wanted =
          torch::autograd::grad({expected}, {exact_value, exact_weights}, {grad.to(at::kDouble)});
      near(grads[0], wanted[0]);
      near(grads[1], wanted[1]);
    }
  }
}

TEST(EdgeSum, WhatDisagreesIsNamed) {
  const Edges edges = random_edges(40, 33, 300);
  EXPECT_THAT(message_of([&] {
                edge_sum(at::ones({33, 2, 4}), at::ones({300, 3}), edges);
              }),
              HasSubstr("weights must be [300, 2 or 1], or value have one head"));
  EXPECT_THAT(message_of([&] {
                edge_sum(at::ones({30, 2, 4}), at::ones({300, 2}), edges);
              }),
              HasSubstr("value has 30 rows, the edges 33"));
}

TEST(Edges, SortKeepsTheOrderOfATargetsEdgesAndKnowsWhereTheyWere) {
  const auto source = at::tensor({4, 0, 2, 4, 1}), target = at::tensor({1, 0, 1, 2, 1});
  const Edges edges = make_edges(source, target, 5, 4);
  EXPECT_TRUE(at::equal(edges.target_begin, at::tensor({0, 1, 4, 5, 5}).to(at::kLong)));
  EXPECT_TRUE(at::equal(edges.source, at::tensor({0, 4, 2, 1, 4}).to(at::kInt)));
  EXPECT_TRUE(at::equal(edges.order, at::tensor({1, 0, 2, 4, 3}).to(at::kLong)));
  EXPECT_TRUE(at::equal(edges.source_begin, at::tensor({0, 1, 2, 3, 3, 5}).to(at::kLong)));
  EXPECT_TRUE(at::equal(edges.edge, at::tensor({0, 3, 2, 1, 4}).to(at::kLong)));
  EXPECT_TRUE(at::equal(edges.target, at::tensor({0, 1, 1, 1, 2}).to(at::kInt)));
}

TEST(Edges, ANodeThatIsNotThereIsNamed) {
  const auto ends = at::tensor({0, 3});
  EXPECT_THAT(message_of([&] {
                make_edges(ends, at::tensor({0, 1}), 3, 3);
              }),
              HasSubstr("source of edge 1 is 3, there are 3 nodes"));
  EXPECT_THAT(message_of([&] {
                make_edges(at::tensor({0, 1}), at::tensor({-1, 1}), 3, 3);
              }),
              HasSubstr("target of edge 0 is -1"));
}

TEST(EdgesOperator, WhatDisagreesIsNamed) {
  const auto said = [](const EdgeCase& c, const std::function<void(EdgeTensors&)>& spoil) {
    EdgeTensors t = make_tensors(c, at::kFloat);
    spoil(t);
    return message_of([&] { t.result(); });
  };
  EXPECT_THAT(said({}, [](EdgeTensors& t) { t.query = t.query.narrow(0, 0, 3); }),
              HasSubstr("query must be [40, 3, 8], got [3, 3, 8]"));
  EXPECT_THAT(said({}, [](EdgeTensors& t) { t.key = t.key.to(at::kDouble); }),
              HasSubstr("key is Double, value Float"));
  EXPECT_THAT(said({}, [](EdgeTensors& t) { t.edges().source = t.edges().source + 33; }),
              HasSubstr("source names a node"));
  EXPECT_THAT(said({}, [](EdgeTensors& t) { t.edges().source.add_(33); }), HasSubstr("source names a node"));
  EXPECT_THAT(said({}, [](EdgeTensors& t) { t.edges().target_begin = t.edges().target_begin * 2; }),
              HasSubstr("target_begin must rise"));
  EXPECT_THAT(said({.relation = true, .types = true},
                   [](EdgeTensors& t) { t.relation().type = *t.relation().type + 1; }),
              HasSubstr("type names a row that is not among 4"));
  EXPECT_THAT(said({.score = kernels::EdgeScore::kGat},
                   [](EdgeTensors& t) {
                     t.relation().key = at::zeros({300, 3, 8});
                   }),
              HasSubstr("gat has no relation of keys"));
  EXPECT_THAT(said({}, [](EdgeTensors& t) { t.spec.dropout.p = 1; }), HasSubstr("dropout must be"));
}

TEST(EdgesOperator, ASecondDerivativeIsRefused) {
  const EdgeTensors t = make_tensors({}, at::kFloat);
  const auto output = t.result().output;
  const auto grad = torch::autograd::grad({output.sum()}, {t.query}, {}, true, true)[0];
  EXPECT_THAT(message_of([&] { torch::autograd::grad({grad.sum()}, {t.key}); }),
              HasSubstr("differentiable once"));
}

TEST(EdgesOperator, ShapesWithoutDataAreThoseOfTheResults) {
  for (const auto score : {kernels::EdgeScore::kDot, kernels::EdgeScore::kGat}) {
    const EdgeTensors t = make_tensors({.score = score}, at::kFloat);
    const auto expected = t.result();
    EdgeInputs in = check_edge_inputs(t.query, t.key, t.value, t.spec);
    Edges& e = in.edges;
    for (auto* tensor :
         {&in.query, &in.key, &in.value, &e.target_begin, &e.source, &e.source_begin, &e.edge, &e.target})
      *tensor = tensor->detach().to(at::kMeta);
    const auto found = edge_attention(in);
    EXPECT_EQ(found.output.sizes(), expected.output.sizes());
    EXPECT_EQ(found.logsumexp.sizes(), expected.logsumexp.sizes());
  }
}

}  // namespace
}  // namespace heed::attention::testing
