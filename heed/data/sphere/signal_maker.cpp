// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/signal_maker.h"

#include <cmath>
#include <cstddef>
#include <utility>

#include "heed/data/sphere/point_weights.h"

namespace heed::sphere {
namespace {

/// Sizes within this of 1 stay, bit for bit, so that a set that is written and read again is the same.
constexpr double kRounding = 1e-6;

double checked_sum(const std::vector<float>& weights, const FailAt& fail) {
  double sum = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] >= 0) || !std::isfinite(weights[i]))
      fail(i, "must have a weight of 0 or more, got " + std::to_string(weights[i]));
    sum += weights[i];
  }
  if (sum == 0) fail(0, "has the weight 0, and so have all others");
  return sum;
}

}  // namespace

void make_unit(std::vector<float>& points, const FailAt& fail) {
  for (size_t i = 0; i + 2 < points.size(); i += 3) {
    const Point given{points[i], points[i + 1], points[i + 2]};
    if (std::abs(dot(given, given) - 1) <= kRounding) continue;
    const Point unit = direction(given);
    if (!(std::abs(dot(unit, unit) - 1) <= kRounding))
      fail(i / 3, "has no direction from the centre of the sphere");
    for (size_t axis = 0; axis < 3; ++axis) points[i + axis] = static_cast<float>(unit[axis]);
  }
}

void set_weights(SignalSet& set, std::vector<float> weights, const FailAt& fail) {
  const Geometry found = recognised(set.unit_points());
  set.geometry = found.name;
  if (weights.empty()) weights.assign(found.weights.begin(), found.weights.end());
  const double sum = checked_sum(weights, fail);
  if (std::abs(sum - 1) > kRounding)
    for (float& weight : weights) weight = static_cast<float>(weight / sum);
  set.weights = std::move(weights);
}

}  // namespace heed::sphere
