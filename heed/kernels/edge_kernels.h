// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/dropout_hash.h"
#include "heed/kernels/edge_sum_kernels.h"
#include "heed/kernels/edge_terms.h"

/// edge_attention.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

/// Values of a target that the pass over scores fetches; more would push each other out of the cache.
constexpr int64_t kValuesFetched = 256;
constexpr float kSmallest = -3e38f;  ///< below every score: a list's largest is never -infinity

/// The work on one graph. Number: float, or uint16_t for bfloat16. Width: how heads lie in vectors (edge_heads.h).
template <class Number, class Width, EdgeScore kScore>
struct EdgeWork {
  const EdgeProblem& p;
  Width width;
  HeadLists lists;
  int64_t numbers, query_numbers;  ///< of a row of values, and of queries
  int32_t listed;
  float *query, *row;            ///< [numbers]: the target's query, scaled, or the source's key; a sum
  float* list;                   ///< [listed]
  float *weights, *score_grads;  ///< of the edges of a node: [most edges, listed]
  int64_t used = 0;
  int64_t last_edge = 0;  ///< of the nodes of this call; none is fetched after it

  /// Without a scratch, `used` counts what one takes.
  EdgeWork(const EdgeProblem& problem, const Width& heads, int64_t most, float* scratch)
      : p(problem),
        width(heads),
        lists(problem.heads),
        numbers(int64_t{problem.heads} * problem.head_dim),
        query_numbers(kScore == EdgeScore::kGat ? problem.heads : numbers),
        listed(lists.listed) {
    const auto take = [&](int64_t floats) {
      float* piece = scratch ? scratch + used : nullptr;
      used += (floats + 2 * kLanes - 1) / kLanes * kLanes;  // a vector more than needed
      return piece;
    };
    query = take(numbers);
    row = take(numbers);
    list = take(listed);
    weights = take(most * listed);
    score_grads = take(most * listed);
  }

  static const Number* at(Rows rows, int64_t n) { return row_at<Number>(rows, n); }
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

