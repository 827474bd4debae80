// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/attention_arcs.h"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "tests/rendering/picture.h"

#include "heed/rendering/attention_map.h"

namespace heed::rendering {
namespace {

using AttentionArcsTest = RenderingTest;
using AttentionMapTest = RenderingTest;

struct Scene {
  music::Score score;
  std::vector<ArcPoint> points;
};

Scene ten_notes() {
  Scene scene;
  for (int i = 0; i < 10; ++i) {
    scene.score.notes.push_back({.start = i * 1.0, .end = i + 0.5, .pitch = 60 + i % 5});
    scene.points.push_back({i * 1.0, 60.0 + i % 5});
  }
  return scene;
}

TEST_F(AttentionArcsTest, ArcsHaveTheirHeadsColour) {
  const Scene scene = ten_notes();
  const std::vector<AttentionArc> arcs{{9, 0, 2, 0.5}, {9, 5, 7, 0.5}};
  draw_attention_arcs(scene.score, scene.points, arcs, {.width = 900}, file("arcs.png"));
  const Picture picture(file("arcs.png"));
  const auto tint = [](size_t head) { return mix(kWhite, series_color(head), 0.9); };
  EXPECT_EQ(picture.width(), 900);
  EXPECT_GT(picture.count(tint(0), 0, 300), 50) << "head 2, the first, reaches note 0";
  EXPECT_EQ(picture.count(tint(1), 0, 300), 0) << "head 7 goes no further than note 5";
  EXPECT_GT(picture.count(tint(1), 480, 700), 50);
}

TEST_F(AttentionArcsTest, WeightsOfZeroDrawNothing) {
  const Scene scene = ten_notes();
  draw_attention_arcs(scene.score, scene.points, std::vector<AttentionArc>{{9, 1, 0, 0.0}}, {.threshold = 0},
                      file("zero.png"));
  draw_attention_arcs(scene.score, scene.points,
                      std::vector<AttentionArc>{{9, 1, 0, std::nan("")}, {9, 3, 0, -1}}, {.threshold = 0},
                      file("nan.png"));
  draw_attention_arcs(scene.score, scene.points, std::vector<AttentionArc>{{9, 1, 0, 0.01}},
                      {.threshold = 0.02}, file("small.png"));
  EXPECT_EQ(bytes(file("zero.png")), bytes(file("nan.png")));
  EXPECT_NE(bytes(file("zero.png")), bytes(file("small.png"))) << "the legend says how small the weights are";
  EXPECT_EQ(Picture(file("zero.png")).count(series_color(0)),
            Picture(file("small.png")).count(series_color(0)));
}

TEST_F(AttentionArcsTest, TopKeepsTheHeaviestOfEachQueryAndHead) {
  const Scene scene = ten_notes();
  const std::vector<AttentionArc> all{{9, 0, 0, 0.1}, {9, 4, 0, 0.6}, {9, 2, 1, 0.2}, {5, 1, 0, 0.3}};
  const std::vector<AttentionArc> heaviest{{9, 4, 0, 0.6}, {9, 2, 1, 0.2}, {5, 1, 0, 0.3}};
  draw_attention_arcs(scene.score, scene.points, all, {.top = 1}, file("top.png"));
  draw_attention_arcs(scene.score, scene.points, heaviest, {}, file("same.png"));
  EXPECT_EQ(bytes(file("top.png")), bytes(file("same.png")));
}

TEST_F(AttentionArcsTest, TokensThatAreNotThereAreTheCallersMistake) {
  const Scene scene = ten_notes();
  for (const AttentionArc& arc : {AttentionArc{10, 0, 0, 1}, AttentionArc{0, -1, 0, 1}}) {
    EXPECT_THROW(
        draw_attention_arcs(scene.score, scene.points, std::vector<AttentionArc>{arc}, {}, file("a.png")),
        std::invalid_argument);
  }
  EXPECT_EQ(files(), 0);
}

TEST_F(AttentionArcsTest, NothingAtAllMakesAPicture) {
  draw_attention_arcs({}, {}, {}, {.width = 600}, file("a.png"));
  EXPECT_EQ(Picture(file("a.png")).width(), 600);
}

TEST_F(AttentionMapTest, CellsAreDarkWhereWeightsAreLarge) {
  const std::vector<float> weights{1, 0, 0, 0, 0, 1};
  draw_attention_map(std::vector<AttentionMap>{{"head 0", 2, 3, weights}}, {.panel_size = 300},
                     file("map.png"));
  const Picture picture(file("map.png"));
  const Color dark{0.03, 0.16, 0.38};
  // Two cells of 100 x 100, and the top of the scale.
  EXPECT_NEAR(picture.count(dark), 20000, 200);
}

TEST_F(AttentionMapTest, OnePeakAmongMillionsIsSeen) {
  std::vector<float> weights(1500 * 1500, 0.0F);
  weights[700 * 1500 + 701] = 0.5F;
  draw_attention_map(std::vector<AttentionMap>{{"head 0", 1500, 1500, weights}}, {.panel_size = 200},
                     file("map.png"));
  EXPECT_GE(Picture(file("map.png")).count({0.03, 0.16, 0.38}, 0, 250), 1);
}

TEST_F(AttentionMapTest, OddShapesMakePictures) {
  const float nan = std::nanf("");
  const std::vector<float> none, one{0.3F}, row{0.2F, nan, 0.4F, 0.0F, 0.1F};
  draw_attention_map({}, {}, file("empty.png"));
  draw_attention_map(std::vector<AttentionMap>{{"", 0, 0, none}, {"one", 1, 1, one}, {"row", 1, 5, row}},
                     {.row_labels = {"a"}}, file("odd.png"));
  EXPECT_GT(Picture(file("odd.png")).count({0.75, 0.75, 0.75}), 100)
      << "a weight that is not a number is grey";
  EXPECT_THROW(draw_attention_map(std::vector<AttentionMap>{{"", 2, 3, row}}, {}, file("bad.png")),
               std::invalid_argument);
}

}  // namespace
}  // namespace heed::rendering
