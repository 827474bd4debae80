// SPDX-License-Identifier: Apache-2.0
#include "heed/kernels/edge_attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "heed/kernels/dropout_hash.h"
#include "heed/kernels/isa.h"

namespace heed::kernels {
namespace {

using Vector = std::vector<double>;

/// A graph and numbers for every input of a problem, in double.
struct Case {
  int64_t targets, sources;
  int32_t heads, head_dim;
  EdgeScore score;
  bool relation = false, typed = false;  ///< relation: keys, values and bias, by type or by edge
  bool bfloat16 = false;
  double drop = 0;
  std::vector<int64_t> begin = {};
  std::vector<int32_t> source = {}, type = {};
  Vector query = {}, key = {}, value = {}, vector = {}, more_key = {}, more_value = {}, bias = {},
         output_grad = {};

  int64_t edges() const { return static_cast<int64_t>(source.size()); }
  int64_t numbers() const { return int64_t{heads} * head_dim; }
  int64_t query_numbers() const { return score == EdgeScore::kGat ? heads : numbers(); }
  int64_t rows() const { return typed ? kTypes : edges(); }
  int64_t row(int64_t e) const { return typed ? type[static_cast<size_t>(e)] : e; }
  double scale() const { return 1 / std::sqrt(static_cast<double>(head_dim)); }
  bool has_vector() const { return score == EdgeScore::kGatV2; }
  bool has_more_key() const { return relation && score != EdgeScore::kGat; }
  static constexpr int64_t kTypes = 3;
  static constexpr double kSlope = 0.2;
  static constexpr uint64_t kSeed = 5;
};

double rounded(double x) {
  const auto number = static_cast<float>(x);
  uint32_t bits;
  std::memcpy(&bits, &number, 4);
  bits = (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000;
  float back;
  std::memcpy(&back, &bits, 4);
  return back;
}

/// Degrees 0, 1, 2 ... and one that is far larger.
Case make_case(Case c) {
  std::mt19937 random(static_cast<uint32_t>(c.targets * 100 + c.heads * 10 + c.head_dim));
  c.begin = {0};
  for (int64_t i = 0; i < c.targets; ++i) {
    const int64_t degree = i == 2 ? 3 * c.sources + 1 : i % 5;
    for (int64_t n = 0; n < degree; ++n) {
      c.source.push_back(static_cast<int32_t>(random() % static_cast<uint32_t>(c.sources)));
      c.type.push_back(static_cast<int32_t>(random() % Case::kTypes));
    }
    c.begin.push_back(c.edges());
  }
  std::normal_distribution<double> normal;
  const auto draw = [&](Vector& to, int64_t count) {
    to.resize(static_cast<size_t>(count));
    for (double& x : to) x = c.bfloat16 ? rounded(normal(random)) : static_cast<float>(normal(random));
  };
  draw(c.query, c.targets * c.query_numbers());
  draw(c.key, c.sources * c.query_numbers());
  draw(c.value, c.sources * c.numbers());
  draw(c.output_grad, c.targets * c.numbers());
  if (c.has_vector()) draw(c.vector, c.numbers());
  if (c.relation) {
    draw(c.more_value, c.rows() * c.numbers());
    draw(c.bias, c.rows() * c.heads);
    if (c.has_more_key()) draw(c.more_key, c.rows() * c.numbers());
  }
  return c;
}

double at(const Vector& from, int64_t i) {
  return from.empty() ? 0 : from[static_cast<size_t>(i)];
}

double score_of(const Case& c, int64_t target, int64_t e, int32_t h) {
  const auto leaky = [](double x) { return x > 0 ? x : Case::kSlope * x; };
  const int64_t j = c.source[static_cast<size_t>(e)];
  const double bias = at(c.bias, c.row(e) * c.heads + h);
  if (c.score == EdgeScore::kGat)
    return leaky(at(c.query, target * c.heads + h) + at(c.key, j * c.heads + h) + bias);
  double sum = 0;
  for (int64_t d = int64_t{h} * c.head_dim; d < int64_t{h + 1} * c.head_dim; ++d) {
    const double q = at(c.query, target * c.numbers() + d), k = at(c.key, j * c.numbers() + d),
                 r = at(c.more_key, c.row(e) * c.numbers() + d);
    sum += c.score == EdgeScore::kDot ? c.scale() * q * (k + r) : at(c.vector, d) * leaky(q + k + r);
  }
  return sum + bias;
}

bool dropped(const Case& c, int64_t e, int32_t h) {
  return c.drop > 0 &&
         dropout_hash(static_cast<uint32_t>(h), dropout_row_key(Case::kSeed, static_cast<uint64_t>(e))) <
             dropout_threshold(c.drop);
}

struct Found {
  Vector output, logsumexp;
};

/// The definition, in double.
Found attend(const Case& c) {
  Found found{Vector(static_cast<size_t>(c.targets * c.numbers())),
              Vector(static_cast<size_t>(c.targets * c.heads), -std::numeric_limits<double>::infinity())};
  for (int64_t i = 0; i < c.targets; ++i) {
    for (int32_t h = 0; h < c.heads; ++h) {
      const int64_t first = c.begin[static_cast<size_t>(i)], last = c.begin[static_cast<size_t>(i) + 1];
      if (first == last) continue;
      double total = 0;
      for (int64_t e = first; e < last; ++e) total += std::exp(score_of(c, i, e, h));
      found.logsumexp[static_cast<size_t>(i * c.heads + h)] = std::log(total);
      for (int64_t e = first; e < last; ++e) {
        if (dropped(c, e, h)) continue;
        const double weight = std::exp(score_of(c, i, e, h)) / total / (1 - c.drop);
        for (int64_t d = int64_t{h} * c.head_dim; d < int64_t{h + 1} * c.head_dim; ++d) {
          found.output[static_cast<size_t>(i * c.numbers() + d)] +=
              weight * (at(c.value, c.source[static_cast<size_t>(e)] * c.numbers() + d) +
                        at(c.more_value, c.row(e) * c.numbers() + d));
        }
      }
    }
  }
  return found;
}

/// d (output . output_grad) / d input, by central differences.
Vector slope(Case c, Vector Case::*input) {
  const auto loss = [&] {
    const Vector output = attend(c).output;
    double sum = 0;
    for (size_t i = 0; i < output.size(); ++i) sum += output[i] * c.output_grad[i];
    return sum;
  };
  constexpr double kStep = 1e-6;
  Vector found;
  for (double& x : c.*input) {
    const double kept = x;
    x = kept + kStep;
    const double above = loss();
    x = kept - kStep;
    found.push_back((above - loss()) / (2 * kStep));
    x = kept;
  }
  return found;
}

/// Numbers as the kernels read and write them.
class Numbers {
 public:
  Numbers(const Vector& from, bool bfloat16) : bfloat16_(bfloat16), floats_(from.begin(), from.end()) {
    for (const float x : floats_) {
      uint32_t bits;
      std::memcpy(&bits, &x, 4);
      halves_.push_back(static_cast<uint16_t>(bits >> 16));
    }
  }
  Numbers(int64_t count, bool bfloat16) : Numbers(Vector(static_cast<size_t>(count), 7), bfloat16) {}

  Rows rows(int64_t stride) {
    if (floats_.empty()) return {};
    return {bfloat16_ ? static_cast<void*>(halves_.data()) : floats_.data(), stride};
  }
  Vector values() const {
    if (!bfloat16_) return {floats_.begin(), floats_.end()};
    Vector found;
    for (const uint16_t half : halves_) {
      const uint32_t bits = static_cast<uint32_t>(half) << 16;
      float x;
      std::memcpy(&x, &bits, 4);
      found.push_back(x);
    }
    return found;
  }

 private:
  bool bfloat16_;
  std::vector<float> floats_;
  std::vector<uint16_t> halves_;
};

std::vector<float> floats(const Vector& from) {
  return {from.begin(), from.end()};
}

/// Aligned to 64 bytes.
class Scratch {
 public:
  explicit Scratch(int64_t count)
      : floats_(static_cast<size_t>(count) + 16, std::numeric_limits<float>::quiet_NaN()) {}
  float* data() {
    const auto address = reinterpret_cast<uintptr_t>(floats_.data());
    return floats_.data() + (64 - address % 64) % 64 / 4;
  }

 private:
  std::vector<float> floats_;
};

/// The kernels' work on a case, with targets and sources in parts of `part`.
class Kernels {
 public:
  Kernels(const Case& c, int64_t part) : c_(c), part_(part) {
    const bool half = c.bfloat16;
    for (const Vector* input : {&c.query, &c.key, &c.value, &c.more_key, &c.more_value, &c.output_grad})
      inputs_.emplace_back(*input, half);
    vector_ = floats(c.vector), bias_ = floats(c.bias);
    logsumexp_.resize(static_cast<size_t>(c.targets * c.heads));
    p_.edges = {c.begin.data(), c.source.data()};
    p_.heads = c.heads, p_.head_dim = c.head_dim, p_.score = c.score;
    p_.element = half ? Element::kBfloat16 : Element::kFloat;
    p_.scale = static_cast<float>(c.scale()), p_.slope = static_cast<float>(Case::kSlope);
    p_.vector = c.has_vector() ? vector_.data() : nullptr;
    p_.query = inputs_[0].rows(c.query_numbers()), p_.key = inputs_[1].rows(c.query_numbers());
    p_.value = inputs_[2].rows(c.numbers());
    p_.relation = {c.typed ? c.type.data() : nullptr, inputs_[3].rows(c.numbers()),
                   inputs_[4].rows(c.numbers()), c.relation ? bias_.data() : nullptr};
    if (c.drop > 0)
      p_.dropout = {dropout_threshold(c.drop), static_cast<float>(1 / (1 - c.drop)), Case::kSeed};
    p_.output = output_.rows(c.numbers()), p_.logsumexp = logsumexp_.data();
  }

  Found forward() {
    in_parts(c_.targets,
             [&](int64_t begin, int64_t end, float* scratch) { run_.forward(p_, begin, end, scratch); });
    return {output_.values(), {logsumexp_.begin(), logsumexp_.end()}};
  }

  /// Sums with the weights [edges, heads] in place of attention: output, and gradients of weights and values.
  struct Sums {
    Vector output, weights, value;
  };
  Sums sums(const Vector& weights) {
    by_source();
    const int32_t listed = run_.edge_heads(c_.heads);
    Scratch padded(c_.edges() * listed + 16), padded_grad(c_.edges() * listed + 16);
    const auto place = [&](int64_t i) { return i / c_.heads * listed + i % c_.heads; };
    for (size_t i = 0; i < weights.size(); ++i)
      padded.data()[place(static_cast<int64_t>(i))] = static_cast<float>(weights[i]);
    Numbers value_grad(c_.sources * c_.numbers(), c_.bfloat16);
    EdgeSum s;
    s.edges = p_.edges, s.by_source = {source_begin_.data(), edge_.data(), target_.data()};
    s.heads = c_.heads, s.head_dim = c_.head_dim, s.element = p_.element;
    s.weights = padded.data(), s.weights_grad = padded_grad.data();
    s.value = p_.value, s.output = p_.output;
    s.output_grad = inputs_[5].rows(c_.numbers()), s.value_grad = value_grad.rows(c_.numbers());
    in_parts(c_.targets,
             [&](int64_t begin, int64_t end, float* scratch) { run_.sum_forward(s, begin, end, scratch); });
    in_parts(c_.targets, [&](int64_t begin, int64_t end, float* scratch) {
      run_.sum_backward_weights(s, begin, end, scratch);
    });
    in_parts(c_.sources, [&](int64_t begin, int64_t end, float* scratch) {
      run_.sum_backward_values(s, begin, end, scratch);
    });
    Sums found{output_.values(), {}, value_grad.values()};
    for (size_t i = 0; i < weights.size(); ++i)
      found.weights.push_back(padded_grad.data()[place(static_cast<int64_t>(i))]);
    return found;
  }

  struct Gradients {
    Vector query, key, value, more_key, more_value, bias, vector;
  };
  Gradients backward() {
    forward();
    const int64_t rows = c_.rows();
    const bool half = c_.bfloat16, by_edge = c_.relation && !c_.typed, by_type = c_.relation && c_.typed;
    Numbers query(c_.targets * c_.query_numbers(), half), key(c_.sources * c_.query_numbers(), half),
        value(c_.sources * c_.numbers(), half), more_key(rows * c_.numbers(), half),
        more_value(rows * c_.numbers(), half);
    std::vector<float> bias(static_cast<size_t>(rows * c_.heads)),
        type_key(static_cast<size_t>(rows * c_.numbers())), type_value(type_key.size()),
        vector(static_cast<size_t>(c_.numbers()));
    Scratch target_lists(c_.targets * run_.target_floats(p_) + 16),
        score_grad(c_.edges() * run_.edge_heads(c_.heads) + 16);
    by_source();
    EdgeGradient g;
    g.forward = p_;
    g.by_source = {source_begin_.data(), edge_.data(), target_.data()};
    g.output_grad = inputs_[5].rows(c_.numbers());
    g.query_grad = query.rows(c_.query_numbers()), g.key_grad = key.rows(c_.query_numbers()),
    g.value_grad = value.rows(c_.numbers());
    g.target_lists = target_lists.data(), g.score_grad = score_grad.data();
    EdgeSums sums;
    if (by_edge) {
      g.edge_value_grad = more_value.rows(c_.numbers()), g.edge_bias_grad = bias.data();
      if (c_.has_more_key()) g.edge_key_grad = more_key.rows(c_.numbers());
    } else if (by_type) {
      sums.value = type_value.data(), sums.bias = bias.data();
      if (c_.has_more_key()) sums.key = type_key.data();
    }
    if (c_.has_vector()) sums.vector = vector.data();
    in_parts(c_.targets, [&](int64_t begin, int64_t end, float* scratch) {
      run_.backward_means(g, begin, end, scratch);
    });
    in_parts(c_.sources, [&](int64_t begin, int64_t end, float* scratch) {
      run_.backward_sources(g, sums, begin, end, scratch);
    });
    in_parts(c_.targets, [&](int64_t begin, int64_t end, float* scratch) {
      run_.backward_targets(g, begin, end, scratch);
    });
    const auto doubles = [](const std::vector<float>& from) { return Vector(from.begin(), from.end()); };
    return {query.values(),
            key.values(),
            value.values(),
            by_type ? doubles(type_key) : more_key.values(),
            by_type ? doubles(type_value) : more_value.values(),
            doubles(bias),
            doubles(vector)};
  }

 private:
  void in_parts(int64_t nodes, const std::function<void(int64_t, int64_t, float*)>& work) {
    Scratch scratch(run_.scratch(p_, c_.edges()));
    for (int64_t begin = 0; begin < nodes; begin += part_)
      work(begin, std::min(nodes, begin + part_), scratch.data());
  }

  void by_source() {
    source_begin_ = {0};
    for (int64_t j = 0; j < c_.sources; ++j) {
      for (int64_t i = 0; i < c_.targets; ++i) {
        for (int64_t e = c_.begin[static_cast<size_t>(i)]; e < c_.begin[static_cast<size_t>(i) + 1]; ++e) {
          if (c_.source[static_cast<size_t>(e)] != j) continue;
          edge_.push_back(e);
          target_.push_back(static_cast<int32_t>(i));
        }
      }
      source_begin_.push_back(static_cast<int64_t>(edge_.size()));
    }
  }

  const Case& c_;
  int64_t part_;
  const EdgeKernels& run_ = *cpu_kernels().edge;
  std::vector<Numbers> inputs_;
  std::vector<float> vector_, bias_, logsumexp_;
  Numbers output_{c_.targets * c_.numbers(), c_.bfloat16};
  EdgeProblem p_;
  std::vector<int64_t> source_begin_, edge_;
  std::vector<int32_t> target_;
};

void expect_near(const Vector& found, const Vector& expected, double tolerance, const std::string& what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i] == expected[i]) continue;  // infinities
    ASSERT_NEAR(found[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i]))) << what << " " << i;
  }
}

