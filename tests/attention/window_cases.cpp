// SPDX-License-Identifier: Apache-2.0
#include "window_cases.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/autograd.h>

#include "heed/attention/window_op.h"
#include "heed/attention/window_reference.h"
#include "heed/kernels/dropout_hash.h"

namespace heed::attention::testing {
namespace {

constexpr int64_t kDropoutSeed = 12345;

template <typename T>
T pick(std::mt19937_64& random, std::vector<T> from) {
  return from[std::uniform_int_distribution<size_t>(0, from.size() - 1)(random)];
}

at::Tensor numbers(const WindowCase& c, at::ScalarType as, at::IntArrayRef sizes, at::Generator& generator) {
  const auto normal = at::randn(sizes, generator, at::TensorOptions().dtype(at::kDouble));
  return normal.to(c.dtype).to(as).requires_grad_(true);
}

double dropout_factor(const WindowCase& c, int64_t head, int64_t query, int64_t key) {
  if (c.dropout == 0) return 1;
  const auto row = kernels::dropout_row_key(kernels::dropout_head_seed(kDropoutSeed, head), query);
  const auto hash = kernels::dropout_hash(static_cast<uint32_t>(key), row);
  return hash < kernels::dropout_threshold(c.dropout) ? 0 : 1 / (1 - c.dropout);
}

double worst(const at::Tensor& a, const at::Tensor& b) {
  if (a.numel() == 0) return 0;
  const auto x = a.to(at::kDouble), y = b.to(at::kDouble);
  const double size = std::max(1.0, y.abs().max().item<double>());
  const double difference = (x - y).abs().max().item<double>() / size;
  return std::isnan(difference) ? INFINITY : difference;
}

}  // namespace

std::string WindowCase::text() const {
  std::ostringstream out;
  out << height << " x " << width << " size " << size << " stride " << stride << " head_dim " << head_dim
      << (zero_border ? " zero" : " masked") << (tables ? " tables" : "") << (shared_tables ? " shared" : "")
      << " dropout " << dropout << " batch " << batch << " heads " << heads << " " << c10::toString(dtype)
      << " seed " << seed;
  return out.str();
}

Window2d WindowCase::pattern() const {
  return {height, width, size, stride, zero_border ? Border::kZero : Border::kMasked};
}

std::vector<at::Tensor> WindowTensors::all() const {
  std::vector<at::Tensor> list{query, key, value};
  if (row.defined()) list.insert(list.end(), {row, column});
  return list;
}

WindowTensors make_window_tensors(const WindowCase& c, at::ScalarType as) {
  auto generator = at::detail::createCPUGenerator(c.seed);
  const int64_t queries = ((c.height + c.stride - 1) / c.stride) * ((c.width + c.stride - 1) / c.stride);
  WindowTensors t;
  t.query = numbers(c, as, {c.batch, c.heads, queries, c.head_dim}, generator);
  t.key = numbers(c, as, {c.batch, c.heads, c.height * c.width, c.head_dim}, generator);
  t.value = numbers(c, as, t.key.sizes(), generator);
  if (!c.tables) return t;
  t.row = numbers(c, as, {c.shared_tables ? 1 : c.heads, c.size, c.head_dim / 2}, generator);
  t.column = numbers(c, as, t.row.sizes(), generator);
  return t;
}

WindowTensors make_window_tensors(const WindowCase& c) {
  return make_window_tensors(c, c.dtype);
}

WindowInputs make_window_inputs(const WindowCase& c, const WindowTensors& t) {
  WindowInputs in{.query = t.query, .key = t.key, .value = t.value};
  if (t.row.defined()) in.row = t.row, in.column = t.column;
  in.pattern = c.pattern();
  in.scale = 1 / std::sqrt(static_cast<double>(c.head_dim));
  in.dropout = {c.dropout, at::tensor(std::vector<int64_t>{kDropoutSeed}, at::kLong)};
  return in;
}

Spec make_window_spec(const WindowCase& c, const WindowTensors& t, Backend backend) {
  Spec spec;
  spec.pattern = c.pattern();
  if (t.row.defined()) spec.relation = RowColumn{t.row, t.column};
  spec.dropout = make_window_inputs(c, t).dropout;
  spec.backend = backend;
  return spec;
}

WindowOutcome run_window(const WindowCase& c, const WindowTensors& t, WindowBy by) {
  const auto in = make_window_inputs(c, t);
  const Result result = by == WindowBy::kReference ? window_reference(in) : window_attention(in);
  auto generator = at::detail::createCPUGenerator(c.seed + 1);
  const auto weight =
      at::randn(result.output.sizes(), generator, at::TensorOptions().dtype(at::kDouble)).to(c.dtype);
  const auto loss = (result.output * weight.to(result.output.scalar_type())).sum();
  return {result.output.detach(), result.logsumexp, torch::autograd::grad({loss}, t.all())};
}

std::vector<WindowCase> odd_window_cases() {
  std::vector<WindowCase> cases{
      {.height = 1, .width = 1},
      {.height = 1, .width = 1, .size = 7, .zero_border = true},
      {.height = 2, .width = 1, .size = 5},
      {.height = 1, .width = 2, .size = 5, .zero_border = true},
      {.height = 6, .width = 6, .size = 7},
      {.height = 7, .width = 7, .size = 7, .zero_border = true},
      {.height = 3, .width = 15, .size = 5},
      {.height = 3, .width = 16, .size = 5, .zero_border = true},
      {.height = 3, .width = 17, .size = 5},
      {.height = 4, .width = 7},
      {.height = 4, .width = 8},
      {.height = 4, .width = 9},
      {.height = 13, .width = 17, .size = 7},
      {.height = 17, .width = 13, .size = 9, .zero_border = true},
      {.height = 5, .width = 6, .size = 11},
      {.height = 6, .width = 5, .size = 13, .zero_border = true},
      {.height = 9, .width = 9, .size = 1},
      {.height = 8, .width = 8, .size = 3, .stride = 2},
      {.height = 9, .width = 11, .size = 3, .stride = 2, .zero_border = true},
      {.height = 10, .width = 35, .size = 7, .stride = 2},
      {.height = 7, .width = 16, .size = 5, .stride = 3},
      {.height = 9, .width = 10, .size = 3, .stride = 5},
      {.height = 8, .width = 7, .size = 1, .stride = 3, .zero_border = true},
  };
  const size_t shapes = cases.size();
  for (const int64_t head_dim : {12, 20, 64, 9, 256}) {
    cases.push_back({.height = 4, .width = 9, .size = 5, .head_dim = head_dim, .tables = head_dim % 2 == 0});
  }
  for (size_t i = 0; i < shapes; ++i) {
    WindowCase other = cases[i];
    other.tables = i % 3 != 0, other.shared_tables = i % 2 == 0, other.zero_border = !other.zero_border;
    other.dropout = i % 2 == 0 ? 0.25 : 0;
    cases.push_back(other);
  }
  cases.push_back({.batch = 0});
  cases.push_back({.batch = 9, .heads = 2});  // whole heads
  cases.push_back({.height = 37, .width = 5, .size = 7, .dropout = 0.1, .batch = 1, .heads = 1});  // bands
  cases.push_back(
      {.height = 41, .width = 4, .size = 3, .stride = 2, .zero_border = true, .batch = 1, .heads = 2});
  return cases;
}

WindowCase random_window_case(std::mt19937_64& random) {
  WindowCase c;
  c.height = pick<int64_t>(random, {1, 2, 3, 5, 8, 11, 20});
  c.width = pick<int64_t>(random, {1, 2, 5, 7, 8, 9, 15, 16, 17, 33});
  c.size = pick<int64_t>(random, {1, 3, 5, 7, 7, 9, 11, 15});
  c.stride = pick<int64_t>(random, {1, 1, 2, 3});
  c.head_dim = pick<int64_t>(random, {8, 8, 10, 16, 20, 31, 32});
  c.zero_border = pick<int>(random, {0, 1}) == 1;
  c.tables = c.head_dim % 2 == 0 && pick<int>(random, {0, 1, 1}) == 1;
  c.shared_tables = pick<int>(random, {0, 1}) == 1;
  c.dropout = pick<double>(random, {0, 0, 0.3});
  c.batch = pick<int64_t>(random, {1, 2, 3});
  c.heads = pick<int64_t>(random, {1, 2, 5});
  c.seed = random();
  return c;
}

at::Tensor naive_window_attention(const WindowCase& c, const WindowTensors& t) {
  const auto number = [](const at::Tensor& tensor) { return tensor.detach().to(at::kDouble).contiguous(); };
  const auto query = number(t.query), key = number(t.key), value = number(t.value);
  const auto row = c.tables ? number(t.row) : at::Tensor(),
             column = c.tables ? number(t.column) : at::Tensor();
  const auto output = at::zeros_like(query);
  const int64_t width = (c.width + c.stride - 1) / c.stride, half = c.head_dim / 2;
  for (int64_t head = 0; head < c.batch * c.heads; ++head) {
    const int64_t b = head / c.heads, h = head % c.heads, table = c.shared_tables ? 0 : h;
    for (int64_t i = 0; i < query.size(2); ++i) {
      const auto q = query[b][h][i] / std::sqrt(static_cast<double>(c.head_dim));
      double total = 0;
      for (int64_t place = 0; place < c.size * c.size; ++place) {
        const int64_t dy = place / c.size, dx = place % c.size;
        const int64_t y = i / width * c.stride + dy - c.size / 2, x = i % width * c.stride + dx - c.size / 2;
        const bool inside = y >= 0 && y < c.height && x >= 0 && x < c.width;
        if (!inside && !c.zero_border) continue;
        double score = inside ? q.dot(key[b][h][y * c.width + x]).item<double>() : 0;
        if (c.tables) {
          score += q.narrow(0, 0, half).dot(row[table][dy]).item<double>();
          score += q.narrow(0, half, half).dot(column[table][dx]).item<double>();
        }
        total += std::exp(score);
        if (!inside) continue;
        const double weight = std::exp(score) * dropout_factor(c, head, i, y * c.width + x);
        output[b][h][i] += weight * value[b][h][y * c.width + x];
      }
      output[b][h][i] /= total;
    }
  }
  return output;
}

double window_difference(const WindowOutcome& a, const WindowOutcome& b) {
  double difference = std::max(worst(a.output, b.output), worst(a.logsumexp, b.logsumexp));
  for (size_t i = 0; i < a.gradients.size(); ++i) {
    difference = std::max(difference, worst(a.gradients[i], b.gradients[i]));
  }
  return difference;
}

}  // namespace heed::attention::testing
