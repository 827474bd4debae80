// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/text_arcs.h"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "tests/rendering/picture.h"

namespace heed::rendering {
namespace {

using TextArcsTest = RenderingTest;

const std::vector<std::string> kWords{"the",    "animal",  "did", "not", "cross", "the",
                                      "street", "because", "it",  "was", "too",   "tired"};

Color tint(size_t head) {
  return mix(kWhite, series_color(head), 0.9);
}

TEST_F(TextArcsTest, ArcsHaveTheirHeadsColourAndReachTheirWord) {
  const std::vector<AttentionArc> arcs{{8, 1, 2, 0.5}, {8, 6, 5, 0.5}};
  draw_text_arcs(kWords, arcs, {}, file("arcs.png"));
  const Picture picture(file("arcs.png"));
  EXPECT_GT(picture.count(tint(0), 0, picture.width() / 5), 30) << "head 2 reaches 'animal'";
  EXPECT_EQ(picture.count(tint(1), 28, picture.width() / 5), 0) << "head 5 goes no further than 'street'";
}

TEST_F(TextArcsTest, LongTextsWrapAndTheirArcsCrossTheLines) {
  std::vector<std::string> words;
  for (int i = 0; i < 60; ++i) words.push_back("word" + std::to_string(i));
  const std::vector<AttentionArc> arcs{{59, 0, 0, 0.9}, {0, 40, 1, 0.4}, {30, 30, 0, 0.2}};
  draw_text_arcs(words, arcs, {.width = 500}, file("wrapped.png"));
  const Picture picture(file("wrapped.png"));
  EXPECT_EQ(picture.width(), 500);
  EXPECT_GT(picture.height(), 300);
  EXPECT_GT(picture.count(tint(0)), 200);
}

TEST_F(TextArcsTest, WeightsOfZeroDrawNothing) {
  const std::vector<AttentionArc> zero{{8, 1, 0, 0.0}}, nan{{8, 2, 0, std::nan("")}, {8, 3, 0, -1}};
  draw_text_arcs(kWords, zero, {.threshold = 0}, file("zero.png"));
  draw_text_arcs(kWords, nan, {.threshold = 0}, file("nan.png"));
  EXPECT_EQ(bytes(file("zero.png")), bytes(file("nan.png")));
}

TEST_F(TextArcsTest, OddTextsMakePicturesAndWordsThatAreNotThereAreTheCallersMistake) {
  draw_text_arcs({}, {}, {}, file("none.png"));
  const std::vector<std::string> odd{"", std::string(2000, 'w'), "\xFF"};
  draw_text_arcs(odd, std::vector<AttentionArc>{{2, 1, 0, 1}}, {.width = 400}, file("odd.png"));
  EXPECT_EQ(Picture(file("odd.png")).width(), 400);
  EXPECT_THROW(draw_text_arcs(kWords, std::vector<AttentionArc>{{12, 0, 0, 1}}, {}, file("bad.png")),
               std::invalid_argument);
}

}  // namespace
}  // namespace heed::rendering
