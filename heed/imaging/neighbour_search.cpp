// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/neighbour_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "heed/kernels/isa.h"

namespace heed::imaging {
namespace {

constexpr int64_t kSlack = 64;  ///< values behind the last candidate that the kernel may read
/// Largest weight. Weights are integers: times the square of a difference of bytes they stay below 2^24, and
/// are exact in float32.
constexpr double kHeaviest = 255;

}  // namespace

TextureWindows::TextureWindows(const Planes& texture, int64_t window)
    : texture_(texture), reach_(window / 2) {
  padded_ = texture.pixels;
  padded_.resize(padded_.size() + static_cast<size_t>(kSlack + window));
  const double deviation = static_cast<double>(window) / 6.4;
  for (int64_t y = -reach_; y <= reach_; ++y) {
    for (int64_t x = -reach_; x <= reach_; ++x) {
      const auto square = static_cast<double>(y * y + x * x);
      const double weight = std::nearbyint(kHeaviest * std::exp(-square / (2 * deviation * deviation)));
      if (weight > 0 && square > 0) places_.push_back({y, x, static_cast<float>(weight)});
    }
  }
  std::stable_sort(places_.begin(), places_.end(),
                   [](const Place& a, const Place& b) { return a.weight > b.weight; });
}

NeighbourSearch::NeighbourSearch(const TextureWindows& windows, double tolerance)
    : windows_(windows), tolerance_(static_cast<float>(1 + tolerance)) {
  const int64_t block = kernels::cpu_kernels().patch_search.block;
  const int64_t blocks = windows.rows() * (windows.columns() / block + 1);
  distance_.resize(static_cast<size_t>(blocks * block));
  first_.resize(static_cast<size_t>(blocks));
}

/// Collects the filled pixels around the pixel, by descending weight.
void NeighbourSearch::collect(const Growth& growth, Pixel pixel) {
  offset_.clear();
  value_.clear();
  weight_.clear();
  total_weight_ = 0;
  for (const auto& cell : windows_.places()) {
    const int64_t row = pixel.row + cell.row, column = pixel.column + cell.column;
    if (row < 0 || row >= growth.picture.height || column < 0 || column >= growth.picture.width) continue;
    if (growth.source_at(row, column) == Growth::kUnknown) continue;
    for (int64_t c = 0; c < windows_.channels(); ++c) {
      offset_.push_back(
          static_cast<int32_t>(c * windows_.plane() + cell.row * windows_.stride() + cell.column));
      value_.push_back(growth.picture.at(c, row, column));
      weight_.push_back(cell.weight);
      total_weight_ += cell.weight;
    }
  }
}

float NeighbourSearch::error_of(int64_t row, int64_t column) const {
  const float* texture = windows_.candidate(row, column);
  float error = 0;
  for (size_t t = 0; t < offset_.size(); ++t) {
    const float difference = texture[offset_[t]] - value_[t];
    error += difference * difference * weight_[t];
  }
  return error;
}

/// Returns the smallest error among the candidates whose offset from a filled neighbour's source equals the
/// pixel's offset from that neighbour; infinity if there is none.
float NeighbourSearch::error_of_neighbours(const Growth& growth, Pixel pixel) const {
  float least = std::numeric_limits<float>::infinity();
  int64_t tried[8];
  int count = 0;
  for (int64_t y = std::max<int64_t>(0, pixel.row - 1);
       y <= std::min(growth.picture.height - 1, pixel.row + 1); ++y) {
    for (int64_t x = std::max<int64_t>(0, pixel.column - 1);
         x <= std::min(growth.picture.width - 1, pixel.column + 1); ++x) {
      const int32_t source = growth.source_at(y, x);
      if (source == Growth::kUnknown) continue;
      const int64_t row = source / windows_.columns() + pixel.row - y;
      const int64_t column = source % windows_.columns() + pixel.column - x;
      if (row < 0 || row >= windows_.rows() || column < 0 || column >= windows_.columns()) continue;
      const int64_t number = row * windows_.columns() + column;
      if (std::find(tried, tried + count, number) != tried + count) continue;
      tried[count++] = number;
      least = std::min(least, error_of(row, column));
    }
  }
  return least;
}

int32_t NeighbourSearch::find(const Growth& growth, Pixel pixel, double max_error, uint32_t draw) {
  collect(growth, pixel);
  kernels::PatchSearchProblem problem;
  problem.texture = windows_.candidate(0, 0);
  problem.stride = windows_.stride();
  problem.rows = windows_.rows();
  problem.columns = windows_.columns();
  problem.offset = offset_.data();
  problem.value = value_.data();
  problem.weight = weight_.data();
  problem.taps = static_cast<int64_t>(offset_.size());
  problem.tolerance = tolerance_;
  problem.bound = error_of_neighbours(growth, pixel) * tolerance_;
  const auto& kernel = kernels::cpu_kernels().patch_search;
  kernels::PatchSearchResult found;
  found.distance = distance_.data();
  found.first = first_.data();
  kernel.search(problem, found);
  if (total_weight_ > 0 && found.best > max_error * 255 * 255 * total_weight_) return Growth::kUnknown;

  const float limit = found.best * tolerance_;
  const int64_t numbers = found.blocks * kernel.block;
  const int64_t near =
      std::count_if(distance_.begin(), distance_.begin() + numbers, [&](float d) { return d <= limit; });
  auto chosen = static_cast<int64_t>((static_cast<uint64_t>(draw) * static_cast<uint64_t>(near)) >> 32);
  for (int64_t i = 0; i < numbers; ++i) {
    if (distance_[static_cast<size_t>(i)] <= limit && chosen-- == 0)
      return static_cast<int32_t>(first_[static_cast<size_t>(i / kernel.block)] + i % kernel.block);
  }
  return Growth::kUnknown;  // unreachable: `near` is at least 1
}

}  // namespace heed::imaging
