// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/imaging/growth_order.h"
#include "heed/imaging/planes.h"

namespace heed::imaging {

/// A texture and the window by which its patches are compared.
class TextureWindows {
 public:
  TextureWindows(const Planes& texture, int64_t window);

  /// A pixel of the window: its offset from the centre in rows and columns, and its weight.
  struct Place {
    int64_t row, column;
    float weight;
  };
  const std::vector<Place>& places() const { return places_; }  ///< by descending weight
  int64_t reach() const { return reach_; }
  int64_t channels() const { return texture_.channels; }
  int64_t stride() const { return texture_.width; }
  int64_t rows() const { return texture_.height - 2 * reach_; }  ///< number of rows of candidates
  int64_t columns() const { return texture_.width - 2 * reach_; }
  /// Returns the candidate at (row, column); its centre in the texture is `reach` pixels further down and
  /// right.
  const float* candidate(int64_t row, int64_t column) const {
    return padded_.data() + (row + reach_) * texture_.width + column + reach_;
  }
  int64_t plane() const { return texture_.height * texture_.width; }

 private:
  Planes texture_;
  int64_t reach_;
  std::vector<float> padded_;
  std::vector<Place> places_;
};

/// The growing image.
struct Growth {
  Growth(int64_t channels, int64_t height, int64_t width)
      : picture(channels, height, width), source(static_cast<std::size_t>(height * width), kUnknown) {}
  static constexpr int32_t kUnknown = -1;

  int32_t source_at(int64_t row, int64_t column) const {
    return source[static_cast<std::size_t>(row * picture.width + column)];
  }
  Planes picture;
  std::vector<int32_t> source;  ///< candidate number from which a pixel was copied; kUnknown: not filled
};

/// Finds candidates for pixels. Each thread needs its own, since it contains working memory.
class NeighbourSearch {
 public:
  NeighbourSearch(const TextureWindows& windows, double tolerance);

  /// Returns the number (row * columns + column) of a candidate within the tolerance of the best one for the
  /// window around `pixel`; `draw` chooses among them. Returns kUnknown if the best mean squared difference
  /// exceeds max_error.
  int32_t find(const Growth& growth, Pixel pixel, double max_error, uint32_t draw);

 private:
  void collect(const Growth& growth, Pixel pixel);
  float error_of_neighbours(const Growth& growth, Pixel pixel) const;
  float error_of(int64_t row, int64_t column) const;

  const TextureWindows& windows_;
  float tolerance_;
  std::vector<int32_t> offset_;
  std::vector<float> value_, weight_, distance_;
  std::vector<int64_t> first_;
  double total_weight_ = 0;
};

}  // namespace heed::imaging
