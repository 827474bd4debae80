// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/legend.h"

#include "tests/rendering/picture.h"

namespace heed::rendering {
namespace {

using HeadingTest = RenderingTest;

std::vector<LegendEntry> entries(size_t count, const std::string& name) {
  std::vector<LegendEntry> legend;
  for (size_t i = 0; i < count; ++i) legend.push_back({name, {series_color(i)}});
  return legend;
}

TEST_F(HeadingTest, ALegendThatFitsIsBesideTheTitle) {
  EXPECT_EQ(Heading("", {}, 800).height(), 0);
  EXPECT_EQ(Heading("title", {}, 800).height(), 48);
  EXPECT_EQ(Heading("title", entries(3, "flute"), 800).height(), 48);
  EXPECT_EQ(Heading(std::string(500, 'x'), entries(2, "flute"), 800).height(), 48);
}

TEST_F(HeadingTest, AWideLegendContinuesInLinesBelowAndStaysInside) {
  for (const size_t count : {4U, 8U, 30U}) {
    const Heading heading("title", entries(count, "a track with a name that is far too long for a legend"),
                          800);
    EXPECT_GT(heading.height(), 48 + 22);
    Canvas canvas(900, 400);
    heading.draw(canvas, 20);
    canvas.write_png(file("head.png"));
    const Picture picture(file("head.png"));
    EXPECT_EQ(picture.count(kWhite, 822), 400 * 78);
    for (size_t i = 0; i < std::min<size_t>(count, 8); ++i)
      EXPECT_GT(picture.count(series_color(i)), 100) << i;
    for (int x = 0; x < 900; ++x)
      ASSERT_TRUE(picture.near(x, static_cast<int>(heading.height()) + 1, kWhite))
          << "drawn below its height";
  }
}

TEST_F(HeadingTest, AnEntryMayHaveSeveralColours) {
  const Heading heading("", {{"darker is louder", {series_color(0), series_color(1), series_color(2)}}}, 400);
  Canvas canvas(400, 60);
  heading.draw(canvas, 0);
  canvas.write_png(file("head.png"));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(Picture(file("head.png")).count(series_color(i)), 144) << i;
}

}  // namespace
}  // namespace heed::rendering
