// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/dropout_hash.h"
#include "heed/kernels/edge_attention.h"
#include "heed/kernels/edge_heads.h"

/// edge_attention.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

constexpr int64_t kEdgesAhead = 8;   ///< fetched before they are needed
constexpr int kJoinedVectors = 8;    ///< of a sum over edges, kept in registers
constexpr float kSmallest = -3e38f;  ///< below every score: a list's largest is never -infinity

/// A term of a sum over edges: weight of the row's head * (row + more).
template <class Number>
struct EdgeTerm {
  const Number *row, *more;  ///< more: optional
  const float* weight;
};

/// Numbers j, j + 1, ... of the sum of `count` terms, kVectors whole vectors of them.
template <int kVectors, class Number, class Width, class Terms>
inline void sum_terms(const Width& width, int64_t count, const Terms& term, int64_t j, float* to) {
  Floats total[kVectors] = {};
  for (int64_t n = 0; n < count; ++n) {
    if (n + kEdgesAhead < count) {
      const Number* next = term(n + kEdgesAhead).row + j;
      for (int v = 0; v < kVectors; v += 64 / (kLanes * static_cast<int>(sizeof(Number))))
        __builtin_prefetch(next + v * kLanes);
    }
    const EdgeTerm<Number> t = term(n);
    for (int v = 0; v < kVectors; ++v) {
      Floats x = load_numbers(t.row + j + v * kLanes);
      if (t.more) x += load_numbers(t.more + j + v * kLanes);
      total[v] = multiply_add(width.spread(t.weight, j + v * kLanes), x, total[v]);
    }
  }
  for (int v = 0; v < kVectors; ++v) store(to + j + v * kLanes, total[v]);
}

/// to[0 .. numbers) = the sum of `count` terms.
template <class Number, class Width, class Terms>
inline void sum_terms(const Width& width, int64_t numbers, int64_t count, const Terms& term, float* to) {
  int64_t j = 0;
  for (; j + kJoinedVectors * kLanes <= numbers; j += kJoinedVectors * kLanes)
    sum_terms<kJoinedVectors, Number>(width, count, term, j, to);
  for (; j + kLanes <= numbers; j += kLanes) sum_terms<1, Number>(width, count, term, j, to);
  if (j == numbers) return;
  const int rest = static_cast<int>(numbers - j);
  Floats total{};
  for (int64_t n = 0; n < count; ++n) {
    const EdgeTerm<Number> t = term(n);
    Floats x = load_numbers(t.row + j, rest);
    if (t.more) x += load_numbers(t.more + j, rest);
    total = multiply_add(width.spread(t.weight, j), x, total);
  }
  store_some(to + j, total, rest);
}

/// The work on one graph. Number: float, or uint16_t for bfloat16. Width: how heads lie in vectors (edge_heads.h).
template <class Number, class Width, EdgeScore kScore>
struct EdgeWork {
  const EdgeProblem& p;
  Width width;
  int64_t numbers, query_numbers;  ///< of a row of values, and of queries
  int32_t listed;
  float *query, *row;                             ///< [numbers]: the target's query, scaled; a sum
  float *scores, *weights, *weight_grads, *list;  ///< [most edges, listed] each, and [listed]
  int64_t used = 0;

  /// Without a scratch, `used` counts what one takes.
  EdgeWork(const EdgeProblem& problem, int64_t most, float* scratch)
      : p(problem),
        width(problem.heads, problem.head_dim),
        numbers(int64_t{problem.heads} * problem.head_dim),
        query_numbers(kScore == EdgeScore::kGat ? problem.heads : numbers),
        listed(listed_heads(problem.heads)) {
    const auto take = [&](int64_t floats) {
      float* piece = scratch ? scratch + used : nullptr;
      used += (floats + 2 * kLanes - 1) / kLanes * kLanes;  // a vector more than needed
      return piece;
    };
    query = take(numbers);
    row = take(numbers);
    list = take(listed);
    scores = take(most * listed);
    weights = take(most * listed);
    weight_grads = take(most * listed);
  }

