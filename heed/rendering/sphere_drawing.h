// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace heed::rendering {

/// A point of a sphere, what a signal is there, and a weight of attention.
struct SpherePoint {
  std::array<double, 3> place;  ///< in any unit, around the origin
  double value = 0;             ///< from 0, white, to 1, dark grey
  double weight = 0;            ///< the heavier, the larger the dot, in shares of the heaviest; 0: none
};

struct SphereDrawingOptions {
  std::string title = {}, note = {};
  std::optional<size_t> asked = {};  ///< the point whose attention is shown: ringed, in the middle
  int size = 900;                    ///< pixels of the width; the height is a little more than half of it
};

/// Draws both halves of a sphere as PNG or, if the file ends in ".svg", as SVG: the half around the asked point, or else around where the
/// signal is, and what lies behind it, as seen through the sphere.
///
/// Throws std::invalid_argument if there are no points, or if one is at the origin or `asked` is not there; Error(kSystem) if the file
/// cannot be written.
void draw_sphere(std::span<const SpherePoint> points, const SphereDrawingOptions& options,
                 const std::filesystem::path& path);

}  // namespace heed::rendering
