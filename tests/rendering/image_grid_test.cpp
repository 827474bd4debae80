// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/image_grid.h"

#include <stdexcept>

#include "tests/rendering/picture.h"

#include "heed/rendering/attention_on_image.h"

namespace heed::rendering {
namespace {

using ImageGridTest = RenderingTest;
constexpr Color kRed{1, 0, 0}, kGreen{0, 1, 0}, kBlue{0, 0, 1};

image::Image flat(int64_t height, int64_t width, Color color) {
  image::Image image{height, width, 3, {}};
  for (int64_t i = 0; i < height * width; ++i)
    for (const double part : {color.red, color.green, color.blue})
      image.pixels.push_back(static_cast<uint8_t>(part * 255));
  return image;
}

TEST_F(ImageGridTest, PixelsBecomeSquaresOfAWholeFactor) {
  image::Image image = flat(2, 2, kRed);
  image.pixels[3 * 3] = 0;
  image.pixels[3 * 3 + 2] = 255;  // the lower right one is blue
  const GridRow row{{image, ""}, {flat(2, 2, kGreen), ""}};
  draw_image_grid(std::span(&row, 1), {.enlarge = 7}, file("grid.png"));
  const Picture picture(file("grid.png"));
  EXPECT_EQ(picture.count(kRed), 3 * 49);
  EXPECT_EQ(picture.count(kBlue), 49);
  EXPECT_EQ(picture.count(kGreen), 4 * 49);
  EXPECT_EQ(picture.width(), 10 + 14 + 6 + 14 + 10);
  EXPECT_EQ(picture.height(), 10 + 14 + 10);
}

TEST_F(ImageGridTest, GroupsOfColumnsStandApart) {
  const GridRow row(4, {flat(2, 2, kRed), ""});
  draw_image_grid(std::span(&row, 1), {.enlarge = 5, .gap = 4, .group = 2}, file("grid.png"));
  const Picture picture(file("grid.png"));
  EXPECT_EQ(picture.width(), 10 + 10 + 4 + 10 + 20 + 10 + 4 + 10 + 10);
  EXPECT_EQ(picture.count(kRed, 34, 54), 0);
}

TEST_F(ImageGridTest, SmallerImagesFillTheirCellAndEmptyOnesStayEmpty) {
  const GridRow first{{flat(8, 8, kRed), ""}, {flat(2, 2, kGreen), ""}}, second{{}, {flat(3, 3, kBlue), ""}};
  const std::vector<GridRow> rows{first, second};
  draw_image_grid(rows, {.enlarge = 2}, file("grid.png"));
  const Picture picture(file("grid.png"));
  EXPECT_EQ(picture.count(kRed), 256);
  EXPECT_EQ(picture.count(kGreen), 256) << "2 x 2 by 8";
  EXPECT_EQ(picture.count(kBlue), 225) << "3 x 3 by 5";
}

TEST_F(ImageGridTest, TitlesAndCaptionsGetRoomOfTheirOwn) {
  const GridRow row{{flat(4, 4, kRed), "a caption that is wide"}};
  draw_image_grid(std::span(&row, 1),
                  {.title = "Title", .column_titles = {"column"}, .row_titles = {"row"}, .enlarge = 4},
                  file("grid.png"));
  const Picture picture(file("grid.png"));
  EXPECT_EQ(picture.count(kRed), 256) << "nothing lies over the image";
  EXPECT_GT(picture.width(), 120);
}

TEST_F(ImageGridTest, RefusesImagesWithoutTheirPixels) {
  const GridRow row{{{4, 4, 3, {1, 2, 3}}, ""}};
  EXPECT_THROW(draw_image_grid(std::span(&row, 1), {}, file("grid.png")), std::invalid_argument);
  EXPECT_EQ(files(), 0);
}

TEST_F(ImageGridTest, AttentionIsReddestWhereTheWeightIsLargest) {
  const image::Image image = flat(2, 2, kWhite);
  PixelAttention panel{"head 0", "", 1, 1, {0.25F, 0.75F, 0, 0}, {true, true, true, false}};
  draw_attention_on_image(image, std::span(&panel, 1), {.panel_size = 40}, file("attention.png"));
  const Picture picture(file("attention.png"));
  const int top = 14 + (22 + 40 + 22) + 22;  // the second line's panel
  const Color most = picture.at(14 + 30, top + 5), less = picture.at(14 + 5, top + 5),
              none = picture.at(14 + 5, top + 30);
  EXPECT_LT(most.green, 0.2);
  EXPECT_GT(less.green, 0.4);
  EXPECT_LT(less.green, 0.8);
  EXPECT_GT(none.green, 0.98);
  panel.weights.pop_back();
  EXPECT_THROW(draw_attention_on_image(image, std::span(&panel, 1), {}, file("wrong.png")),
               std::invalid_argument);
}

TEST_F(ImageGridTest, SurpriseIsDarkestWhereItIsLargest) {
  const image::Image image = flat(1, 2, kWhite);
  draw_attention_on_image(image, {}, {.panel_size = 40, .surprise = {0, 8}}, file("surprise.png"));
  EXPECT_GT(Picture(file("surprise.png")).count({0.03, 0.16, 0.38}), 390);
}

}  // namespace
}  // namespace heed::rendering
