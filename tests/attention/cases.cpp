// SPDX-License-Identifier: Apache-2.0
#include "cases.h"

#include <cmath>
#include <limits>
#include <sstream>

#include <gtest/gtest.h>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>

namespace heed::attention::testing {
namespace {

/// Small problems run on one thread: on a busy machine two wait for each other longer than they work.
class OneThread : public ::testing::Environment {
 public:
  void SetUp() override { at::set_num_threads(1); }
};
[[maybe_unused]] const auto* const kOneThread = ::testing::AddGlobalTestEnvironment(new OneThread);

at::Tensor normal(at::IntArrayRef sizes, const Case& c, at::Generator& generator) {
  return at::randn(sizes, generator, at::TensorOptions().dtype(at::kDouble)).to(c.dtype).requires_grad_(true);
}

at::Tensor integers(const std::vector<int64_t>& values) {
  return at::tensor(values, at::kLong);
}

int64_t pick(std::mt19937_64& random, std::vector<int64_t> from) {
  return from[std::uniform_int_distribution<size_t>(0, from.size() - 1)(random)];
}

int64_t between(std::mt19937_64& random, int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(random);
}

std::vector<int64_t> random_segments(std::mt19937_64& random, int64_t length) {
  std::vector<int64_t> ids;
  const bool shuffled = between(random, 0, 3) == 0;  // segments need not lie together
  for (int64_t i = 0, id = 0; i < length; ++i) {
    if (between(random, 0, 9) == 0) ++id;
    ids.push_back(shuffled ? between(random, 0, 2) : id);
  }
  return ids;
}

/// What the definition says of one query and key.
struct Pair {
  const Case& c;
  int64_t b, position, key, row;

