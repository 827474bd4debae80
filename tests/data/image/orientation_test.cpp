// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/orientation.h"

#include <cmath>
#include <span>
#include <string>

#include "tests/data/image/exif_blocks.h"
#include "tests/data/image/image_files.h"

#include "heed/data/image/image_reader.h"

namespace heed::image {
namespace {

using namespace testing;
using namespace std::string_literals;

constexpr auto kUpright = Orientation::kUpright;

Orientation read(const std::string& block) {
  return exif_orientation(as_bytes(block));
}

/// A grey image of these rows.
Image letters(const std::vector<std::string>& rows) {
  Image image{std::ssize(rows), std::ssize(rows.front()), 1, {}};
  for (const auto& row : rows) image.pixels.insert(image.pixels.end(), row.begin(), row.end());
  return image;
}

void expect_equal(const Image& image, const Image& wanted) {
  EXPECT_EQ(image.height, wanted.height);
  EXPECT_EQ(image.width, wanted.width);
  EXPECT_EQ(image.channels, wanted.channels);
  EXPECT_EQ(image.pixels, wanted.pixels);
}

/// What the picture "abc, def" must become, by the value of the tag.
const std::vector<std::string> kTurned[] = {{"abc", "def"},     {"cba", "fed"},     {"fed", "cba"},
                                            {"def", "abc"},     {"ad", "be", "cf"}, {"da", "eb", "fc"},
                                            {"fc", "eb", "da"}, {"cf", "be", "ad"}};

TEST(Orientation, IsReadInBothByteOrders) {
  for (const char order : {'M', 'I'}) {
    for (uint32_t value = 1; value <= 8; ++value) {
      const std::string block = tiff_block(order, {.value = value});
      EXPECT_EQ(read(block), static_cast<Orientation>(value)) << order << value;
      EXPECT_EQ(read("Exif\0\0"s + block), static_cast<Orientation>(value)) << order << value;
      EXPECT_EQ(read(tiff_block(order, {.type = 4, .value = value})), static_cast<Orientation>(value));
    }
  }
}

TEST(Orientation, OfADamagedBlockIsUpright) {
  for (const char order : {'M', 'I'}) {
    const std::string good = tiff_block(order, {});
    constexpr size_t kNeeded =
        8 + 2 + 12 + 10;  // the header, the count, one entry, the other up to its value
    for (size_t size = 0; size < kNeeded; ++size)
      EXPECT_EQ(read(good.substr(0, size)), kUpright) << order << size;
    EXPECT_EQ(read(good.substr(0, kNeeded)), Orientation::kTurnRight);
    for (const uint32_t value : {0u, 9u, 255u, 65535u})
      EXPECT_EQ(read(tiff_block(order, {.value = value})), kUpright);
    EXPECT_EQ(read(tiff_block(order, {.tag = 0x0113})), kUpright);
    EXPECT_EQ(read(tiff_block(order, {.type = 2})), kUpright);
    EXPECT_EQ(read(tiff_block(order, {.count = 2})), kUpright);
    EXPECT_EQ(read(tiff_block(order, {.type = 4, .value = 0x10006})), kUpright);
    for (const uint32_t directory : {2u, 40u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
      std::string far = good;
      far.replace(4, 4, tiff_number(order, directory, 4));
      EXPECT_EQ(read(far), kUpright) << directory;
    }
  }
  EXPECT_EQ(read("XX" + tiff_block('M', {}).substr(2)), kUpright);
  EXPECT_EQ(read("Exif\0\0"s), kUpright);
}

TEST(Orientation, EachValueTurnsThePictureItsWay) {
  for (size_t value = 1; value <= 8; ++value) {
    SCOPED_TRACE(value);
    Image image = letters({"abc", "def"});
    turn_upright(image, static_cast<Orientation>(value));
    expect_equal(image, letters(kTurned[value - 1]));
  }
}

TEST(Orientation, TurnsColoursRowsAndSinglePixels) {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{1, 1}, {1, 7}, {7, 1}, {4, 9}}) {
    for (int value = 1; value <= 8; ++value) {
      const Image stored = pattern(height, width, 3);
      Image turned = stored;
      turn_upright(turned, static_cast<Orientation>(value));
      EXPECT_EQ(turned.height, value <= 4 ? height : width);
      // The values that undo each other: all but the quarter turns undo themselves.
      const int undo = value == 6 ? 8 : value == 8 ? 6 : value;
      turn_upright(turned, static_cast<Orientation>(undo));
      expect_equal(turned, stored);
    }
  }
}

/// The PNG with one more chunk, before or after its pixels.
std::string png_with(const Image& image, const std::string& chunk, bool behind) {
  std::string file = png_of(image);
  const size_t header = 8 + 25, end = file.size() - 12;
  return file.insert(behind ? end : header, chunk);
}

TEST(Orientation, OfAPngIsInItsExifChunk) {
  for (uint32_t value = 1; value <= 8; ++value) {
    for (const bool behind : {false, true}) {
      for (const std::string& prefix : {""s, "Exif\0\0"s}) {
        SCOPED_TRACE(value);
        const std::string chunk =
            png_chunk("eXIf", prefix + tiff_block("MI" [value % 2], { .value = value }));
        const auto file = png_with(letters({"abc", "def"}), chunk, behind);
        expect_equal(decode_image(as_bytes(file), "a.png"), letters(kTurned[value - 1]));
      }
    }
  }
  const auto plain = letters({"abc", "def"});
  for (const std::string& content : {""s, "broken"s, tiff_block('I', {.value = 77})})
    expect_equal(decode_image(as_bytes(png_with(plain, png_chunk("eXIf", content), false)), "a.png"), plain);
}

TEST(Orientation, OfAPngBehindItsEndCountsForNothing) {
  const auto plain = letters({"abc", "def"});
  const std::string file = png_of(plain) + png_chunk("eXIf", tiff_block('M', {}));
  expect_equal(decode_image(as_bytes(file), "a.png"), plain);
}

/// The JPEG fixture with segments behind its start mark.
Image jpeg_with(const std::string& segments) {
  std::string file = read_text(fixtures() / "colour.jpg");
  file.insert(2, segments);
  return decode_image(as_bytes(file), "a.jpg");
}

TEST(Orientation, OfAJpegIsInItsExifSegment) {
  const Image stored = jpeg_with("");
  for (uint32_t value = 1; value <= 8; ++value) {
    Image wanted = stored;
    turn_upright(wanted, static_cast<Orientation>(value));
    expect_equal(jpeg_with(exif_segment(tiff_block("MI" [value % 2], { .value = value }))), wanted);
  }
  const std::string other = "\xFF\xE1\0\x0Chttp://ns."s;
  Image wanted = stored;
  turn_upright(wanted, Orientation::kTurnRight);
  expect_equal(jpeg_with(other + exif_segment(tiff_block('M', {}))), wanted);
  for (const std::string& block : {""s, "MM"s, tiff_block('M', {}).substr(0, 20), std::string(60000, 'x')})
    expect_equal(jpeg_with(exif_segment(block)), stored);
}

}  // namespace
}  // namespace heed::image
