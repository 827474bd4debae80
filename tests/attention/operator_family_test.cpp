// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/operator_family.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heed::attention::testing {
namespace {

using ::testing::HasSubstr;

/// A family with every type of argument and another number of tables: output = (query + key[source]) * factor *
/// table (all ones if absent).
struct ToyArguments {
  at::Tensor source;
  std::vector<int64_t> sizes;
  Table table;
  std::string mode;
  std::optional<double> factor;
  OptionalTensor unused;
  int64_t count;
  bool flag;

  auto list() const { return std::tie(source, sizes, table, mode, factor, unused, count, flag); }
};

struct ToyInputs {
  at::Tensor query, key;
  ToyArguments given;
};

struct ToyGradients {
  at::Tensor query, key, value, table = {};
  std::array<at::Tensor, 1> tables() const { return {table}; }
};

struct ToyFamily {
  static constexpr const char* kName = "toy_attention";
  static constexpr const char* kSchema =
      "Tensor source, int[] sizes, *, Tensor? table=None, str mode=\"plain\", float? factor=None, "
      "Tensor? unused=None, int count=3, bool flag=True";
  static constexpr std::array kTables{"table"};
  using Arguments = ToyArguments;

  static ToyInputs inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor&,
                          const ToyArguments& given) {
    TORCH_CHECK(given.mode == "plain" && given.sizes == std::vector<int64_t>({4, 5}) && given.count == 3 &&
                    given.flag,
                "[toy_attention] an argument is not what was given");
    return {query, key, given};
  }
  static at::Tensor table_of(const ToyInputs& in) {
    return in.given.table.value_or(at::ones({}, in.query.options())) * in.given.factor.value_or(1);
  }
  static Result forward(const ToyInputs& in) {
    return {(in.query + in.key.index_select(2, in.given.source)) * table_of(in),
            in.query.to(at::kFloat).sum(-1)};
  }
  static ToyGradients backward(const at::Tensor& output_grad, const ToyInputs& in, const at::Tensor&,
                               const at::Tensor&) {
    const auto grad = output_grad * table_of(in), sum = in.query + in.key.index_select(2, in.given.source);
    ToyGradients grads{grad, at::zeros_like(in.key).index_add(2, in.given.source, grad),
                       at::zeros_like(in.key)};
    if (in.given.table) grads.table = (output_grad * sum).sum({0, 1, 2}) * in.given.factor.value_or(1);
    return grads;
  }
};

using Toy = AttentionOperator<ToyFamily>;
TORCH_LIBRARY_FRAGMENT(heed, library) {
  Toy::define(library);
}

struct ToyKernelsOfADevice {
  static Result forward(const ToyInputs& in) { return {in.query + 100, in.query.sum(-1)}; }
  static ToyGradients backward(const at::Tensor& output_grad, const ToyInputs& in, const at::Tensor&,
                               const at::Tensor&) {
    return {output_grad * 7, in.key, in.key, output_grad.sum({0, 1, 2})};
  }
};

class OperatorFamily : public ::testing::Test {
 protected:
  OperatorFamily() {
    at::manual_seed(4);
    for (auto* tensor : {&query, &key, &value}) *tensor = at::randn({2, 3, 4, 5}).requires_grad_();
    table = at::randn({5}).requires_grad_();
    given = ToyArguments{at::tensor({3, 0, 0, 1}, at::kLong),
                         {4, 5},
                         OptionalTensor(table),
                         "plain",
                         0.5,
                         std::nullopt,
                         3,
                         true};
  }
  at::Tensor expected() const { return (query + key.index_select(2, given.source)) * table * 0.5; }

  at::Tensor query, key, value, table;
  ToyArguments given;
};

TEST_F(OperatorFamily, ForwardAndGradientsPassEveryArgument) {
  const Result result = Toy::call(query, key, value, given);
  EXPECT_TRUE(result.output.allclose(expected()));
  EXPECT_FALSE(result.logsumexp.requires_grad());
  const auto weight = at::randn_like(query);
  const auto grads = torch::autograd::grad({result.output}, {query, key, table}, {weight});
  const auto wanted = torch::autograd::grad({expected()}, {query, key, table}, {weight});
  for (size_t i = 0; i < grads.size(); ++i) EXPECT_TRUE(grads[i].allclose(wanted[i], 1e-4, 1e-5)) << i;
}

TEST_F(OperatorFamily, AnAbsentTableHasNoGradientInAutogradAndAnEmptyOneInTheOperator) {
  given.table = Table();
  const Result result = Toy::call(query, key, value, given);
  EXPECT_EQ(torch::autograd::grad({result.output.sum()}, {query})[0].sizes(), query.sizes());
  at::NoGradGuard no_grad;
  const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("heed::toy_attention_backward", "");
  torch::jit::Stack stack{
      at::ones_like(query), query,         key,     value, result.output, result.logsumexp, given.source,
      given.sizes,          c10::IValue(), "plain", 0.5,   c10::IValue(), int64_t{3},       true};
  op.callBoxed(stack);
  ASSERT_EQ(stack.size(), 4u);
  EXPECT_EQ(stack[3].toTensor().sizes(), at::IntArrayRef{0});
}

TEST_F(OperatorFamily, MetaGivesShapes) {
  at::NoGradGuard no_grad;
  for (auto* tensor : {&query, &key, &value, &given.source}) *tensor = tensor->to(at::kMeta);
  given.table = OptionalTensor(table.to(at::kMeta));
  const Result result = Toy::call(query, key, value, given);
  EXPECT_TRUE(result.output.is_meta());
  EXPECT_EQ(result.output.sizes(), query.sizes());
  EXPECT_EQ(result.logsumexp.sizes(), at::IntArrayRef({2, 3, 4}));
}

TEST_F(OperatorFamily, AutocastCastsTensorsAndTables) {
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const Result result = Toy::call(query, key, value, given);
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  EXPECT_EQ(result.output.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(result.output.to(at::kFloat).allclose(expected(), 5e-2, 5e-2));
  EXPECT_EQ(torch::autograd::grad({result.output.sum()}, {table})[0].scalar_type(), at::kFloat);
}

TEST_F(OperatorFamily, ADoubleBackwardNamesTheOperator) {
  const auto output = Toy::call(query, key, value, given).output;
  const auto grad = torch::autograd::grad({output.square().sum()}, {query}, {}, true, true)[0];
  try {
    torch::autograd::grad({grad.sum()}, {key});
    ADD_FAILURE() << "a double backward gave something";
  } catch (const c10::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("[toy_attention] is differentiable once"));
  }
}

TEST_F(OperatorFamily, KernelsOfAnotherDeviceTakeTheirDispatchKey) {
  torch::Library library(torch::Library::FRAGMENT, "heed", std::nullopt, __FILE__, __LINE__);
  Toy::define_kernels<ToyKernelsOfADevice>(library, c10::DispatchKey::CPU);
  const auto output = Toy::call(query, key, value, given).output;
  EXPECT_TRUE(output.equal(query + 100));
  EXPECT_TRUE(torch::autograd::grad({output.sum()}, {query})[0].equal(at::full_like(query, 7)));
}

}  // namespace
}  // namespace heed::attention::testing