  /// The scores of a target's edges, to `weights`; -infinity in what fills lists up. Fetches the values.
  void score(int64_t target) {
    read(p.query, target, query_numbers, kScore == EdgeScore::kDot ? p.scale : 1.0f, query);
    const int64_t begin = first(target), count = degree(target);
    for (int64_t n = 0; n < count; ++n) {
      const int64_t e = begin + n;
      if (e + kEdgesAhead < last_edge) prefetch(at(p.key, p.edges.source[e + kEdgesAhead]), query_numbers);
      if (n < kValuesFetched) prefetch(at(p.value, p.edges.source[e]), numbers);
      const Number* key = at(p.key, p.edges.source[e]);
      const Number* more = relation(p.relation.key, e);
      const float* added = bias(e);
      float* to = weights + n * listed;
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
    lists.fill_up(weights, count, -kInfinity);
  }

  /// Factors of dropout for a vector of a column of lists, those of `count` edges from this one.
  Floats kept(int64_t edge, int32_t column, int32_t count) const {
    Words key = splat(dropout_row_key(p.dropout.seed, static_cast<uint64_t>(edge)));
    for (int32_t i = 1; i < count; ++i) {
      const uint32_t next = dropout_row_key(p.dropout.seed, static_cast<uint64_t>(edge + i));
      key = lists.edge_of_lane == i ? splat(next) : key;
    }
    const Words head = lists.head_of_lane + static_cast<uint32_t>(column * kLanes);
    return select(dropout_hash(head, key) >= splat(p.dropout.threshold), splat(p.dropout.scale), Floats{});
  }

  /// Scores become weights; writes logsumexp.
  void softmax(int64_t target) {
    const int64_t count = degree(target);
    for (int32_t c = 0; c < lists.columns; ++c) {
      Floats top = splat(kSmallest), total{};
      lists.each(c, count, [&](int64_t at, int64_t) { top = maximum(load(weights + at), top); });
      top = lists.fold(top, maximum);
      lists.each(c, count, [&](int64_t at, int64_t) {
        const Floats weight = exponential(load(weights + at) - top);
        store(weights + at, weight);
        total += weight;
      });
      total = lists.fold(total, [](Floats a, Floats b) { return a + b; });
      lists.each(c, count, [&](int64_t at, int64_t e) {
        Floats weight = load(weights + at) / total;
        if (p.dropout.threshold) weight *= kept(first(target) + e, c, lists.edges_of_a_vector);
        store(weights + at, weight);
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
                                weights + n * listed};
      };
      sum_terms<Number>(width, numbers, count, term, row);
    }
    write_numbers<Number>(p.output, target, numbers, 1, row);
  }

  // The backward pass. An edge's weight follows from its score and the target's logsumexp, and the gradient of its weight is the
  // product of the target's output gradient and the source's value. So the pass by source needs a row of each target only
  // (Dao et al. 2022, arXiv:2205.14135), and the pass by target the gradients of the scores, which it finds in order.

  /// What an edge needs of its target, in lists of heads one after the other: logsumexp; the mean of the gradients of
  /// weights; in kGat the query.
  static constexpr int kTargetLists = kScore == EdgeScore::kGat ? 3 : 2;
  float* target_lists(const EdgeGradient& g, int64_t target) const {
    return g.target_lists + target * kTargetLists * listed;
  }

  void backward_means(const EdgeGradient& g, int64_t target) {
    float* to = target_lists(g, target);
    for (int32_t h = 0; h < listed; ++h) to[h] = h < p.heads ? p.logsumexp[target * p.heads + h] : 0;
    if constexpr (sizeof(Number) == sizeof(float)) {
      // The product of the output, a mean of values, and its gradient.
      const Number *out = at(p.output, target), *grad = at(g.output_grad, target);
      width.sum_heads(
          [&](int64_t j, int lanes) { return load_numbers(out + j, lanes) * load_numbers(grad + j, lanes); },
          row);
      for (int32_t h = 0; h < listed; ++h) to[listed + h] = h < p.heads ? row[h] : 0;
    } else {
      sum_means(g, target, to, to + listed);  // the output is rounded: its product would be some per cent off
    }
    if constexpr (kScore == EdgeScore::kGat) {
      const Number* query_row = at(p.query, target);
      for (int32_t h = 0; h < listed; ++h) to[2 * listed + h] = h < p.heads ? number(query_row[h]) : 0;
    }
  }

  /// to = the mean of the gradients of a target's weights, edge by edge.
  void sum_means(const EdgeGradient& g, int64_t target, const float* logsumexp, float* to) {
    const int64_t count = degree(target), begin = first(target);
    fill(to, listed, 0);
    score(target);
    const Number* grad = at(g.output_grad, target);
    for (int64_t n = 0; n < count; ++n) {
      const Number *value = at(p.value, p.edges.source[begin + n]),
                   *more = relation(p.relation.value, begin + n);
      width.sum_heads(
          [&](int64_t j, int lanes) {
            return load_numbers(grad + j, lanes) * plus(load_numbers(value + j, lanes), more, j, lanes);
          },
          list);
      for (int32_t h = 0; h < listed; h += kLanes) {
        const int lanes = listed - h < kLanes ? listed - h : kLanes;
        Floats weight = exponential(load(weights + n * listed + h) - load_some(logsumexp + h, lanes));
        if (p.dropout.threshold) weight *= kept(begin + n, h / kLanes, 1);
        store_some(to + h, load_some(to + h, lanes) + weight * load(list + h), lanes);
      }
    }
  }

  /// The weight of edge n of a source after dropout, and the gradient of its score before leaky_relu.
  void edge_gradient(const EdgeGradient& g, int64_t n, int64_t edge, int64_t target, const float* key_row,
                     const float* value_row) {
    const float* lists_of_target = target_lists(g, target);
    const Number *out = at(g.output_grad, target), *more = relation(p.relation.value, edge);
    width.sum_heads(
        [&](int64_t j, int lanes) {
          return load_numbers(out + j, lanes) * plus(load_some(value_row + j, lanes), more, j, lanes);
        },
        list);
    float *score_list = score_grads + n * listed, *weight_list = weights + n * listed;
    if constexpr (kScore != EdgeScore::kGat) {
      const Number *query_row = at(p.query, target), *more_key = relation(p.relation.key, edge);
      width.sum_heads(
          [&](int64_t j, int lanes) {
            if constexpr (kScore == EdgeScore::kDot) {
              return load_numbers(query_row + j, lanes) * splat(p.scale) *
                     plus(load_some(key_row + j, lanes), more_key, j, lanes);
            } else {
              return load_some(p.vector + j, lanes) * leaky(joined(key_row, query_row, more_key, j, lanes));
            }
          },
          score_list);
    }
    const float* added = bias(edge);
    for (int32_t h = 0; h < listed; h += kLanes) {
      const int lanes = listed - h < kLanes ? listed - h : kLanes;
      Floats score;
      if constexpr (kScore == EdgeScore::kGat) {
        score = load(lists_of_target + 2 * listed + h) + load(key_row + h);
      } else {
        score = load(score_list + h);
      }
      if (added) score += load_some(added + h, p.heads - h < kLanes ? p.heads - h : kLanes);
      Floats slope = splat(1.0f);
      if constexpr (kScore == EdgeScore::kGat) {
        slope = leaky_slope(score);
        score = leaky(score);
      }
      Floats weight = exponential(score - load(lists_of_target + h)), grad = load(list + h);
      slope *= weight;
      if (p.dropout.threshold) {
        const Floats factor = kept(edge, h / kLanes, 1);
        weight *= factor;
        grad *= factor;
      }
      store_some(weight_list + h, weight, lanes);
      store_some(score_list + h, slope * (grad - load(lists_of_target + listed + h)), lanes);
    }
  }

  static void add(float* to, Floats x, int lanes) { store_some(to, load_some(to, lanes) + x, lanes); }

  /// Gradients of the relation and of `vector`.
  void relation_gradients(const EdgeGradient& g, const EdgeSums& sums, int64_t n, int64_t edge,
                          int64_t target, const float* key_row) {
    const int64_t r = relation_row(edge);
    const float *grad = score_grads + n * listed, *weight = weights + n * listed;
    for (int32_t h = 0; sums.bias && h < p.heads; ++h) sums.bias[r * p.heads + h] += grad[h];
    for (int32_t h = 0; g.edge_bias_grad && h < p.heads; ++h) g.edge_bias_grad[edge * p.heads + h] = grad[h];
    if (sums.value || g.edge_value_grad.data) {
      const Number* out = at(g.output_grad, target);
      for_vectors(numbers, [&](int64_t j, int lanes) {
        const Floats x = width.spread(weight, width.place(j)) * load_numbers(out + j, lanes);
        if (sums.value) add(sums.value + r * numbers + j, x, lanes);
        if (g.edge_value_grad.data) store_numbers(place(g.edge_value_grad, edge) + j, x, lanes);
      });
    }
    if constexpr (kScore != EdgeScore::kGat) {
      if (!sums.key && !g.edge_key_grad.data && !sums.vector) return;
      const Number* query_row = at(p.query, target);
      for_vectors(numbers, [&](int64_t j, int lanes) {
        Floats x = width.spread(grad, width.place(j));
        if constexpr (kScore == EdgeScore::kDot) {
          x *= load_numbers(query_row + j, lanes) * splat(p.scale);
        } else {
          const Floats inside = joined(key_row, query_row, relation(p.relation.key, edge), j, lanes);
          if (sums.vector) add(sums.vector + j, x * leaky(inside), lanes);
          x *= load_some(p.vector + j, lanes) * leaky_slope(inside);
        }
        if (sums.key) add(sums.key + r * numbers + j, x, lanes);
        if (g.edge_key_grad.data) store_numbers(place(g.edge_key_grad, edge) + j, x, lanes);
      });
    }
  }

  /// Gradients of a source's key and value, and of its edges.
  void backward_source(const EdgeGradient& g, const EdgeSums& sums, int64_t source) {
    const int64_t begin = g.by_source.source_begin[source],
                  count = g.by_source.source_begin[source + 1] - begin;
    const int64_t* edge = g.by_source.edge + begin;
    const int32_t* target = g.by_source.target + begin;
    read(p.value, source, numbers, 1, row);
    read(p.key, source, query_numbers, 1, query);
    for (int64_t n = 0; n < count; ++n) {
      if (begin + n + kEdgesAhead < last_edge) {
        const int64_t next = target[n + kEdgesAhead];
        prefetch(at(g.output_grad, next), numbers);
        prefetch(target_lists(g, next), kTargetLists * listed);
        __builtin_prefetch(g.score_grad + edge[n + kEdgesAhead] * listed, /*write=*/1);
        if constexpr (kScore != EdgeScore::kGat) prefetch(at(p.query, next), numbers);
      }
      edge_gradient(g, n, edge[n], target[n], query, row);
      relation_gradients(g, sums, n, edge[n], target[n], query);
      lists.copy(score_grads + n * listed, g.score_grad + edge[n] * listed);
    }
    const auto terms_of = [&](Rows rows, const float* by_edge) {
      return [=, this](int64_t n) {
        return EdgeTerm<Number>{at(rows, target[n]), nullptr, by_edge + n * listed};
      };
    };
    sum_terms<Number>(width, numbers, count, terms_of(g.output_grad, weights), row);
    write_numbers<Number>(g.value_grad, source, numbers, 1, row);
    if constexpr (kScore == EdgeScore::kGat) {
      sum_lists(score_grads, count);
      write_numbers<Number>(g.key_grad, source, p.heads, 1, list);
    } else if constexpr (kScore == EdgeScore::kDot) {
      sum_terms<Number>(width, numbers, count, terms_of(p.query, score_grads), row);
      write_numbers<Number>(g.key_grad, source, numbers, p.scale, row);
    } else {
      sum_slopes(count, score_grads, row, [&](int64_t n, int64_t j, int lanes) {
        return joined(query, at(p.query, target[n]), relation(p.relation.key, edge[n]), j, lanes);
      });
      write_numbers<Number>(g.key_grad, source, numbers, 1, row);
    }
  }

  /// list = the sum of `count` lists.
  void sum_lists(const float* lists_of_edges, int64_t count) {
    for (int32_t h = 0; h < listed; h += kLanes) {
      Floats total{};
      const int lanes = listed - h < kLanes ? listed - h : kLanes;
      for (int64_t n = 0; n < count; ++n) total += load_some(lists_of_edges + n * listed + h, lanes);
      store(list + h, total);
    }
  }

  /// to = vector * the sum of grads * the slope of leaky_relu at inside(n, j, lanes), in kGatV2.
  template <class Inside>
  void sum_slopes(int64_t count, const float* grads, float* to, const Inside& inside) {
    for_vectors(numbers, [&](int64_t j, int lanes) {
      const int64_t place = width.place(j);
      Floats total{};
      for (int64_t n = 0; n < count; ++n)
        total += width.spread(grads + n * listed, place) * leaky_slope(inside(n, j, lanes));
      store_some(to + j, total * load_some(p.vector + j, lanes), lanes);
    });
  }

  /// The gradient of a target's query, from the gradients of its edges' scores.
  void backward_target(const EdgeGradient& g, int64_t target) {
    const int64_t count = degree(target), begin = first(target);
    const float* grads = g.score_grad + begin * listed;
    if constexpr (kScore == EdgeScore::kGat) {
      sum_lists(grads, count);
      write_numbers<Number>(g.query_grad, target, p.heads, 1, list);
    } else if constexpr (kScore == EdgeScore::kDot) {
      const auto term = [&](int64_t n) {
        return EdgeTerm<Number>{at(p.key, p.edges.source[begin + n]), relation(p.relation.key, begin + n),
                                grads + n * listed};
      };
      sum_terms<Number>(width, numbers, count, term, row);
      write_numbers<Number>(g.query_grad, target, numbers, p.scale, row);
    } else {
      read(p.query, target, numbers, 1, query);
      sum_slopes(count, grads, row, [&](int64_t n, int64_t j, int lanes) {
        return joined(query, at(p.key, p.edges.source[begin + n]), relation(p.relation.key, begin + n), j,
                      lanes);
      });
      write_numbers<Number>(g.query_grad, target, numbers, 1, row);
    }
  }
};

template <class Number, class Width, class Work>
inline void with_edge_score(const EdgeProblem& p, const Width& width, int64_t most, float* scratch,
                            const Work& work) {
  const auto with = [&](auto&& found) { work(found); };
  switch (p.score) {
    case EdgeScore::kDot:
      return with(EdgeWork<Number, Width, EdgeScore::kDot>(p, width, most, scratch));
    case EdgeScore::kGat:
      return with(EdgeWork<Number, Width, EdgeScore::kGat>(p, width, most, scratch));
    case EdgeScore::kGatV2:
      return with(EdgeWork<Number, Width, EdgeScore::kGatV2>(p, width, most, scratch));
  }
}

/// Calls work(EdgeWork) of the problem's kind.
template <class Work>
inline void with_edge_work(const EdgeProblem& p, int64_t most, float* scratch, const Work& work) {
  with_head_width(p.heads, p.head_dim, [&](const auto& width) {
    if (p.element == Element::kFloat) return with_edge_score<float>(p, width, most, scratch, work);
    with_edge_score<uint16_t>(p, width, most, scratch, work);
  });
}

inline int64_t most_edges(const int64_t* node_begin, int64_t begin, int64_t end) {
  int64_t most = 0;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t degree = node_begin[i + 1] - node_begin[i];
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
  with_edge_work(p, most_edges(p.edges.target_begin, begin, end), scratch, [&](auto& work) {
    work.last_edge = p.edges.target_begin[end];
    for (int64_t i = begin; i < end; ++i) work.forward(i);
  });
}

inline void edge_backward_means(const EdgeGradient& g, int64_t begin, int64_t end, float* scratch) noexcept {
  const int64_t* target_begin = g.forward.edges.target_begin;
  with_edge_work(g.forward, most_edges(target_begin, begin, end), scratch, [&](auto& work) {
    work.last_edge = target_begin[end];
    for (int64_t i = begin; i < end; ++i) work.backward_means(g, i);
  });
}

inline void edge_backward_sources(const EdgeGradient& g, const EdgeSums& sums, int64_t begin, int64_t end,
                                  float* scratch) noexcept {
  with_edge_work(g.forward, most_edges(g.by_source.source_begin, begin, end), scratch, [&](auto& work) {
    work.last_edge = g.by_source.source_begin[end];
    for (int64_t j = begin; j < end; ++j) work.backward_source(g, sums, j);
  });
}

inline void edge_backward_targets(const EdgeGradient& g, int64_t begin, int64_t end,
                                  float* scratch) noexcept {
  with_edge_work(g.forward, 0, scratch, [&](auto& work) {
    for (int64_t i = begin; i < end; ++i) work.backward_target(g, i);
  });
}

/// Floats of a target in EdgeGradient::target_lists.
inline int32_t edge_target_floats(const EdgeProblem& p) noexcept {
  int32_t floats = 0;
  with_edge_work(p, 0, nullptr, [&](const auto& work) { floats = work.kTargetLists * work.listed; });
  return floats;
}

inline int32_t edge_list_floats(int32_t heads) noexcept {
  return listed_heads(heads);
}

constexpr EdgeKernels edge_kernels() {
  return {edge_scratch,
          edge_forward,
          edge_backward_means,
          edge_backward_sources,
          edge_backward_targets,
          edge_list_floats,
          edge_target_floats,
          edge_sum_forward,
          edge_sum_backward_weights,
          edge_sum_backward_values};
}

}  // namespace
}  // namespace heed::kernels
