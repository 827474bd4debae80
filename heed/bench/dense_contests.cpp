// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "heed/bench/attention_contests.h"
#include "heed/bench/attention_rivals.h"

namespace heed::bench {
namespace {

using attention::Backend;
constexpr int64_t kOtherLengths[] = {512, 1024, 4096, 8192, 16384};
/// Divisor of those lengths in quick runs.
constexpr int64_t kQuickDivisor = 32;

std::string text(const DenseShape& s) {
  return std::to_string(s.batch) + " x " + std::to_string(s.heads) + " x " + std::to_string(s.length) +
         " x " + std::to_string(s.head_dim);
}

/// Operations of one product of a matrix of scores with `keys` keys per query.
double product(const DenseShape& s, double keys) {
  return 2.0 * static_cast<double>(s.batch * s.heads * s.length * s.head_dim) * keys;
}

/// Half of the scores exist in the causal case. Without a relation: Q K^T and P V; backward Q K^T again, dO
/// V^T, P^T dO, dS K, dS^T Q. With one, also Q E^T; backward Q E^T again, dS E, dS^T Q.
Operations causal_operations(const DenseShape& s, bool relation) {
  const double one = product(s, static_cast<double>(s.length) / 2);
  return relation ? Operations{3 * one, 8 * one} : Operations{2 * one, 5 * one};
}

attention::Spec causal_spec(Backend backend, const at::Tensor& table) {
  attention::Spec spec;
  spec.pattern = attention::Dense{.causal = true};
  attention::Distance distance;
  distance.key = table;
  if (table.defined()) spec.relation = distance;
  spec.backend = backend;
  return spec;
}

/// Returns query, key, value and the relation's table.
Tensors causal_inputs(const DenseShape& s, at::ScalarType dtype) {
  Tensors inputs;
  for (int i = 0; i < 3; ++i) inputs.push_back(leaf({s.batch, s.heads, s.length, s.head_dim}, dtype));
  inputs.push_back(leaf({s.heads, s.length, s.head_dim}, dtype));
  return inputs;
}

std::vector<Rival> causal_rivals(const DenseShape& s, at::ScalarType dtype) {
  const Tensors inputs = causal_inputs(s, dtype), plain(inputs.begin(), inputs.begin() + 3);
  const auto output_grad = at::randn_like(inputs[0]).detach();
  const Operations operations = causal_operations(s, true), fewer = causal_operations(s, false);
  const auto ours = [&](const char* name, Backend backend) {
    return attend_rival(name, "relative", inputs, causal_spec(backend, inputs[3]), output_grad, operations);
  };
  const auto future = at::ones({s.length, s.length}, at::kBool).triu(1);
  const auto biased = [inputs, future] {
    return skewed_bias_attention(inputs[0], inputs[1], inputs[2], inputs[3], future);
  };
  const auto unrelated = [plain] {
    return at::scaled_dot_product_attention(plain[0], plain[1], plain[2], std::nullopt, 0.0, true);
  };
  return {ours("fused", Backend::kFused),
          ours("tiled", Backend::kTiled),
          ours("reference (materialised skew)", Backend::kReference),
          {"libtorch, skewed bias", "relative", inputs, biased, output_grad, operations},
          {"libtorch, no relation", "plain", plain, unrelated, output_grad, fewer},
          attend_rival("fused, no relation", "plain", plain, causal_spec(Backend::kFused, {}), output_grad,
                       fewer)};
}

/// heed's implementations only, compared with the tiled backend, which fits into memory at every length.
std::vector<Rival> length_rivals(const DenseShape& s) {
  const Tensors inputs = causal_inputs(s, at::kFloat);
  const auto output_grad = at::randn_like(inputs[0]).detach();
  const auto operations = causal_operations(s, true);
  auto check = attend_rival("tiled", "relative", inputs, causal_spec(Backend::kTiled, inputs[3]), output_grad,
                            operations);
  check.timed = false;
  return {attend_rival("fused", "relative", inputs, causal_spec(Backend::kFused, inputs[3]), output_grad,
                       operations),
          check};
}

/// Shaw et al. 2018: full attention, relations of keys and values, clipped distances.
std::vector<Rival> shaw_rivals(const DenseShape& s, int64_t clip) {
  const Tensors tables{leaf({1, 2 * clip + 1, s.head_dim}), leaf({1, 2 * clip + 1, s.head_dim})};
  Tensors inputs;
  for (int i = 0; i < 3; ++i) inputs.push_back(leaf({s.batch, s.heads, s.length, s.head_dim}));
  inputs.insert(inputs.end(), tables.begin(), tables.end());
  const auto output_grad = at::randn_like(inputs[0]).detach();
  // Each product has a counterpart with the rows of a table.
  const double one =
      product(s, static_cast<double>(s.length)) + product(s, static_cast<double>(2 * clip + 1));
  const auto ours = [&](const char* name, Backend backend) {
    attention::Spec spec;
    spec.relation = attention::Distance{.key = tables[0], .value = tables[1]};
    spec.backend = backend;
    return attend_rival(name, "relative", inputs, spec, output_grad, {2 * one, 5 * one});
  };
  return {ours("fused", Backend::kFused), ours("reference", Backend::kReference)};
}

}  // namespace

std::vector<Contest> dense_contests(const DenseShape& shape, bool quick) {
  const std::string problem = "dense causal relative";
  std::vector<Contest> contests;
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    contests.push_back({problem, text(shape), dtype, dtype == at::kFloat ? problem : "", shape.length,
                        [shape, dtype] { return causal_rivals(shape, dtype); },
                        [dtype] { return causal_rivals(kTinyDense, dtype); }});
  }
  for (const int64_t length : kOtherLengths) {
    DenseShape other = shape;
    other.length = quick ? length / kQuickDivisor : length;
    if (other.length == shape.length) continue;
    contests.push_back({problem, text(other), at::kFloat, problem, other.length,
                        [other] { return length_rivals(other); }, [] { return length_rivals(kTinyDense); }});
  }
  const DenseShape full{.length = 1024}, tiny{.heads = 2, .length = 40, .head_dim = 16};
  const DenseShape shaw = quick ? tiny : full;
  contests.push_back({"dense full, keys and values (Shaw)", text(shaw), at::kFloat, "", shaw.length,
                      [shaw, quick] { return shaw_rivals(shaw, quick ? 3 : 16); },
                      [tiny] { return shaw_rivals(tiny, 3); }});
  return contests;
}

}  // namespace heed::bench
