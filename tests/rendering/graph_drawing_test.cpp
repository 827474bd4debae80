// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/graph_drawing.h"

#include <cmath>
#include <stdexcept>

#include "tests/core/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/files.h"
#include "heed/rendering/graph_layout.h"

namespace heed::rendering {
namespace {
using testing::HasSubstr;

double distance(Point a, Point b) {
  return std::hypot(a.x - b.x, a.y - b.y);
}

TEST(GraphLayout, EndsOfAnEdgeAreNearerThanStrangers) {
  // Two triangles joined by one edge.
  const std::vector<std::pair<size_t, size_t>> edges{{0, 1}, {1, 2}, {2, 0}, {3, 4}, {4, 5}, {5, 3}, {2, 3}};
  const auto places = spring_layout(6, edges);
  for (const auto& [i, j] : edges) EXPECT_LT(distance(places[i], places[j]), distance(places[0], places[4]));
  const auto again = spring_layout(6, edges);
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(distance(places[i], again[i]), 0);
  EXPECT_TRUE(spring_layout(0, {}).empty());
}

TEST(GraphLayout, AFlatMoleculeKeepsItsDistancesInTheView) {
  // A square that stands upright in space.
  const std::vector<float> points{1, 2, 0, 1, 2, 3, 1, 7, 0, 1, 7, 3};
  const auto places = flat_view(points);
  EXPECT_NEAR(distance(places[0], places[1]), 3, 1e-4);
  EXPECT_NEAR(distance(places[0], places[2]), 5, 1e-4);
  EXPECT_NEAR(distance(places[0], places[3]), std::sqrt(34), 1e-4);
}

TEST(GraphLayout, PointsOfThePlaneStayAsTheyAre) {
  const auto places = flat_view(std::vector<float>{1, 2, 0, 4, 2, 0, 1, 7, 0});
  EXPECT_NEAR(places[1].x - places[0].x, 3, 1e-6);
  EXPECT_NEAR(places[1].y - places[0].y, 0, 1e-6);
  EXPECT_NEAR(places[2].y - places[0].y, -5, 1e-6);  // upwards
}

TEST(GraphDrawing, WritesPngAndSvg) {
  const TemporaryFolder folder;
  const std::vector<DrawnNode> nodes{{{0, 0}, "C"}, {{1, 0}, "O", 1, true}};
  const std::vector<DrawnEdge> edges{{0, 1, true}, {0, 1, false, 0.75}, {1, 1, false, 0.25}};
  draw_graph(nodes, edges, {.title = "carbonyl", .size = 300}, folder / "a.png");
  const std::string png = read_text(folder / "a.png");
  EXPECT_EQ(png.substr(1, 3), "PNG");
  draw_graph(nodes, edges, {.title = "carbonyl", .size = 300}, folder / "a.svg");
  EXPECT_THAT(read_text(folder / "a.svg"), HasSubstr("<svg"));
  draw_graph(std::vector<DrawnNode>{{{0, 0}, "alone"}}, {}, {}, folder / "one.png");
  EXPECT_THROW(draw_graph(nodes, std::vector<DrawnEdge>{{0, 2}}, {}, folder / "b.png"),
               std::invalid_argument);
}

}  // namespace
}  // namespace heed::rendering
