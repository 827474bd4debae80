// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/non_local_means.h"
#include "heed/kernels/simd.h"

/// non_local_means.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

/// Columns that are computed together, so that the rows in use stay in the first cache.
constexpr int64_t kMeansColumns = 512;

/// Columns of the squared differences around the `columns` of a block, in whole vectors.
inline int64_t means_row(const NonLocalMeansProblem& p) {
  const int64_t numbers = kMeansColumns + 2 * (p.radius + p.spread) + 2 * kLanes;
  return (numbers + kLanes - 1) / kLanes * kLanes;
}

/// The taps of a patch, in registers if their number is a constant.
template <int kTaps>
struct MeansTaps {
  explicit MeansTaps(const float* taps) {
    for (int j = 0; j < kTaps; ++j) tap[j] = splat(taps[j]);
  }
  Floats operator[](int64_t j) const { return tap[j]; }
  Floats tap[kTaps];
};
template <>
struct MeansTaps<0> {
  explicit MeansTaps(const float* taps) : tap(taps) {}
  Floats operator[](int64_t j) const { return splat(tap[j]); }
  const float* tap;
};

/// to[x] = sum_j taps[j] rows[j][x] for `numbers` columns in whole vectors; kTaps 0: `count` of them.
template <int kTaps>
inline void means_filter_rows(const float* const* rows, const float* taps, int64_t count, float* to,
                              int64_t numbers) {
  const MeansTaps<kTaps> tap(taps);
  const int64_t n = kTaps > 0 ? kTaps : count;
  for (int64_t x = 0; x < numbers; x += kLanes) {
    Floats total = load(rows[0] + x) * tap[0];
    for (int64_t j = 1; j < n; ++j) total = multiply_add(load(rows[j] + x), tap[j], total);
    store(to + x, total);
  }
}

/// One shift over a block of columns. Rows of squared differences and of weights are in ring buffers, so that
/// each is computed once.
class MeansBlock {
 public:
  MeansBlock(const NonLocalMeansProblem& problem, const NonLocalMeansSums& sums, int64_t down, int64_t right,
             float* scratch)
      : p_(problem), s_(sums), down_(down), right_(right), row_(means_row(problem)) {
    taps_ = 2 * p_.radius + 1;
    spread_rows_ = 2 * p_.spread + 1;
    differences_ = scratch;
    weights_ = differences_ + taps_ * row_;
    filtered_ = weights_ + spread_rows_ * row_;
    for (int i = 0; i < kLanes; ++i) lane_[i] = i;
    first_ = right < 0 ? -right : 0;
    pairs_ = p_.width - (right < 0 ? -right : right);
    last_row_ = p_.height - down;
  }

  int64_t pairs() const { return pairs_; }

  void run(int64_t begin, int64_t end, int64_t from, int64_t columns) {
    from_ = from;
    columns_ = columns;
    end = end < last_row_ ? end : last_row_;
    int64_t weight_row = begin - p_.spread > 0 ? begin - p_.spread : 0;
    next_difference_ = weight_row - p_.radius;
    for (int64_t y = begin; y < end; ++y) {
      const int64_t low = y - p_.spread > 0 ? y - p_.spread : 0;
      const int64_t high = y + p_.spread < last_row_ ? y + p_.spread : last_row_ - 1;
      for (; weight_row <= high; ++weight_row) weigh(weight_row);
      add(y, sum_of_weights(low, high));
    }
  }

 private:
  float* difference_row(int64_t y) const { return differences_ + (y + p_.radius) % taps_ * row_; }
  float* weight_row(int64_t y) const { return weights_ + y % spread_rows_ * row_; }
  /// Pixel (y, x) of a channel; x counts from the first column of this block.
  const float* pixel(int64_t channel, int64_t y, int64_t x) const {
    const int64_t rows = p_.height + 2 * p_.margin;
    return p_.image + (channel * rows + y + p_.margin) * p_.stride + p_.margin + first_ + from_ + x;
  }

  /// Squared differences of row y, from radius + spread columns before the block to as many after it.
  void subtract(int64_t y) {
    const int64_t before = p_.radius + p_.spread, numbers = columns_ + 2 * before;
    float* to = difference_row(y);
    for (int64_t c = 0; c < p_.channels; ++c) {
      const float* here = pixel(c, y, -before);
      const float* there = pixel(c, y + down_, -before) + right_;
      for (int64_t x = 0; x < numbers; x += kLanes) {
        const Floats difference = load(here + x) - load(there + x);
        store(to + x, c == 0 ? difference * difference : multiply_add(difference, difference, load(to + x)));
      }
    }
  }

  /// Weights of row y for the block and `spread` columns on either side; 0 for columns without a pair.
  void weigh(int64_t y) {
    for (; next_difference_ <= y + p_.radius; ++next_difference_) subtract(next_difference_);
    switch (taps_) {
      case 3:
        return weigh_row<3>(y);
      case 5:
        return weigh_row<5>(y);
      case 7:
        return weigh_row<7>(y);
      default:
        return weigh_row<0>(y);
    }
  }