std::string name_of(const Case& c) {
  static const char* const names[] = {"dot", "GAT", "GATv2"};
  return std::string(names[static_cast<int>(c.score)]) + ", " + std::to_string(c.heads) + " heads of " +
         std::to_string(c.head_dim) + (c.relation ? c.typed ? ", types" : ", edge features" : "") +
         (c.bfloat16 ? ", bfloat16" : "") + (c.drop > 0 ? ", dropout" : "");
}

const EdgeScore kScores[] = {EdgeScore::kDot, EdgeScore::kGat, EdgeScore::kGatV2};

struct Shape {
  int32_t heads, head_dim;
};

/// Every score with every kind of relation, on this shape.
std::vector<Case> cases(Shape shape) {
  std::vector<Case> found;
  for (const EdgeScore score : kScores) {
    for (const int relation : {0, 1, 2}) {
      found.push_back(make_case({.targets = 7,
                                 .sources = 5,
                                 .heads = shape.heads,
                                 .head_dim = shape.head_dim,
                                 .score = score,
                                 .relation = relation > 0,
                                 .typed = relation == 2,
                                 .drop = relation == 1 ? 0.4 : 0}));
    }
  }
  return found;
}

TEST(EdgeAttention, OutputsFollowTheDefinitionForHeadsOfAnyWidth) {
  for (const Shape shape :
       {Shape{1, 1}, {8, 8}, {1, 7}, {2, 16}, {3, 32}, {5, 4}, {8, 1}, {6, 10}, {17, 2}, {1, 64}, {4, 48}}) {
    for (const Case& c : cases(shape)) {
      const Found expected = attend(c), found = Kernels(c, 3).forward();
      expect_near(found.output, expected.output, 2e-5, name_of(c));
      expect_near(found.logsumexp, expected.logsumexp, 2e-6, name_of(c) + ", logsumexp");
    }
  }
}

