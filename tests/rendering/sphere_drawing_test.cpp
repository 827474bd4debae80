// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/sphere_drawing.h"

#include <stdexcept>
#include <vector>

#include "tests/core/temporary_folder.h"
#include "tests/rendering/picture.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/files.h"

namespace heed::rendering {
namespace {

/// Six points on the axes; the one at +x is dark.
std::vector<SpherePoint> axes() {
  std::vector<SpherePoint> points;
  for (size_t axis = 0; axis < 3; ++axis) {
    for (const double side : {1.0, -1.0}) {
      SpherePoint point{};
      point.place[axis] = 2 * side;  // the radius does not matter
      points.push_back(point);
    }
  }
  points[0].value = 1;
  return points;
}

bool is_dark(Color color) {
  return color.red < 0.4 && color.green < 0.4 && color.blue < 0.4;
}

TEST(SphereDrawing, TheSignalIsInFrontUnlessAPointIsAsked) {
  const TemporaryFolder folder;
  draw_sphere(axes(), {.size = 400}, folder / "front.png");
  const Picture front(folder / "front.png");
  EXPECT_TRUE(is_dark(front.at(104, 154)));
  EXPECT_FALSE(is_dark(front.at(296, 154)));
  draw_sphere(axes(), {.asked = 1, .size = 400}, folder / "behind.png");  // from -x
  const Picture behind(folder / "behind.png");
  EXPECT_FALSE(is_dark(behind.at(104, 154)));
  EXPECT_TRUE(is_dark(behind.at(296, 154)));
}

TEST(SphereDrawing, HeavierWeightsAreLargerDots) {
  const TemporaryFolder folder;
  std::vector<SpherePoint> points(400, {{-1, 0, 0}, 0, 0});  // so many that dots are small
  points[0] = {{1, 0, 0}, 0, 1.0};
  points[2] = {{0.8, 0.6, 0}, 0, 0.16};
  draw_sphere(points, {.asked = 0, .size = 400}, folder / "dots.png");
  const Picture picture(folder / "dots.png");
  const auto is_orange = [](Color color) { return color.red > color.blue + 0.3; };
  int heavy = 0, light = 0;
  for (int y = 64; y < 244; ++y)
    for (int x = 14; x < 194; ++x) (x < 140 ? heavy : light) += is_orange(picture.at(x, y)) ? 1 : 0;
  EXPECT_GT(light, 0);
  EXPECT_NEAR(heavy / static_cast<double>(light), 6.25, 2);  // areas are as weights
}

TEST(SphereDrawing, WritesVectorsAndRefusesWhatIsNoSphere) {
  const TemporaryFolder folder;
  draw_sphere(axes(), {.title = "six", .size = 300}, folder / "six.svg");
  EXPECT_THAT(read_text(folder / "six.svg"), testing::HasSubstr("<svg"));
  EXPECT_THROW(draw_sphere({}, {}, folder / "none.png"), std::invalid_argument);
  EXPECT_THROW(draw_sphere(axes(), {.asked = 6}, folder / "none.png"), std::invalid_argument);
  auto points = axes();
  points[3].place = {0, 0, 0};
  EXPECT_THROW(draw_sphere(points, {}, folder / "none.png"), std::invalid_argument);
}

}  // namespace
}  // namespace heed::rendering