  bool attends() const {
    if (c.causal && key > position) return false;
    if (!c.key_lengths.empty() && key >= c.key_lengths[b]) return false;
    return c.segments.empty() || c.segments[b][row] == c.segments[b][key];
  }
  /// Row of the table, or -1 when there is none for them.
  int64_t table_row() const {
    const int64_t rows = c.relation_rows;
    const int64_t at = (c.causal ? rows - 1 : (rows - 1) / 2) + key - position;
    if (at >= 0 && at < rows) return at;
    return c.clip ? (at < 0 ? 0 : rows - 1) : -1;
  }
};

}  // namespace

std::string Case::text() const {
  std::ostringstream out;
  out << "batch " << batch << " heads " << heads << " queries " << queries << " keys " << keys << " head_dim "
      << head_dim << (causal ? " causal" : "") << " rows " << relation_rows << (shared_table ? " shared" : "")
      << (relation_value ? " value" : "") << (clip ? " clip" : " nothing") << " lengths "
      << key_lengths.size() << " starts " << query_start.size() << " segments " << segments.size()
      << " dropout " << dropout << " seed " << seed;
  return out.str();
}

std::vector<at::Tensor> Tensors::all() const {
  std::vector<at::Tensor> list{query, key, value};
  if (relation_key.defined()) list.push_back(relation_key);
  if (relation_value.defined()) list.push_back(relation_value);
  return list;
}

Tensors make_tensors(const Case& c) {
  auto generator = at::detail::createCPUGenerator(c.seed);
  Tensors t;
  t.query = normal({c.batch, c.heads, c.queries, c.head_dim}, c, generator);
  t.key = normal({c.batch, c.heads, c.keys, c.head_dim}, c, generator);
  t.value = normal({c.batch, c.heads, c.keys, c.head_dim}, c, generator);
  const int64_t tables = c.shared_table ? 1 : c.heads;
  if (c.relation_rows > 0) t.relation_key = normal({tables, c.relation_rows, c.head_dim}, c, generator);
  if (c.relation_rows > 0 && c.relation_value) {
    t.relation_value = normal({tables, c.relation_rows, c.head_dim}, c, generator);
  }
  return t;
}

Spec make_spec(const Case& c, const Tensors& t, Backend backend) {
  Spec spec;
  spec.pattern = Dense{.causal = c.causal};
  spec.backend = backend;
  spec.dropout.p = c.dropout;
  if (c.dropout > 0) spec.dropout.seed = at::full({1}, static_cast<int64_t>(c.seed % 1000003), at::kLong);
  if (t.relation_key.defined()) {
    Distance distance;
    distance.key = t.relation_key;
    if (t.relation_value.defined()) distance.value = t.relation_value;
    distance.beyond = c.clip ? Beyond::kClip : Beyond::kNothing;
    spec.relation = distance;
  }
  if (!c.key_lengths.empty()) spec.extents.key_lengths = integers(c.key_lengths);
  if (!c.query_start.empty()) spec.extents.query_start = integers(c.query_start);
  if (!c.segments.empty()) {
    std::vector<at::Tensor> rows;
    for (const auto& ids : c.segments) rows.push_back(integers(ids));
    spec.extents.segments = at::stack(rows);
  }
  return spec;
}

Result attend_case(const Case& c, const Tensors& t, Backend backend) {
  if (backend != Backend::kFused || t.query.scalar_type() != at::kDouble) {
    return attend(t.query, t.key, t.value, make_spec(c, t, backend));
  }
  Tensors single = t;
  for (auto* tensor :
       {&single.query, &single.key, &single.value, &single.relation_key, &single.relation_value}) {
    if (tensor->defined()) *tensor = tensor->to(at::kFloat);
  }
  return attend(single.query, single.key, single.value, make_spec(c, single, backend));
}

Outcome run_case(const Case& c, Backend backend) {
  const Tensors t = make_tensors(c);
  const Result result = attend_case(c, t, backend);
  auto generator = at::detail::createCPUGenerator(c.seed + 1);
  const auto weight = at::randn(result.output.sizes(), generator, at::TensorOptions().dtype(at::kDouble));
  const auto loss = (result.output.to(at::kDouble) * weight).sum();
  return {result.output.detach(), result.logsumexp, torch::autograd::grad({loss}, t.all())};
}

Case random_case(std::mt19937_64& random) {
  Case c;
  c.batch = between(random, 1, 3);
  c.heads = between(random, 1, 3);
  c.head_dim = pick(random, {1, 3, 8, 17});
  c.queries = pick(random, {1, 2, 31, 32, 33, 64, 65, 127, 128, 129, 150});
  c.causal = between(random, 0, 1) == 1;
  const int64_t kind = between(random, 0, 3);
  c.keys = kind == 0 ? between(random, 1, 140) : c.queries;
  if (kind == 1) {
    for (int64_t b = 0; b < c.batch; ++b) c.segments.push_back(random_segments(random, c.queries));
  } else if (between(random, 0, 1) == 1) {
    for (int64_t b = 0; b < c.batch; ++b) c.query_start.push_back(between(random, 0, c.keys));
  }
  if (between(random, 0, 2) == 0) {
    for (int64_t b = 0; b < c.batch; ++b) c.key_lengths.push_back(between(random, 0, c.keys));
  }
  if (between(random, 0, 4) > 0) c.relation_rows = 2 * pick(random, {0, 1, 3, 16, 64, 100, 200}) + 1;
  if (c.relation_rows > 0 && c.causal) c.relation_rows += between(random, 0, 1);
  c.shared_table = between(random, 0, 1) == 1;
  c.relation_value = between(random, 0, 1) == 1;
  c.clip = between(random, 0, 1) == 1;
  if (between(random, 0, 3) == 0) c.dropout = 0.3;
  c.seed = random();
  return c;
}

at::Tensor naive_attention(const Case& c, const Tensors& t) {
  const auto output = at::zeros_like(t.query, at::kDouble).detach();
  const double scale = 1 / std::sqrt(static_cast<double>(c.head_dim));
  const auto query = t.query.detach().to(at::kDouble), key = t.key.detach().to(at::kDouble);
  const auto value = t.value.detach().to(at::kDouble);
  const auto table = [&](const at::Tensor& whole, int64_t h, int64_t row) {
    return whole.detach().to(at::kDouble)[c.shared_table ? 0 : h][row];
  };
  for (int64_t b = 0; b < c.batch; ++b) {
    for (int64_t h = 0; h < c.heads; ++h) {
      for (int64_t i = 0; i < c.queries; ++i) {
        const int64_t position = i + (c.query_start.empty() ? 0 : c.query_start[b]);
        double total = 0;
        auto sum = at::zeros({c.head_dim}, at::kDouble);
        for (int64_t j = 0; j < c.keys; ++j) {
          const Pair pair{c, b, position, j, i};
          if (!pair.attends()) continue;
          auto met = key[b][h][j], given = value[b][h][j];
          const int64_t row = c.relation_rows > 0 ? pair.table_row() : -1;
          if (row >= 0) met = met + table(t.relation_key, h, row);
          if (row >= 0 && c.relation_value) given = given + table(t.relation_value, h, row);
          const double weight = std::exp(scale * query[b][h][i].dot(met).item<double>());
          total += weight;
          sum += weight * given;
        }
        if (total > 0) output[b][h][i].copy_(sum / total);
      }
    }
  }
  return output;
}

}  // namespace heed::attention::testing