  static const Number* at(Rows rows, int64_t n) {
    return static_cast<const Number*>(rows.data) + n * rows.stride;
  }
  static Number* place(Rows rows, int64_t n) { return static_cast<Number*>(rows.data) + n * rows.stride; }
  int64_t relation_row(int64_t e) const { return p.relation.row ? p.relation.row[e] : e; }
  const Number* relation(Rows table, int64_t e) const {
    return table.data ? at(table, relation_row(e)) : nullptr;
  }
  const float* bias(int64_t e) const {
    return p.relation.bias ? p.relation.bias + relation_row(e) * p.heads : nullptr;
  }
  int64_t first(int64_t target) const { return p.edges.target_begin[target]; }
  int64_t degree(int64_t target) const { return first(target + 1) - first(target); }

  Floats leaky(Floats x) const { return select(x > Floats{}, x, x * splat(p.slope)); }
  Floats leaky_slope(Floats x) const { return select(x > Floats{}, splat(1.0f), splat(p.slope)); }
  static Floats plus(Floats x, const Number* row, int64_t j, int count) {
    return row ? x + load_numbers(row + j, count) : x;
  }

  /// What leaky_relu gets in kGatV2.
  Floats joined(const float* query_row, const Number* key, const Number* more, int64_t j, int count) const {
    return plus(load_some(query_row + j, count) + load_numbers(key + j, count), more, j, count);
  }

  void read(Rows rows, int64_t n, int64_t count_of_row, float scale, float* to) const {
    for_vectors(count_of_row, [&](int64_t j, int count) {
      store_some(to + j, load_numbers(at(rows, n) + j, count) * splat(scale), count);
    });
  }
  void write(Rows rows, int64_t n, int64_t count_of_row, float scale, const float* from) const {
    for_vectors(count_of_row, [&](int64_t j, int count) {
      store_numbers(place(rows, n) + j, load_some(from + j, count) * splat(scale), count);
    });
  }

  /// The scores of a target's edges; -infinity in what fills lists up.
  void score(int64_t target) {
    read(p.query, target, query_numbers, kScore == EdgeScore::kDot ? p.scale : 1.0f, query);
    const int64_t begin = first(target), count = degree(target);
    for (int64_t n = 0; n < count; ++n) {
      if (n + kEdgesAhead < count) __builtin_prefetch(at(p.key, p.edges.source[begin + n + kEdgesAhead]));
      const int64_t e = begin + n;
      const Number* key = at(p.key, p.edges.source[e]);
      const Number* more = relation(p.relation.key, e);
      const float* added = bias(e);
      float* to = scores + n * listed;
      if constexpr (kScore == EdgeScore::kGat) {
        for_vectors(p.heads, [&](int64_t j, int lanes) {
          Floats x = load_some(query + j, lanes) + load_numbers(key + j, lanes);
          if (added) x += load_some(added + j, lanes);
          store(to + j, leaky(x));
        });
        continue;
      } else if constexpr (kScore == EdgeScore::kDot) {
        width.sum_heads(
            [&](int64_t j, int lanes) {
              return load_some(query + j, lanes) * plus(load_numbers(key + j, lanes), more, j, lanes);
            },
            to);
      } else {
        width.sum_heads(
            [&](int64_t j, int lanes) {
              return load_some(p.vector + j, lanes) * leaky(joined(query, key, more, j, lanes));
            },
            to);
      }
      for (int32_t h = 0; added && h < p.heads; ++h) to[h] += added[h];
    }
    HeadLists(p.heads, count).fill_up(scores, count, -kInfinity);
  }

  /// Factors of dropout for the weights at `offset` of a target's lists.
  Floats kept(int64_t first_edge, int64_t offset) const {
    Words key{}, head{};
    uint32_t of_edge = 0;
    for (int i = 0; i < kLanes; ++i) {
      const auto h = static_cast<uint32_t>((offset + i) % listed);
      if (i == 0 || h == 0)
        of_edge = dropout_row_key(p.dropout.seed, static_cast<uint64_t>(first_edge + (offset + i) / listed));
      key[i] = of_edge;
      head[i] = h;
    }
    return select(dropout_hash(head, key) >= splat(p.dropout.threshold), splat(p.dropout.scale), Floats{});
  }

