// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/canvas.h"

#include <cmath>
#include <set>
#include <tuple>

#include "tests/core/expect_error.h"
#include "tests/rendering/picture.h"

// fontconfig and Pango keep what they have read until the process ends; LeakSanitizer reports that as a leak.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libfontconfig\nleak:libpango\nleak:libglib";
}

namespace heed::rendering {
namespace {

using CanvasTest = RenderingTest;

TEST_F(CanvasTest, PngHasTheSizeAskedForAndAWhitePage) {
  Canvas(37, 11).write_png(file("page.png"));
  const Picture picture(file("page.png"));
  EXPECT_EQ(picture.width(), 37);
  EXPECT_EQ(picture.height(), 11);
  EXPECT_EQ(picture.count(kWhite), 37 * 11);
  EXPECT_EQ(files(), 1);
}

TEST_F(CanvasTest, FillColoursItsRectangleAndNoMore) {
  Canvas canvas(20, 20);
  canvas.fill({5, 6, 4, 3}, series_color(1));
  canvas.write_png(file("fill.png"));
  const Picture picture(file("fill.png"));
  EXPECT_EQ(picture.count(series_color(1)), 12);
  EXPECT_EQ(picture.count(kWhite), 400 - 12);
}

TEST_F(CanvasTest, TextLiesWhereItIsAlignedAndTurnsWithDegrees) {
  Canvas canvas(200, 200);
  canvas.text("MMMM", {100, 100}, {.size = 20, .align_x = AlignX::kRight});
  canvas.write_png(file("left.png"));
  Canvas turned(200, 200);
  turned.text("MMMM", {100, 100}, {.size = 20, .degrees = 90});
  turned.write_png(file("up.png"));
  const Picture left(file("left.png")), up(file("up.png"));
  EXPECT_GT(left.count(kInk, 0, 100), 50);
  EXPECT_EQ(left.count(kInk, 102), 0);
  EXPECT_GT(up.count(kInk, 80, 101), 50);
  EXPECT_EQ(up.count(kInk, 105), 0);
}

TEST_F(CanvasTest, BrokenUtf8AndControlCharactersDoNotSpoilThePicture) {
  for (const char* text :
       {"\xFF\xFEmid", "caf\xC3", "\xE0\x80\x80", "\xF5\x80\x80\x80", "\xED\xA0\x80", "a\x01\n\x7F"}) {
    Canvas canvas(100, 40);
    canvas.text(text, {5, 20});
    canvas.fill({80, 0, 10, 10}, series_color(0));
    canvas.write_png(file("text.png"));
    EXPECT_EQ(Picture(file("text.png")).count(series_color(0)), 100) << text;
  }
}

TEST_F(CanvasTest, TextOfAnyScriptBeginsWhereItIsAlignedAndIsAsWideAsMeasured) {
  // Latin, Arabic, Hebrew, Devanagari and Japanese; a font that lacks them shows boxes with their codes.
  for (const char* text : {"nocturne", "\u0645\u0642\u0637\u0648\u0639\u0629", "\u05DC\u05D9\u05DC",
                           "\u0928\u092E\u0938\u094D\u0924\u0947", "\u591C\u60F3\u66F2"}) {
    Canvas canvas(400, 60);
    const double width = canvas.text_width(text, {.size = 20});
    canvas.text(text, {100, 30}, {.size = 20});
    canvas.write_png(file("script.png"));
    const Picture picture(file("script.png"));
    EXPECT_GT(width, 15) << text;
    EXPECT_LT(picture.count(kWhite, 100, 101 + static_cast<int>(width)), 60 * (1 + width)) << text;
    EXPECT_EQ(picture.count(kWhite, 0, 97), 60 * 97) << text;
    const int right = 104 + static_cast<int>(std::ceil(width));
    EXPECT_EQ(picture.count(kWhite, right), 60 * (400 - right)) << text;
  }
}

TEST_F(CanvasTest, TextIsCutToItsGreatestWidth) {
  for (const std::string& text :
       {std::string(300, 'W'), std::string(100, ' ') + "x",
        std::string("\u05DC\u05D9\u05DC \u05DE\u05E0\u05D5\u05D7\u05D4 \u05DC\u05D9\u05DC")}) {
    Canvas canvas(400, 40);
    const TextStyle style{.size = 20, .max_width = 120};
    EXPECT_LE(canvas.text_width(text, style), 120) << text;
    canvas.text(text, {100, 30}, style);
    canvas.write_png(file("cut.png"));
    EXPECT_EQ(Picture(file("cut.png")).count(kWhite, 222), 40 * 178) << text;
  }
  Canvas canvas(10, 10);
  EXPECT_EQ(canvas.text_width("short", {.max_width = 500}), canvas.text_width("short"));
}

TEST_F(CanvasTest, PointsThatAreNotFiniteAreLeftOut) {
  const double nan = std::nan("");
  Canvas canvas(50, 50);
  canvas.line({nan, 3}, {20, 20}, {});
  canvas.fill({1, nan, 5, 5}, kInk);
  canvas.fill_circle({INFINITY, 0}, 4, kInk);
  canvas.curve({0, 0}, {nan, 0}, {10, 10}, {20, 20}, {});
  canvas.text("x", {nan, nan});
  canvas.write_png(file("nan.png"));
  EXPECT_EQ(Picture(file("nan.png")).count(kWhite), 2500);
}

TEST_F(CanvasTest, ImpossibleSizesAreRefused) {
  EXPECT_THAT(error_of(ErrorKind::kUsage, [&] { Canvas(0, 10); }),
              ::testing::HasSubstr("0 x 10 pixels: each side must be 1 to 32000"));
  EXPECT_THAT(error_of(ErrorKind::kUsage, [&] { Canvas(10, -1); }), ::testing::HasSubstr("10 x -1 pixels"));
  EXPECT_THAT(error_of(ErrorKind::kUsage, [&] { Canvas(10, 40000); }),
              ::testing::HasSubstr("10 x 40000 pixels"));
}

TEST_F(CanvasTest, UnwritablePathIsAnErrorAndLeavesNothing) {
  EXPECT_THAT(error_of(ErrorKind::kSystem, [&] { Canvas(10, 10).write_png(file("missing") / "a.png"); }),
              ::testing::HasSubstr("cannot open: No such file"));
  std::filesystem::create_directory(file("taken.png"));
  EXPECT_THAT(error_of(ErrorKind::kSystem, [&] { Canvas(10, 10).write_png(file("taken.png")); }),
              ::testing::HasSubstr("taken.png: cannot"));
  EXPECT_EQ(files(), 1);
}

TEST(SeriesColor, EightDifferAndThenRepeat) {
  std::set<std::tuple<double, double, double>> seen;
  for (size_t i = 0; i < 8; ++i)
    seen.insert({series_color(i).red, series_color(i).green, series_color(i).blue});
  EXPECT_EQ(seen.size(), 8U);
  EXPECT_EQ(series_color(8), series_color(0));
}

}  // namespace
}  // namespace heed::rendering
