// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "heed/data/sphere/point.h"

namespace heed::sphere {

/// Points of the unit sphere, each with the share of the sphere's area for which it stands: the mean of a function over
/// the sphere is about the sum of weights[i] * f(points[i]).
struct SpherePoints {
  std::string name;  ///< as sphere_points() reads it, such as "ico4"
  std::vector<Point> points;
  std::vector<double> weights;  ///< not negative; they sum to 1
};

inline constexpr int kMaxIcosahedronLevel = 7, kMaxNside = 128, kMaxBandwidth = 256;

/// The vertices of an icosahedron whose triangles are divided into four `level` times, from 0 to 7: 12, 42, 162, 642,
/// 2562, 10242, 40962 or 163842 points. Nested: the points of a level are the first ones of the next. Weights are the
/// areas of the spherical Voronoi cells.
SpherePoints icosahedron(int level);

/// HEALPix: 12 nside^2 points of equal area on 4 nside - 1 rings of latitude, in ring order from north to south.
/// Gorski et al. 2005, arXiv:astro-ph/0409513. `nside` is from 1 to 128; it need not be a power of two.
SpherePoints healpix(int nside);

/// The 2b x 2b grid of Driscoll and Healy 1994, as s2cnn projects digits: colatitude pi j / 2b, then longitude pi k /
/// b, row by row. The weights integrate spherical harmonics below degree 2b exactly. The first 2b points are all the
/// north pole, with weight 0. `bandwidth` (b) is from 1 to 256.
SpherePoints driscoll_healy(int bandwidth);

/// The points of a name as users write it: "ico4", "healpix8", "dh30". Throws Error(kConfig) for another, with those
/// that are known; the functions above throw it for a size out of range.
SpherePoints sphere_points(std::string_view name);

}  // namespace heed::sphere
