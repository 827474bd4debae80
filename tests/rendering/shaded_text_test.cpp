// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/shaded_text.h"

#include <cmath>
#include <vector>

#include "tests/rendering/picture.h"

#include "heed/rendering/text_page.h"

namespace heed::rendering {
namespace {

using ShadedTextTest = RenderingTest;
constexpr Color kStrongest{0.99, 0.55, 0.30};

double right_of(const std::vector<Rect>& boxes) {
  return boxes.back().x + boxes.back().width;
}

TEST(TextPage, WrapsAtWordsAndKeepsLineEnds) {
  const std::string text = "one two three four\nfive";
  const TextPage wide(text, 1000, 16), narrow(text, 60, 16);
  EXPECT_EQ(wide.lines(), 2U);
  EXPECT_EQ(wide.line_begin(1), text.find("five"));
  EXPECT_GT(narrow.lines(), 3U);
  for (size_t i = 1; i < narrow.lines(); ++i) {
    const char before = text[narrow.line_begin(i) - 1];
    EXPECT_TRUE(before == ' ' || before == '\n') << i;
  }
  EXPECT_GT(narrow.height(), wide.height());
  EXPECT_EQ(narrow.line_begin(99), text.size());
}

TEST(TextPage, IsAsWideAsItsLongestLine) {
  const TextPage page("ab\nabcdef\nabc", 1000, 16);
  EXPECT_NEAR(page.width(), page.boxes(3, 9).front().width, 1);
}

TEST(TextPage, BoxesOfNeighboursTouchAndCoverTheLine) {
  const TextPage page("alpha beta", 500, 16);
  const auto first = page.boxes(0, 5), second = page.boxes(5, 10), all = page.boxes(0, 10);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_NEAR(right_of(first), second.front().x, 0.01);
  EXPECT_NEAR(first.front().width + second.front().width, all.front().width, 0.01);
  EXPECT_TRUE(page.boxes(3, 3).empty());
}

TEST(TextPage, ARangeOverALineEndHasABoxInEachLine) {
  const TextPage page("ab\ncd", 500, 16);
  const auto boxes = page.boxes(1, 4);
  ASSERT_EQ(boxes.size(), 2U);
  EXPECT_LT(boxes[0].y, boxes[1].y);
  EXPECT_TRUE(page.boxes(2, 3).empty()) << "a line end covers nothing";
}

TEST(TextPage, HebrewRunsFromRightToLeft) {
  const std::string text = "\u05d0\u05d1\u05d2";
  const TextPage page(text, 500, 16);
  EXPECT_GT(page.boxes(0, 2).front().x, page.boxes(4, 6).front().x);
}

TEST(TextPage, APartOfACharacterIsAllOfIt) {
  const TextPage page("a\u20acb", 500, 16);
  const auto part = page.boxes(2, 3), whole = page.boxes(1, 4);
  ASSERT_EQ(part.size(), 1U);
  EXPECT_EQ(part.front().x, whole.front().x);
  EXPECT_EQ(part.front().width, whole.front().width);
}

TEST(TextPage, AnyBytesAreDrawnWithoutShiftingTheOthers) {
  const TextPage page(std::string("a\xFF\x01\r\x00z", 6), 500, 16);
  EXPECT_EQ(page.lines(), 1U);
  EXPECT_EQ(page.boxes(5, 6).size(), 1U);
}

TEST_F(ShadedTextTest, TheStrongestShadeIsBehindTheLargestValue) {
  const std::vector<ShadedToken> tokens{{"calm calm", 0}, {" SURPRISE", 8}, {" calm", 0}};
  EXPECT_EQ(draw_shaded_text(tokens, {.width = 600, .highest = 8}, file("page.png")), 3U);
  const Picture picture(file("page.png"));
  const auto in_page = [&](Color color) {
    int pixels = 0;
    for (int y = 80; y < picture.height(); ++y) {
      for (int x = 0; x < picture.width(); ++x) pixels += picture.near(x, y, color) ? 1 : 0;
    }
    return pixels;
  };
  EXPECT_GT(in_page(kStrongest), 500);
  const std::vector<ShadedToken> calm{{"calm calm", 0}, {" SURPRISE", 0}, {" calm", 0}};
  draw_shaded_text(calm, {.width = 600, .highest = 8}, file("calm.png"));
  EXPECT_EQ(picture.height(), Picture(file("calm.png")).height());
  EXPECT_LT(Picture(file("calm.png")).count(kStrongest), picture.count(kStrongest) - 500);
}

TEST_F(ShadedTextTest, TokensThatShareACharacterAddTheirValues) {
  const std::vector<ShadedToken> parts{{"x\xE2", 1}, {"\x82", 2}, {"\xACy", 3}}, whole{{"x\u20acy", 6}};
  draw_shaded_text(parts, {.most_lines = 5, .highest = 9}, file("parts.png"));
  draw_shaded_text(whole, {.most_lines = 5, .highest = 9}, file("whole.png"));
  EXPECT_EQ(bytes(file("parts.png")), bytes(file("whole.png")));
}

TEST_F(ShadedTextTest, LongTextsAreCutAtThePageAndSaySo) {
  std::vector<ShadedToken> tokens;
  for (int i = 0; i < 100; ++i) tokens.push_back({"line\n", 1});
  const size_t drawn = draw_shaded_text(tokens, {.most_lines = 10, .highest = 2}, file("cut.png"));
  EXPECT_EQ(drawn, 10U);
  draw_shaded_text(std::span(tokens).first(10), {.most_lines = 10, .highest = 2}, file("ten.png"));
  EXPECT_EQ(Picture(file("cut.png")).height(), Picture(file("ten.png")).height());
  EXPECT_NE(bytes(file("cut.png")), bytes(file("ten.png"))) << "the note";
}

TEST_F(ShadedTextTest, NothingAndNumbersThatAreNoneMakePictures) {
  EXPECT_EQ(draw_shaded_text({}, {}, file("none.png")), 0U);
  const std::vector<ShadedToken> odd{{"a", std::nan("")}, {"b", INFINITY}, {"", 1}, {"c", -3}};
  EXPECT_EQ(draw_shaded_text(odd, {}, file("odd.png")), 4U);
  EXPECT_GT(Picture(file("odd.png")).count({0.85, 0.85, 0.85}), 10) << "NaN is grey";
}

}  // namespace
}  // namespace heed::rendering
