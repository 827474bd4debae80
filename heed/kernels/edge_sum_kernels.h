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

/// Sums of one value of each source, weighed for each head: output[h] = sum of weights[h] * value. A node's numbers are taken a
/// vector at a time, which meets the weights of as many heads as registers hold.
template <class Number>
struct OneValueWork {
  static constexpr int kHeads = kLanes < 16 ? 8 : 16;
  static constexpr int kVectors = 4;

  const EdgeSum& p;
  int64_t width;
  int32_t listed;
  float* row;  ///< [heads * width]

  OneValueWork(const EdgeSum& problem, float* scratch)
      : p(problem), width(problem.head_dim), listed(listed_heads(problem.heads)), row(scratch) {}

  /// Heads first .. first + kBlock - 1 of `count` edges from `begin` on, numbers j .. j + lanes - 1.
  template <int kBlock>
  void sum_block(int64_t begin, int64_t count, int first, int64_t j, int lanes) {
    Floats total[kBlock] = {};
    for (int64_t n = begin; n < begin + count; ++n) {
      const Floats x = load_numbers(row_at<Number>(p.value, p.edges.source[n]) + j, lanes);
      const float* weight = p.weights + n * listed + first;
      for (int h = 0; h < kBlock; ++h) total[h] = multiply_add(splat(weight[h]), x, total[h]);
    }
    for (int h = 0; h < kBlock; ++h) store_some(row + (first + h) * width + j, total[h], lanes);
  }

  void forward(int64_t target) {
    const int64_t begin = p.edges.target_begin[target], count = p.edges.target_begin[target + 1] - begin;
    for_vectors(width, [&](int64_t j, int lanes) {
      int first = 0;
      for (; first + kHeads <= p.heads; first += kHeads) sum_block<kHeads>(begin, count, first, j, lanes);
      for (; first + kHeads / 2 <= p.heads; first += kHeads / 2)
        sum_block<kHeads / 2>(begin, count, first, j, lanes);
      for (; first + 2 <= p.heads; first += 2) sum_block<2>(begin, count, first, j, lanes);
      if (first < p.heads) sum_block<1>(begin, count, first, j, lanes);
    });
    write_numbers<Number>(p.output, target, p.heads * width, 1, row);
  }

  void backward_weights(int64_t target) {
    const Number* out = row_at<Number>(p.output_grad, target);
    for (int64_t e = p.edges.target_begin[target]; e < p.edges.target_begin[target + 1]; ++e) {
      const Number* value = row_at<Number>(p.value, p.edges.source[e]);
      float* grad = p.weights_grad + e * listed;
      for (int first = 0; first < p.heads; first += 4) {
        const int heads = p.heads - first < 4 ? p.heads - first : 4;
        Floats total[4] = {};
        for_vectors(width, [&](int64_t j, int lanes) {
          const Floats x = load_numbers(value + j, lanes);
          for (int h = 0; h < heads; ++h)
            total[h] = multiply_add(load_numbers(out + (first + h) * width + j, lanes), x, total[h]);
        });
        for (int h = 0; h < heads; ++h) grad[first + h] = sum(total[h]);
      }
    }
  }

  /// Numbers j .. of the gradient of a source's value.
  template <int kCount>
  void gather_block(int64_t begin, int64_t count, int64_t j, int lanes) {
    Floats total[kCount] = {};
    for (int64_t n = begin; n < begin + count; ++n) {
      const Number* grad = row_at<Number>(p.output_grad, p.by_source.target[n]) + j;
      const float* weight = p.weights + p.by_source.edge[n] * listed;
      for (int h = 0; h < p.heads; ++h, grad += width) {
        const Floats w = splat(weight[h]);
        for (int v = 0; v < kCount; ++v)
          total[v] = multiply_add(w, load_numbers(grad + v * kLanes, lanes), total[v]);
      }
    }
    for (int v = 0; v < kCount; ++v) store_some(row + j + v * kLanes, total[v], lanes);
  }

  void backward_values(int64_t source) {
    const int64_t begin = p.by_source.source_begin[source],
                  count = p.by_source.source_begin[source + 1] - begin;
    int64_t j = 0;
    for (; j + kVectors * kLanes <= width; j += kVectors * kLanes)
      gather_block<kVectors>(begin, count, j, kLanes);
    for (; j + kLanes <= width; j += kLanes) gather_block<1>(begin, count, j, kLanes);
    if (j < width) gather_block<1>(begin, count, j, static_cast<int>(width - j));
    write_numbers<Number>(p.value_grad, source, width, 1, row);
  }
};

/// Calls work(EdgeSumWork) of the problem's kind.
template <class Work>
inline void with_edge_sum(const EdgeSum& p, float* scratch, const Work& work) {
  const auto with = [&](auto&& found) { work(found); };
  if (p.one_value) {
    if (p.element == Element::kFloat) return with(OneValueWork<float>(p, scratch));
    return with(OneValueWork<uint16_t>(p, scratch));
  }
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
