// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/edge_terms.h"

/// The sums of edge_attention.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

/// Sums with given weights.
template <class Number, class Width>
struct EdgeSumWork {
  const EdgeSum& p;
  Width width;
  int64_t numbers;
  int32_t listed;
  float* row;  ///< [numbers]

  EdgeSumWork(const EdgeSum& problem, const Width& heads, float* scratch)
      : p(problem),
        width(heads),
        numbers(int64_t{problem.heads} * problem.head_dim),
        listed(listed_heads(problem.heads)),
        row(scratch) {}

  void forward(int64_t target) {
    const int64_t begin = p.edges.target_begin[target], count = p.edges.target_begin[target + 1] - begin;
    sum_terms<Number>(
        width, numbers, count,
        [&](int64_t n) {
          return EdgeTerm<Number>{row_at<Number>(p.value, p.edges.source[begin + n]), nullptr,
                                  p.weights + (begin + n) * listed};
        },
        row);
    write_numbers<Number>(p.output, target, numbers, 1, row);
  }

  void backward_weights(int64_t target) {
    const Number* out = row_at<Number>(p.output_grad, target);
    for (int64_t e = p.edges.target_begin[target]; e < p.edges.target_begin[target + 1]; ++e) {
      const Number* value = row_at<Number>(p.value, p.edges.source[e]);
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
          return EdgeTerm<Number>{row_at<Number>(p.output_grad, p.by_source.target[begin + n]), nullptr,
                                  p.weights + p.by_source.edge[begin + n] * listed};
        },
        row);
    write_numbers<Number>(p.value_grad, source, numbers, 1, row);
  }
};

/// Calls work(EdgeSumWork) of the problem's kind.
template <class Work>
inline void with_edge_sum(const EdgeSum& p, float* scratch, const Work& work) {
  const auto with = [&](auto&& found) { work(found); };
  with_head_width(p.heads, p.head_dim, [&]<class Width>(const Width& width) {
    if (p.element == Element::kFloat) return with(EdgeSumWork<float, Width>(p, width, scratch));
    with(EdgeSumWork<uint16_t, Width>(p, width, scratch));
  });
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

}  // namespace
}  // namespace heed::kernels