TEST(EdgeAttention, GradientsAreTheSlopesOfTheDefinition) {
  for (const Shape shape : {Shape{1, 1}, {4, 4}, {1, 7}, {2, 16}, {3, 5}}) {
    for (const Case& c : cases(shape)) {
      const auto found = Kernels(c, 3).backward();
      expect_near(found.query, slope(c, &Case::query), 1e-4, name_of(c) + ", query");
      expect_near(found.key, slope(c, &Case::key), 1e-4, name_of(c) + ", key");
      expect_near(found.value, slope(c, &Case::value), 1e-4, name_of(c) + ", value");
      if (c.has_vector()) expect_near(found.vector, slope(c, &Case::vector), 1e-4, name_of(c) + ", vector");
      if (!c.relation) continue;
      expect_near(found.more_value, slope(c, &Case::more_value), 1e-4, name_of(c) + ", relation of values");
      expect_near(found.bias, slope(c, &Case::bias), 1e-4, name_of(c) + ", bias");
      if (c.has_more_key())
        expect_near(found.more_key, slope(c, &Case::more_key), 1e-4, name_of(c) + ", relation of keys");
    }
  }
}

TEST(EdgeAttention, Bfloat16IsRoundedOnceAtTheEnd) {
  for (const EdgeScore score : kScores) {
    const Case c = make_case({.targets = 9,
                              .sources = 6,
                              .heads = 4,
                              .head_dim = 8,
                              .score = score,
                              .relation = true,
                              .bfloat16 = true});
    expect_near(Kernels(c, 4).forward().output, attend(c).output, 0.004, name_of(c));
    expect_near(Kernels(c, 4).backward().value, slope(c, &Case::value), 0.004, name_of(c) + ", value");
  }
}

