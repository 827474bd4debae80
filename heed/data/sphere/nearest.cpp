// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/nearest.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "heed/core/error.h"

namespace heed::sphere {
namespace {

/// Squared chord and number: pairs in the order of angles, then of numbers.
using Found = std::pair<double, int32_t>;

double squared_chord(const Point& a, const Point& b) {
  const double x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
  return x * x + y * y + z * z;
}

/// The k least of what is added.
class Least {
 public:
  explicit Least(size_t k) : k_(k) {}
  void add(const Found& found) {
    if (heap_.size() == k_) {
      if (found >= heap_.front()) return;
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
    }
    heap_.push_back(found);
    std::push_heap(heap_.begin(), heap_.end());
  }
  /// Whether something at this squared chord or beyond it, whatever its number, cannot be among them.
  bool excludes(double chord) const { return heap_.size() == k_ && chord > heap_.front().first; }
  /// Sorted; the next search begins anew.
  void take(std::vector<int32_t>& into) {
    std::sort_heap(heap_.begin(), heap_.end());
    for (const auto& [chord, number] : heap_) into.push_back(number);
    heap_.clear();
  }

 private:
  size_t k_;
  std::vector<Found> heap_;
};

/// Points in the order of their heights: a difference of heights is at most the chord, so a search from a point
/// outwards ends where the heights alone are too far apart.
class HeightOrder {
 public:
  explicit HeightOrder(std::span<const Point> points)
      : points_(points), order_(points.size()), rank_(points.size()) {
    std::iota(order_.begin(), order_.end(), 0);
    std::sort(order_.begin(), order_.end(), [&](int32_t a, int32_t b) { return z(a) < z(b); });
    for (size_t i = 0; i < order_.size(); ++i) rank_[static_cast<size_t>(order_[i])] = i;
  }

  void search(int32_t from, Least& least) const {
    size_t below = rank_[static_cast<size_t>(from)], above = below + 1;
    for (;;) {
      const double down = below == 0 ? kNone : z(from) - z(order_[below - 1]);
      const double up = above == order_.size() ? kNone : z(order_[above]) - z(from);
      const double gap = std::min(down, up);
      if (gap == kNone || least.excludes(gap * gap)) return;
      const int32_t next = down <= up ? order_[--below] : order_[above++];
      least.add({squared_chord(at(from), at(next)), next});
    }
  }

 private:
  static constexpr double kNone = std::numeric_limits<double>::infinity();
  const Point& at(int32_t number) const { return points_[static_cast<size_t>(number)]; }
  double z(int32_t number) const { return at(number)[2]; }

  std::span<const Point> points_;
  std::vector<int32_t> order_;  ///< numbers by height
  std::vector<size_t> rank_;    ///< of each number in that order
};

}  // namespace

std::vector<int32_t> nearest(std::span<const Point> points, int64_t k) {
  const int64_t others = std::max<int64_t>(std::ssize(points) - 1, 0);
  if (k < 0 || k > others || others >= std::numeric_limits<int32_t>::max()) {
    throw Error(ErrorKind::kConfig, "a point has " + std::to_string(others) + " others, but the " +
                                        std::to_string(k) + " nearest were asked for");
  }
  std::vector<int32_t> numbers;
  if (k == 0) return numbers;
  numbers.reserve(points.size() * static_cast<size_t>(k));
  const HeightOrder order(points);
  Least least(static_cast<size_t>(k));
  for (int32_t point = 0; point <= others; ++point) {
    order.search(point, least);
    least.take(numbers);
  }
  return numbers;
}

}  // namespace heed::sphere