  /// Scores become weights; writes logsumexp.
  void softmax(int64_t target) {
    const int64_t count = degree(target);
    const HeadLists lists(p.heads, count);
    for (int32_t c = 0; c < lists.columns; ++c) {
      Floats top = splat(kSmallest), total{};
      lists.each(c, [&](int64_t at) { top = maximum(load(scores + at), top); });
      top = lists.fold(top, maximum);
      lists.each(c, [&](int64_t at) {
        const Floats weight = exponential(load(scores + at) - top);
        store(scores + at, weight);
        total += weight;
      });
      total = lists.fold(total, [](Floats a, Floats b) { return a + b; });
      lists.each(c, [&](int64_t at) {
        Floats weight = load(scores + at) / total;
        if (p.dropout.threshold) weight *= kept(first(target), at);
        store(scores + at, weight);
      });
      store_some(p.logsumexp + target * p.heads + c * kLanes, top + logarithm(total), lists.count(c));
    }
  }

  void forward(int64_t target) {
    const int64_t count = degree(target), begin = first(target);
    if (count == 0) {
      fill(row, numbers, 0);
      fill(p.logsumexp + target * p.heads, p.heads, -kInfinity);
    } else {
      score(target);
      softmax(target);
      const auto term = [&](int64_t n) {
        return EdgeTerm<Number>{at(p.value, p.edges.source[begin + n]), relation(p.relation.value, begin + n),
                                scores + n * listed};
      };
      sum_terms<Number>(width, numbers, count, term, row);
    }
    write(p.output, target, numbers, 1, row);
  }

  /// Weights, and gradients of scores before leaky_relu, of a target's edges, to g.weights and g.score_grad.
  void score_gradients(const EdgeGradient& g, int64_t target) {
    const int64_t count = degree(target), begin = first(target);
    score(target);
    const Number* out = at(g.output_grad, target);
    for (int64_t n = 0; n < count; ++n) {
      if (n + kEdgesAhead < count) __builtin_prefetch(at(p.value, p.edges.source[begin + n + kEdgesAhead]));
      const Number* value = at(p.value, p.edges.source[begin + n]);
      const Number* more = relation(p.relation.value, begin + n);
      width.sum_heads(
          [&](int64_t j, int lanes) {
            return load_numbers(out + j, lanes) * plus(load_numbers(value + j, lanes), more, j, lanes);
          },
          weight_grads + n * listed);
    }
    const HeadLists lists(p.heads, count);
    lists.fill_up(weight_grads, count, 0);
    for (int32_t c = 0; c < lists.columns; ++c) {
      const Floats normalizer = lists.repeat(p.logsumexp + target * p.heads, c, 0);
      Floats mean{};
      lists.each(c, [&](int64_t at) {
        const Floats weight = exponential(load(scores + at) - normalizer);
        Floats grad = load(weight_grads + at);
        Floats used_weight = weight;
        if (p.dropout.threshold) {
          const Floats factor = kept(begin, at);
          used_weight *= factor;
          grad *= factor;
        }
        mean += weight * grad;
        store(weights + at, used_weight);
        Floats slope = weight;
        if constexpr (kScore == EdgeScore::kGat) slope *= leaky_slope(load(scores + at));
        store(scores + at, slope);
        store(weight_grads + at, grad);
      });
      mean = lists.fold(mean, [](Floats a, Floats b) { return a + b; });
      lists.each(c, [&](int64_t at) {
        store(weight_grads + at, load(scores + at) * (load(weight_grads + at) - mean));
      });
    }
    copy(weights, count * listed, g.weights + begin * listed);
    copy(weight_grads, count * listed, g.score_grad + begin * listed);
  }

  static void copy(const float* from, int64_t count, float* to) {
    for_vectors(count, [&](int64_t j, int lanes) { store_some(to + j, load_some(from + j, lanes), lanes); });
  }