TEST(EdgeAttention, BitsDoNotDependOnTheParts) {
  for (const EdgeScore score : kScores) {
    const Case c =
        make_case({.targets = 40, .sources = 30, .heads = 8, .head_dim = 8, .score = score, .drop = 0.5});
    const auto whole = Kernels(c, 40).backward(), parts = Kernels(c, 1).backward();
    EXPECT_EQ(whole.query, parts.query) << name_of(c);
    EXPECT_EQ(whole.key, parts.key) << name_of(c);
    EXPECT_EQ(whole.value, parts.value) << name_of(c);
  }
}

TEST(EdgeSums, WeighEachHeadOfASourceAndPassGradientsBack) {
  for (const Shape shape : {Shape{1, 1}, {8, 8}, {1, 7}, {2, 16}, {3, 32}, {5, 4}, {6, 10}, {1, 72}}) {
    const Case c = make_case({.targets = 7,
                              .sources = 5,
                              .heads = shape.heads,
                              .head_dim = shape.head_dim,
                              .score = EdgeScore::kDot,
                              .relation = true});
    const Vector& weights = c.bias;  // [edges, heads]
    Kernels::Sums expected{Vector(c.output_grad.size()), Vector(weights.size()), Vector(c.value.size())};
    for (int64_t i = 0; i < c.targets; ++i) {
      for (int64_t e = c.begin[static_cast<size_t>(i)]; e < c.begin[static_cast<size_t>(i) + 1]; ++e) {
        for (int64_t d = 0; d < c.numbers(); ++d) {
          const auto weight = static_cast<size_t>(e * c.heads + d / c.head_dim),
                     to = static_cast<size_t>(i * c.numbers() + d),
                     from = static_cast<size_t>(c.source[static_cast<size_t>(e)] * c.numbers() + d);
          expected.output[to] += weights[weight] * c.value[from];
          expected.weights[weight] += c.output_grad[to] * c.value[from];
          expected.value[from] += weights[weight] * c.output_grad[to];
        }
      }
    }
    const auto found = Kernels(c, 2).sums(weights);
    expect_near(found.output, expected.output, 1e-5, name_of(c));
    expect_near(found.weights, expected.weights, 1e-5, name_of(c) + ", weights");
    expect_near(found.value, expected.value, 1e-5, name_of(c) + ", values");
  }
}

TEST(EdgeAttention, LargeScoresNeitherOverflowNorVanish) {
  Case c = make_case({.targets = 4, .sources = 3, .heads = 2, .head_dim = 4, .score = EdgeScore::kDot});
  for (double& x : c.query) x *= 300;
  const Found found = Kernels(c, 4).forward();
  for (const double x : found.output) EXPECT_TRUE(std::isfinite(x));
  for (int64_t i = 0; i < c.targets; ++i) {
    const bool has_edges = c.begin[static_cast<size_t>(i)] < c.begin[static_cast<size_t>(i) + 1];
    for (int32_t h = 0; h < c.heads; ++h)
      EXPECT_EQ(std::isfinite(found.logsumexp[static_cast<size_t>(i * c.heads + h)]), has_edges);
  }
}

}  // namespace
}  // namespace heed::kernels