  template <int kTaps>
  void weigh_row(int64_t y) {
    const int64_t columns = columns_ + 2 * p_.spread, n = kTaps > 0 ? kTaps : taps_;
    // The rows of the ring in order; more than 63 of them are summed in parts.
    constexpr int64_t kTogether = 63;
    const float* rows[kTogether];
    for (int64_t done = 0; done < n; done += kTogether) {
      const int64_t some = n - done < kTogether ? n - done : kTogether;
      for (int64_t j = 0; j < some; ++j) rows[j] = difference_row(y - p_.radius + done + j);
      float* to = done == 0 ? filtered_ : filtered_ + row_;
      means_filter_rows<kTaps>(rows, p_.taps + done, some, to, columns + 2 * p_.radius);
      if (done == 0) continue;
      for (int64_t x = 0; x < columns + 2 * p_.radius; x += kLanes)
        store(filtered_ + x, load(filtered_ + x) + load(to + x));
    }
    float* to = weight_row(y);
    const float* filtered = filtered_;
    const MeansTaps<kTaps> tap(p_.taps);
    const Floats noise = splat(p_.noise), scale = splat(p_.scale), cutoff = splat(p_.cutoff);
    for (int64_t x = 0; x < columns; x += kLanes) {
      Floats distance = load(filtered + x) * tap[0];
      for (int64_t j = 1; j < n; ++j) distance = multiply_add(load(filtered + x + j), tap[j], distance);
      const Floats exponent = maximum(distance - noise, Floats{}) * scale;
      const Floats weight = select(exponent > cutoff, Floats{}, exponential(-exponent));
      store(to + x, keep_pairs(weight, from_ - p_.spread + x, pairs_));
    }
  }

  /// 0 in the lanes of columns outside 0..count - 1; the first lane is column x.
  Floats keep_pairs(Floats weight, int64_t x, int64_t count) const {
    if (x >= 0 && x + kLanes <= count) return weight;
    const int64_t low = -x < kLanes ? -x : kLanes, high = count - x < kLanes ? count - x : kLanes;
    const Ints inside =
        (lane_ >= splat(static_cast<int32_t>(low))) & (lane_ < splat(static_cast<int32_t>(high)));
    return select(inside, weight, Floats{});
  }

  /// Sums over rows low..high and 2 spread + 1 columns; without spread, the weights themselves.
  const float* sum_of_weights(int64_t low, int64_t high) {
    if (p_.spread == 0) return weight_row(low);
    float* column = filtered_ + 2 * row_;
    const int64_t columns = columns_ + 2 * p_.spread;
    for (int64_t y = low; y <= high; ++y) {
      const float* from = weight_row(y);
      for (int64_t x = 0; x < columns; x += kLanes)
        store(column + x, y == low ? load(from + x) : load(column + x) + load(from + x));
    }
    float* to = filtered_;
    const int64_t wide = spread_rows_, block = columns_;
    for (int64_t x = 0; x < block; x += kLanes) {
      Floats total = load(column + x);
      for (int64_t j = 1; j < wide; ++j) total += load(column + x + j);
      store(to + x, total);
    }
    return to;
  }

  void add(int64_t y, const float* weights) {
    const int64_t channels = p_.channels, columns = columns_, plane = s_.rows * s_.stride;
    const int64_t image_plane = (p_.height + 2 * p_.margin) * p_.stride;
    const float* value = pixel(0, y, 0);
    const float* other = pixel(0, y + down_, 0) + right_;
    float* here = s_.sums + (y - s_.first_row) * s_.stride + first_ + from_;
    float* there = here + down_ * s_.stride + right_;
    const auto add_to = [](float* to, Floats x) { store(to, load(to) + x); };
    for (int64_t x = 0; x < columns; x += kLanes) {
      const Floats weight = keep_pairs(load(weights + x), x, columns);
      for (int64_t c = 0; c < channels; ++c) {
        add_to(here + c * plane + x, weight * load(other + c * image_plane + x));
        add_to(there + c * plane + x, weight * load(value + c * image_plane + x));
      }
      add_to(here + channels * plane + x, weight);
      add_to(there + channels * plane + x, weight);
    }
  }

  const NonLocalMeansProblem& p_;
  const NonLocalMeansSums& s_;
  int64_t down_, right_, row_, taps_, spread_rows_;
  float *differences_, *weights_, *filtered_;
  Ints lane_;
  /// The columns of p that have a partner, first and number; and the last such row.
  int64_t first_, pairs_, last_row_;
  int64_t from_ = 0, columns_ = 0, next_difference_ = 0;
};

inline int64_t means_scratch(const NonLocalMeansProblem& p) noexcept {
  return (2 * p.radius + 1 + 2 * p.spread + 1 + 3) * means_row(p);
}

inline void means_add_shift(const NonLocalMeansProblem& p, const NonLocalMeansSums& sums, int64_t begin,
                            int64_t end, int64_t down, int64_t right, float* scratch) noexcept {
  MeansBlock block(p, sums, down, right, scratch);
  for (int64_t from = 0; from < block.pairs(); from += kMeansColumns) {
    const int64_t left = block.pairs() - from;
    block.run(begin, end, from, left < kMeansColumns ? left : kMeansColumns);
  }
}

constexpr NonLocalMeansKernels non_local_means_kernels() {
  return {means_add_shift, means_scratch};
}

}  // namespace
}  // namespace heed::kernels
