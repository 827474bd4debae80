// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Non-local means (Buades, Coll and Morel 2005), by one shift of the picture against itself at a time.
namespace heed::kernels {

/// For a shift s and pixels p, a picture u and the weights G of a patch:
///   d(p) = sum_k G(k) |u(p + k) - u(p + s + k)|^2        in two passes, along columns and along rows
///   w(p) = exp(-max(0, d(p) - noise) * scale), 0 where the exponent is above `cutoff`
///   W(p) = sum of w over those of the (2 spread + 1)^2 pixels around p for which p + s is in the picture
/// Then u(p + s) is added to the sums of p with weight W(p), and u(p) to those of p + s.
struct NonLocalMeansProblem {
  /// [channels, height + 2 margin, stride]: the picture with `margin` more pixels on every side, margin at
  /// least radius + spread. The kernel reads up to kLanes numbers beyond either end, and ignores them.
  const float* image = nullptr;
  int64_t channels = 1, height = 0, width = 0, stride = 0, margin = 0;
  int64_t radius = 0;           ///< patches have 2 radius + 1 rows and columns
  const float* taps = nullptr;  ///< [2 radius + 1]: G(y, x) = taps[y] taps[x], which sum to 1 / channels
  float noise = 0, scale = 1, cutoff = 5;
  int64_t spread = 0;
};

/// Sums of pixels times weights, then of weights: [channels + 1, rows, stride]; row 0 is `first_row` of the
/// picture. The kernel rewrites up to kLanes numbers beyond the width of a row with their own values.
struct NonLocalMeansSums {
  float* sums = nullptr;
  int64_t rows = 0, stride = 0, first_row = 0;
};

/// Pixels p of rows begin..end with p + (down, right) in the picture, on the calling thread. `down` is at
/// least 0.
struct NonLocalMeansKernels {
  void (*add_shift)(const NonLocalMeansProblem&, const NonLocalMeansSums&, int64_t begin, int64_t end,
                    int64_t down, int64_t right, float* scratch) noexcept;
  int64_t (*scratch_floats)(const NonLocalMeansProblem&) noexcept;
};

}  // namespace heed::kernels
