// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/sphere_points.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "tests/core/expect_error.h"

namespace heed::sphere {
namespace {
using ::testing::HasSubstr;

constexpr Point kAxes[] = {{0, 0, 1}, {1, 0, 0}, {0.6, 0.48, 0.64}, {-0.36, 0.48, -0.8}};

double legendre(int degree, double x) {
  double before = 1, value = x;
  if (degree == 0) return before;
  for (int l = 2; l <= degree; ++l)
    before = std::exchange(value, ((2 * l - 1) * x * value - (l - 1) * before) / l);
  return value;
}

/// The largest mean of a zonal harmonic of the degree about one of the axes; the true mean is 0.
double worst_mean(const SpherePoints& sphere, int degree) {
  double worst = 0;
  for (const Point& axis : kAxes) {
    double mean = 0;
    for (size_t i = 0; i < sphere.points.size(); ++i)
      mean += sphere.weights[i] * legendre(degree, dot(axis, sphere.points[i]));
    worst = std::max(worst, std::abs(mean));
  }
  return worst;
}

void expect_sound(const SpherePoints& sphere, size_t count) {
  SCOPED_TRACE(sphere.name);
  ASSERT_EQ(sphere.points.size(), count);
  ASSERT_EQ(sphere.weights.size(), count);
  for (const Point& point : sphere.points) EXPECT_NEAR(dot(point, point), 1, 1e-14);
  EXPECT_GE(*std::min_element(sphere.weights.begin(), sphere.weights.end()), 0);
  EXPECT_NEAR(std::accumulate(sphere.weights.begin(), sphere.weights.end(), 0.0), 1, 1e-12);
  EXPECT_LT(worst_mean(sphere, 1), 1e-12);
}

TEST(SpherePoints, EachSizeHasItsCountAndWeightsThatSumToOne) {
  const size_t counts[] = {12, 42, 162, 642, 2562, 10242};
  for (int level = 0; level < 6; ++level) expect_sound(icosahedron(level), counts[level]);
  for (const int nside : {1, 2, 3, 8}) expect_sound(healpix(nside), static_cast<size_t>(12 * nside * nside));
  for (const int bandwidth : {2, 5, 30})
    expect_sound(driscoll_healy(bandwidth), static_cast<size_t>(4 * bandwidth * bandwidth));
}

TEST(SpherePoints, TheFirstPointsOfAnIcosahedronAreThoseOfTheLevelBefore) {
  const auto fine = icosahedron(4).points;
  for (int level = 0; level < 4; ++level) {
    const auto coarse = icosahedron(level).points;
    EXPECT_TRUE(std::equal(coarse.begin(), coarse.end(), fine.begin())) << level;
  }
}

TEST(SpherePoints, PointsOfAnIcosahedronAreDistinctAndEvenlySpread) {
  const auto points = icosahedron(3).points;
  for (size_t i = 0; i < points.size(); ++i) {
    double least = 4;
    for (size_t j = 0; j < points.size(); ++j)
      if (i != j) least = std::min(least, angle_between(points[i], points[j]));
    EXPECT_GT(least, 0.12);
    EXPECT_LT(least, 0.17);
  }
}

// Areas by scipy.spatial.SphericalVoronoi of the same points.
TEST(SpherePoints, WeightsOfAnIcosahedronAreAreasOfVoronoiCells) {
  EXPECT_NEAR(icosahedron(0).weights[0], 1.0 / 12, 1e-14);
  EXPECT_NEAR(icosahedron(1).weights[0], 0.021791830445884345, 1e-13);
  EXPECT_NEAR(icosahedron(1).weights[41], 0.02461660115497966, 1e-13);
  EXPECT_NEAR(icosahedron(4).weights[0], 0.0003459563094095901, 1e-13);
}

/// Degrees 1 to 5 vanish by symmetry; degree 6 shows the error of the weights.
TEST(SpherePoints, AnIcosahedronIntegratesHarmonicsOfLowDegree) {
  const double tolerance_of_degree_6[] = {0.25, 7e-3, 1.7e-3, 4e-4, 1e-4};
  for (int level = 0; level < 5; ++level) {
    const SpherePoints sphere = icosahedron(level);
    for (int degree = 1; degree <= 5; ++degree) EXPECT_LT(worst_mean(sphere, degree), 1e-12) << level;
    EXPECT_LT(worst_mean(sphere, 6), tolerance_of_degree_6[level]) << level;
  }
}

TEST(SpherePoints, HealpixIntegratesHarmonicsOfLowDegree) {
  for (const int nside : {2, 4, 8}) {
    const SpherePoints sphere = healpix(nside);
    for (int degree = 1; degree <= 6; ++degree)
      EXPECT_LT(worst_mean(sphere, degree), degree % 2 == 1 ? 1e-12 : 0.1 / (nside * nside))
          << nside << ", " << degree;
  }
}

TEST(SpherePoints, DriscollHealyIsExactBelowTwiceItsBandwidth) {
  for (const int bandwidth : {1, 2, 5, 30}) {
    const SpherePoints sphere = driscoll_healy(bandwidth);
    for (int degree = 1; degree < 2 * bandwidth; ++degree)
      EXPECT_LT(worst_mean(sphere, degree), 1e-12) << bandwidth << ", " << degree;
  }
  EXPECT_GT(worst_mean(driscoll_healy(5), 10), 1e-3);
}

TEST(SpherePoints, DriscollHealyRunsFromTheNorthPoleByRowsOfLongitude) {
  const SpherePoints sphere = driscoll_healy(2);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(sphere.points[i][2], 1);
    EXPECT_EQ(sphere.weights[i], 0);
  }
  EXPECT_NEAR(lon_lat(sphere.points[5]).lon, 90, 1e-12);
  EXPECT_NEAR(lon_lat(sphere.points[5]).lat, 45, 1e-12);
  EXPECT_NEAR(lon_lat(sphere.points[12]).lat, -45, 1e-12);
}

// pix2ang of the HEALPix library: colatitude and longitude of the pixels.
TEST(SpherePoints, HealpixHasThePixelsOfTheStandardInRingOrder) {
  const auto expect_pixel = [](int nside, size_t pixel, double colatitude, double lon) {
    const LonLat found = lon_lat(healpix(nside).points.at(pixel));
    EXPECT_NEAR(90 - found.lat, colatitude * 180 / std::numbers::pi, 1e-10) << nside << ", " << pixel;
    EXPECT_NEAR(std::remainder(found.lon - lon * 180 / std::numbers::pi, 360), 0, 1e-10)
        << nside << ", " << pixel;
  };
  expect_pixel(1, 0, 0.8410686705679303, 0.7853981633974483);
  expect_pixel(1, 4, std::numbers::pi / 2, 0);
  expect_pixel(1, 11, 2.300523983021863, 5.497787143782138);
  expect_pixel(2, 4, 0.8410686705679303, 0.39269908169872414);
  expect_pixel(2, 12, 1.2309594173407747, 0);
  expect_pixel(16, 1440, 1.5291175943723188, 0);
}

TEST(SpherePoints, NamesAreReadAsUsersWriteThem) {
  EXPECT_EQ(sphere_points("ico2").points, icosahedron(2).points);
  EXPECT_EQ(sphere_points("healpix8").points.size(), 768U);
  EXPECT_EQ(sphere_points("dh30").points.size(), 3600U);
  for (const char* name : {"ico0", "healpix3", "dh1"}) EXPECT_EQ(sphere_points(name).name, name);
}

TEST(SpherePoints, UnknownNamesAreErrorsThatListWhatIsKnown) {
  for (const char* name : {"", "ico", "ico8", "ico-1", "ico4x", "healpix0", "healpix999999999999999999999",
                           "dh", "Ico4", "hex\n"}) {
    EXPECT_THAT(error_of(ErrorKind::kConfig, [&] { sphere_points(name); }),
                HasSubstr("are unknown; known are ico0 to ico7, healpix1 to healpix128, dh1 to dh256"));
  }
  EXPECT_EQ(error_of(ErrorKind::kConfig, [] { icosahedron(9); }),
            "the level of an icosahedron must be from 0 to 7, got 9");
  EXPECT_EQ(error_of(ErrorKind::kConfig, [] { healpix(0); }),
            "nside of HEALPix must be from 1 to 128, got 0");
  EXPECT_EQ(error_of(ErrorKind::kConfig, [] { driscoll_healy(257); }),
            "the bandwidth of a Driscoll-Healy grid must be from 1 to 256, got 257");
}

TEST(LonLat, AxesAndPolesAreWhereGeographersPutThem) {
  EXPECT_NEAR(angle_between(point_at({0, 0}), {1, 0, 0}), 0, 1e-15);
  EXPECT_NEAR(angle_between(point_at({90, 0}), {0, 1, 0}), 0, 1e-15);
  EXPECT_NEAR(angle_between(point_at({77, 90}), {0, 0, 1}), 0, 1e-15);
  EXPECT_EQ(lon_lat({0, 0, -1}).lat, -90);
  EXPECT_EQ(lon_lat({-1, 0, 0}).lon, 180);
  EXPECT_NEAR(angle_between({1, 0, 0}, {-1, 0, 0}), std::numbers::pi, 1e-15);
}

TEST(LonLat, ConvertingThereAndBackChangesNothing) {
  for (const Point& point : icosahedron(2).points) {
    const Point back = point_at(lon_lat(point));
    EXPECT_LT(angle_between(point, back), 1e-14);
  }
}

}  // namespace
}  // namespace heed::sphere
