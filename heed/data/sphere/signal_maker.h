// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "heed/data/sphere/signal_set.h"

namespace heed::sphere {

/// Throws an error about a point, by words that complete "point 3 ...".
using FailAt = std::function<void(size_t point, const std::string& message)>;

/// Scales vectors [P, 3] that are not of unit length, whatever their unit. Calls `fail` for one without a direction.
void make_unit(std::vector<float>& points, const FailAt& fail);

/// Names the geometry of the set's points, and gives it the weights, scaled so that they sum to 1; those of the
/// geometry (see point_weights.h) if there are none. Calls `fail` for a weight that is negative or not finite, and
/// for weights that are all 0.
void set_weights(SignalSet& set, std::vector<float> weights, const FailAt& fail);

}  // namespace heed::sphere
