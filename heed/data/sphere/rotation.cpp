// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/rotation.h"

#include <cstddef>

namespace heed::sphere {
namespace {

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;  // 2^64 divided by the golden ratio

/// The finaliser of SplitMix64, Steele et al. 2014: counters become random bits.
uint64_t mixed(uint64_t x) {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
  x = (x ^ x >> 27) * 0x94D049BB133111EB;
  return x ^ x >> 31;
}

}  // namespace

Rotation arvo_rotation(const std::array<double, 3>& uniform) {
  const double turn = 2 * std::numbers::pi * uniform[0], lon = 2 * std::numbers::pi * uniform[1];
  const double z = 2 * uniform[2], radius = std::sqrt(z);
  // Length sqrt(2): axis axis^T - I is half a turn about it.
  const Point axis{std::sin(lon) * radius, std::cos(lon) * radius, std::sqrt(2 - z)};
  const Point turned_x{std::cos(turn), -std::sin(turn), 0}, turned_y{std::sin(turn), std::cos(turn), 0};
  const std::array<Point, 3> columns{turned_x, turned_y, Point{0, 0, 1}};
  Rotation made{};
  for (size_t column = 0; column < 3; ++column) {
    const double along = dot(axis, columns[column]);
    for (size_t row = 0; row < 3; ++row) made[row][column] = axis[row] * along - columns[column][row];
  }
  return made;
}

Rotation random_rotation(uint64_t seed, uint64_t number) {
  const uint64_t key = mixed(mixed(seed + kGolden) + number * kGolden);
  std::array<double, 3> uniform{};
  for (size_t i = 0; i < 3; ++i)
    uniform[i] = static_cast<double>(mixed(key + (i + 1) * kGolden) >> 11) * 0x1p-53;
  return arvo_rotation(uniform);
}

Point rotated(const Rotation& rotation, const Point& point) {
  return {dot(rotation[0], point), dot(rotation[1], point), dot(rotation[2], point)};
}

std::vector<Point> rotated(const Rotation& rotation, std::span<const Point> points) {
  std::vector<Point> moved;
  moved.reserve(points.size());
  for (const Point& point : points) moved.push_back(rotated(rotation, point));
  return moved;
}

}  // namespace heed::sphere