  void query_gradient(const EdgeGradient& g, int64_t target) {
    const int64_t count = degree(target), begin = first(target);
    if constexpr (kScore == EdgeScore::kGat) {
      const HeadLists lists(p.heads, count);
      for (int32_t c = 0; c < lists.columns; ++c) {
        Floats total{};
        lists.each(c, [&](int64_t at) { total += load(weight_grads + at); });
        store(list + c * kLanes, lists.fold(total, [](Floats a, Floats b) { return a + b; }));
      }
      write(g.query_grad, target, p.heads, 1, list);
    } else if constexpr (kScore == EdgeScore::kDot) {
      const auto term = [&](int64_t n) {
        return EdgeTerm<Number>{at(p.key, p.edges.source[begin + n]), relation(p.relation.key, begin + n),
                                weight_grads + n * listed};
      };
      sum_terms<Number>(width, numbers, count, term, row);
      write(g.query_grad, target, numbers, p.scale, row);
    } else {
      for_vectors(numbers, [&](int64_t j, int lanes) {
        Floats total{};
        for (int64_t n = 0; n < count; ++n) {
          const Floats x = joined(query, at(p.key, p.edges.source[begin + n]),
                                  relation(p.relation.key, begin + n), j, lanes);
          total += width.spread(weight_grads + n * listed, j) * leaky_slope(x);
        }
        store_some(row + j, total * load_some(p.vector + j, lanes), lanes);
      });
      write(g.query_grad, target, numbers, 1, row);
    }
  }

  static void add(float* to, Floats x, int lanes) { store_some(to, load_some(to, lanes) + x, lanes); }

  /// Gradients of the relation and of `vector`, edge by edge.
  void edge_gradients(const EdgeGradient& g, const EdgeSums& sums, int64_t target) {
    const int64_t count = degree(target), begin = first(target);
    const Number* out = at(g.output_grad, target);
    for (int64_t n = 0; n < count; ++n) {
      const int64_t e = begin + n, r = relation_row(e);
      const float *grad = weight_grads + n * listed, *weight = weights + n * listed;
      for (int32_t h = 0; sums.bias && h < p.heads; ++h) sums.bias[r * p.heads + h] += grad[h];
      for (int32_t h = 0; g.edge_bias_grad && h < p.heads; ++h) g.edge_bias_grad[e * p.heads + h] = grad[h];
      if (sums.value || g.edge_value_grad.data) {
        for_vectors(numbers, [&](int64_t j, int lanes) {
          const Floats x = width.spread(weight, j) * load_numbers(out + j, lanes);
          if (sums.value) add(sums.value + r * numbers + j, x, lanes);
          if (g.edge_value_grad.data) store_numbers(place(g.edge_value_grad, e) + j, x, lanes);
        });
      }
      if constexpr (kScore != EdgeScore::kGat) {
        if (sums.key || g.edge_key_grad.data || sums.vector) key_relation_gradient(g, sums, e, grad);
      }
    }
  }

  void key_relation_gradient(const EdgeGradient& g, const EdgeSums& sums, int64_t e, const float* grad) {
    const int64_t r = relation_row(e);
    for_vectors(numbers, [&](int64_t j, int lanes) {
      Floats x = width.spread(grad, j);
      if constexpr (kScore == EdgeScore::kDot) {
        x *= load_some(query + j, lanes);
      } else {
        const Floats inside =
            joined(query, at(p.key, p.edges.source[e]), relation(p.relation.key, e), j, lanes);
        if (sums.vector) add(sums.vector + j, x * leaky(inside), lanes);
        x *= load_some(p.vector + j, lanes) * leaky_slope(inside);
      }
      if (sums.key) add(sums.key + r * numbers + j, x, lanes);
      if (g.edge_key_grad.data) store_numbers(place(g.edge_key_grad, e) + j, x, lanes);
    });
  }

  void backward_target(const EdgeGradient& g, const EdgeSums& sums, int64_t target) {
    if (degree(target) == 0) {
      fill(row, query_numbers, 0);
      write(g.query_grad, target, query_numbers, 1, row);
      return;
    }
    score_gradients(g, target);
    query_gradient(g, target);
    edge_gradients(g, sums, target);
  }

