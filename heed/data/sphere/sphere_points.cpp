// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/sphere_points.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numbers>

#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/core/number_text.h"
#include "heed/core/shown_text.h"

namespace heed::sphere {
namespace {

using std::numbers::pi;

/// A family of points and its sizes.
struct Family {
  std::string_view prefix;
  int least, most;
  SpherePoints (*make)(int size);
};
constexpr Family kFamilies[] = {{"ico", 0, kMaxIcosahedronLevel, icosahedron},
                                {"healpix", 1, kMaxNside, healpix},
                                {"dh", 1, kMaxBandwidth, driscoll_healy}};

std::string known_names() {
  std::vector<std::string> names;
  for (const auto& family : kFamilies) {
    const std::string prefix(family.prefix);
    names.push_back(prefix + std::to_string(family.least) + " to " + prefix + std::to_string(family.most));
  }
  return comma_list(names);
}

void check_size(const std::string& what, int size, int least, int most) {
  if (size >= least && size <= most) return;
  throw Error(ErrorKind::kConfig, what + " must be from " + std::to_string(least) + " to " +
                                      std::to_string(most) + ", got " + std::to_string(size));
}

/// The point at height z and longitude `lon` in radians.
Point at_height(double z, double lon) {
  const double radius = std::sqrt((1 - z) * (1 + z));
  return {radius * std::cos(lon), radius * std::sin(lon), z};
}

/// Ring `ring` of 1 to 4 nside - 1; equations 2 to 9 of the paper.
void add_ring(std::vector<Point>& points, int nside, int ring) {
  const double n = nside;
  const int from_pole = std::min(ring, 4 * nside - ring);
  const bool cap = from_pole < nside;
  const int count = cap ? 4 * from_pole : 4 * nside;
  const double cap_z = 1 - from_pole * from_pole / (3 * n * n);
  const double z = !cap ? 4.0 / 3 - 2 * ring / (3 * n) : ring < nside ? cap_z : -cap_z;
  const double first = cap || (ring - nside) % 2 == 0 ? 0.5 : 0;
  for (int j = 0; j < count; ++j) points.push_back(at_height(z, 2 * pi * (j + first) / count));
}

/// The share of row `row` of 2b, over all its points.
double driscoll_healy_row(int b, int row) {
  const double colatitude = pi * row / (2 * b);
  double sum = 0;
  for (int k = 0; k < b; ++k) sum += std::sin((2 * k + 1) * colatitude) / (2 * k + 1);
  return 2.0 / b * std::sin(colatitude) * sum;
}

}  // namespace

SpherePoints healpix(int nside) {
  check_size("nside of HEALPix", nside, 1, kMaxNside);
  SpherePoints made;
  made.name = "healpix" + std::to_string(nside);
  for (int ring = 1; ring < 4 * nside; ++ring) add_ring(made.points, nside, ring);
  made.weights.assign(made.points.size(), 1.0 / static_cast<double>(made.points.size()));
  return made;
}

SpherePoints driscoll_healy(int bandwidth) {
  check_size("the bandwidth of a Driscoll-Healy grid", bandwidth, 1, kMaxBandwidth);
  SpherePoints made;
  made.name = "dh" + std::to_string(bandwidth);
  const int size = 2 * bandwidth;
  double total = 0;
  for (int row = 0; row < size; ++row) total += driscoll_healy_row(bandwidth, row);
  for (int row = 0; row < size; ++row) {
    const double colatitude = pi * row / size, weight = driscoll_healy_row(bandwidth, row) / total / size;
    for (int column = 0; column < size; ++column) {
      const double lon = 2 * pi * column / size;
      made.points.push_back(
          {std::sin(colatitude) * std::cos(lon), std::sin(colatitude) * std::sin(lon), std::cos(colatitude)});
      made.weights.push_back(weight);
    }
  }
  return made;
}

SpherePoints sphere_points(std::string_view name) {
  for (const auto& family : kFamilies) {
    int64_t size = 0;
    if (!name.starts_with(family.prefix) || !read_number(name.substr(family.prefix.size()), size).empty())
      continue;
    if (size >= family.least && size <= family.most) return family.make(static_cast<int>(size));
  }
  throw Error(ErrorKind::kConfig, "points '" + printable(name) + "' are unknown; known are " + known_names());
}

}  // namespace heed::sphere