  void backward_source(const EdgeGradient& g, int64_t source) {
    const int64_t begin = g.by_source.source_begin[source],
                  count = g.by_source.source_begin[source + 1] - begin;
    const int64_t* edge = g.by_source.edge + begin;
    const int32_t* target = g.by_source.target + begin;
    const auto terms_of = [&](Rows rows, const float* by_edge) {
      return [=, this](int64_t n) {
        return EdgeTerm<Number>{at(rows, target[n]), nullptr, by_edge + edge[n] * listed};
      };
    };
    sum_terms<Number>(width, numbers, count, terms_of(g.output_grad, g.weights), row);
    write(g.value_grad, source, numbers, 1, row);
    if constexpr (kScore == EdgeScore::kGat) {
      for_vectors(p.heads, [&](int64_t j, int lanes) {
        Floats total{};
        for (int64_t n = 0; n < count; ++n) total += load_some(g.score_grad + edge[n] * listed + j, lanes);
        store_some(list + j, total, lanes);
      });
      write(g.key_grad, source, p.heads, 1, list);
    } else if constexpr (kScore == EdgeScore::kDot) {
      sum_terms<Number>(width, numbers, count, terms_of(p.query, g.score_grad), row);
      write(g.key_grad, source, numbers, p.scale, row);
    } else {
      read(p.key, source, numbers, 1, query);  // the key, where a target has its query
      for_vectors(numbers, [&](int64_t j, int lanes) {
        Floats total{};
        for (int64_t n = 0; n < count; ++n) {
          const Floats x = joined(query, at(p.query, target[n]), relation(p.relation.key, edge[n]), j, lanes);
          total += width.spread(g.score_grad + edge[n] * listed, j) * leaky_slope(x);
        }
        store_some(row + j, total * load_some(p.vector + j, lanes), lanes);
      });
      write(g.key_grad, source, numbers, 1, row);
    }
  }
};

template <class Number, class Width, class Work>
inline void with_edge_score(const EdgeProblem& p, int64_t most, float* scratch, const Work& work) {
  const auto with = [&](auto&& found) { work(found); };
  switch (p.score) {
    case EdgeScore::kDot:
      return with(EdgeWork<Number, Width, EdgeScore::kDot>(p, most, scratch));
    case EdgeScore::kGat:
      return with(EdgeWork<Number, Width, EdgeScore::kGat>(p, most, scratch));
    case EdgeScore::kGatV2:
      return with(EdgeWork<Number, Width, EdgeScore::kGatV2>(p, most, scratch));
  }
}

template <class Number, class Work>
inline void with_edge_width(const EdgeProblem& p, int64_t most, float* scratch, const Work& work) {
  if (WholeHeads::fits(p.head_dim)) return with_edge_score<Number, WholeHeads>(p, most, scratch, work);
  if (NarrowHeads::fits(p.head_dim)) return with_edge_score<Number, NarrowHeads>(p, most, scratch, work);
  with_edge_score<Number, AnyHeads>(p, most, scratch, work);
}

/// Calls work(EdgeWork) of the problem's kind.
template <class Work>
inline void with_edge_work(const EdgeProblem& p, int64_t most, float* scratch, const Work& work) {
  if (p.element == Element::kFloat) return with_edge_width<float>(p, most, scratch, work);
  with_edge_width<uint16_t>(p, most, scratch, work);
}

inline int64_t most_edges(const EdgeProblem& p, int64_t begin, int64_t end) {
  int64_t most = 0;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t degree = p.edges.target_begin[i + 1] - p.edges.target_begin[i];
    most = degree > most ? degree : most;
  }
  return most;
}

inline int64_t edge_scratch(const EdgeProblem& p, int64_t most) noexcept {
  int64_t floats = 0;
  with_edge_work(p, most, nullptr, [&](const auto& work) { floats = work.used; });
  return floats;
}

inline void edge_forward(const EdgeProblem& p, int64_t begin, int64_t end, float* scratch) noexcept {
  with_edge_work(p, most_edges(p, begin, end), scratch, [&](auto& work) {
    for (int64_t i = begin; i < end; ++i) work.forward(i);
  });
}

inline void edge_backward_targets(const EdgeGradient& g, const EdgeSums& sums, int64_t begin, int64_t end,
                                  float* scratch) noexcept {
  with_edge_work(g.forward, most_edges(g.forward, begin, end), scratch, [&](auto& work) {
    for (int64_t i = begin; i < end; ++i) work.backward_target(g, sums, i);
  });
}

inline void edge_backward_sources(const EdgeGradient& g, int64_t begin, int64_t end,
                                  float* scratch) noexcept {
  with_edge_work(g.forward, 0, scratch, [&](auto& work) {
    for (int64_t j = begin; j < end; ++j) work.backward_source(g, j);
  });
}

inline int32_t edge_list_floats(int32_t heads) noexcept {
  return listed_heads(heads);
}

/// Sums with given weights.
template <class Number, class Width>
struct EdgeSumWork {
  const EdgeSum& p;
  Width width;
  int64_t numbers;
  int32_t listed;
  float* row;  ///< [numbers]

  EdgeSumWork(const EdgeSum& problem, float* scratch)
      : p(problem),
        width(problem.heads, problem.head_dim),
        numbers(int64_t{problem.heads} * problem.head_dim),
        listed(listed_heads(problem.heads)),
        row(scratch) {}

  static const Number* at(Rows rows, int64_t n) {
    return static_cast<const Number*>(rows.data) + n * rows.stride;
  }
  void write(Rows rows, int64_t n) const {
    Number* to = static_cast<Number*>(rows.data) + n * rows.stride;
    for_vectors(numbers,
                [&](int64_t j, int count) { store_numbers(to + j, load_some(row + j, count), count); });
  }

  void forward(int64_t target) {
    const int64_t begin = p.edges.target_begin[target], count = p.edges.target_begin[target + 1] - begin;
    sum_terms<Number>(
        width, numbers, count,
        [&](int64_t n) {
          return EdgeTerm<Number>{at(p.value, p.edges.source[begin + n]), nullptr,
                                  p.weights + (begin + n) * listed};
        },
        row);
    write(p.output, target);
  }

  void backward_weights(int64_t target) {
    const Number* out = at(p.output_grad, target);
    for (int64_t e = p.edges.target_begin[target]; e < p.edges.target_begin[target + 1]; ++e) {
      const Number* value = at(p.value, p.edges.source[e]);
      width.sum_heads(
          [&](int64_t j, int count) { return load_numbers(out + j, count) * load_numbers(value + j, count); },
          row);
      for (int32_t h = 0; h < p.heads; ++h) p.weights_grad[e * listed + h] = row[h];
    }
  }

  void backward_values(int64_t source) {
    const int64_t begin = p.by_source.source_begin[source],
                  count = p.by_source.source_begin[source + 1] - begin;
    sum_terms<Number>(
        width, numbers, count,
        [&](int64_t n) {
          return EdgeTerm<Number>{at(p.output_grad, p.by_source.target[begin + n]), nullptr,
                                  p.weights + p.by_source.edge[begin + n] * listed};
        },
        row);
    write(p.value_grad, source);
  }
};

template <class Number, class Work>
inline void with_edge_sum_width(const EdgeSum& p, float* scratch, const Work& work) {
  const auto with = [&](auto&& found) { work(found); };
  if (WholeHeads::fits(p.head_dim)) return with(EdgeSumWork<Number, WholeHeads>(p, scratch));
  if (NarrowHeads::fits(p.head_dim)) return with(EdgeSumWork<Number, NarrowHeads>(p, scratch));
  with(EdgeSumWork<Number, AnyHeads>(p, scratch));
}

template <class Work>
inline void with_edge_sum(const EdgeSum& p, float* scratch, const Work& work) {
  if (p.element == Element::kFloat) return with_edge_sum_width<float>(p, scratch, work);
  with_edge_sum_width<uint16_t>(p, scratch, work);
}

inline void edge_sum_forward(const EdgeSum& p, int64_t begin, int64_t end, float* scratch) noexcept {
  with_edge_sum(p, scratch, [&](auto& work) {
    for (int64_t i = begin; i < end; ++i) work.forward(i);
  });
}

inline void edge_sum_backward_weights(const EdgeSum& p, int64_t begin, int64_t end, float* scratch) noexcept {
  with_edge_sum(p, scratch, [&](auto& work) {
    for (int64_t i = begin; i < end; ++i) work.backward_weights(i);
  });
}

inline void edge_sum_backward_values(const EdgeSum& p, int64_t begin, int64_t end, float* scratch) noexcept {
  with_edge_sum(p, scratch, [&](auto& work) {
    for (int64_t j = begin; j < end; ++j) work.backward_values(j);
  });
}

constexpr EdgeKernels edge_kernels() {
  return {edge_scratch,     edge_forward,     edge_backward_targets,     edge_backward_sources,
          edge_list_floats, edge_sum_forward, edge_sum_backward_weights, edge_sum_backward_values};
}

}  // namespace
}  // namespace heed::kernels
