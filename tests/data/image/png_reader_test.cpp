// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/png_reader.h"

#include "tests/data/image/image_files.h"
#include <gmock/gmock.h>

namespace heed::image {
namespace {

using ::testing::HasSubstr;
using namespace testing;
using namespace std::string_literals;

constexpr int kWidth = 11, kHeight = 9, kPixels = 99;

/// As in make_fixtures.py.
int sample(int x, int y, int channel, int bits) {
  return (x * 4051 + y * 9241 + channel * 30011 + x * y * 517) % 65536 >> (16 - bits);
}

uint8_t to_8_bits(int value, int bits) {
  const int most = (1 << bits) - 1;
  return static_cast<uint8_t>((value * 255 * 2 + most) / (2 * most));  // rounded
}

uint8_t on_white(int value, int opacity) {
  return static_cast<uint8_t>((value * opacity + 255 * (255 - opacity) + 127) / 255);
}

struct Kind {
  const char* colour;
  int bits, channels;  ///< channels of the image, without alpha
  bool alpha = false, palette = false;
};
constexpr Kind kKinds[] = {{"grey", 1, 1},
                           {"grey", 2, 1},
                           {"grey", 4, 1},
                           {"grey", 8, 1},
                           {"grey", 16, 1},
                           {"rgb", 8, 3},
                           {"rgb", 16, 3},
                           {"palette", 1, 3, false, true},
                           {"palette", 2, 3, false, true},
                           {"palette", 4, 3, false, true},
                           {"palette", 8, 3, false, true},
                           {"grey-alpha", 8, 1, true},
                           {"grey-alpha", 16, 1, true},
                           {"rgba", 8, 3, true},
                           {"rgba", 16, 3, true}};

/// Returns the expected image of a fixture. `transparent`: it has a tRNS chunk.
uint8_t expected(const Kind& kind, int x, int y, int channel, bool transparent) {
  const int index = sample(x, y, 0, kind.bits);
  if (kind.palette) {
    const int colours[] = {(index * 31 + 5) % 256, (index * 57 + 9) % 256, (index * 101 + 77) % 256};
    const bool listed = transparent && index < (1 << kind.bits) / 2;
    return on_white(colours[channel], listed ? index * 37 % 256 : 255);
  }
  int opacity = kind.alpha ? to_8_bits(sample(x, y, kind.channels, kind.bits), kind.bits) : 255;
  if (transparent) {
    bool clear = true;
    for (int c = 0; c < kind.channels; ++c)
      clear = clear && sample(x, y, c, kind.bits) == sample(3, 2, c, kind.bits);
    if (clear) opacity = 0;
  }
  return on_white(to_8_bits(sample(x, y, channel, kind.bits), kind.bits), opacity);
}

void expect_fixture(const Kind& kind, const std::string& ending) {
  const std::string name = std::string(kind.colour) + "-" + std::to_string(kind.bits) + ending + ".png";
  SCOPED_TRACE(name);
  const Image image = decode_png(fixture(name), name);
  ASSERT_EQ(image.height, kHeight);
  ASSERT_EQ(image.width, kWidth);
  ASSERT_EQ(image.channels, kind.channels);
  ASSERT_EQ(std::ssize(image.pixels), kHeight * kWidth * kind.channels);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      for (int c = 0; c < kind.channels; ++c) {
        ASSERT_EQ(image.pixels[static_cast<size_t>((y * kWidth + x) * kind.channels + c)],
                  expected(kind, x, y, c, ending == "-transparent"))
            << x << ", " << y << ", channel " << c;
      }
    }
  }
}

TEST(PngReader, ReadsEveryColourTypeAndDepth) {
  for (const auto& kind : kKinds) expect_fixture(kind, "");
}
TEST(PngReader, ReadsInterlacedFiles) {
  for (const auto& kind : kKinds) expect_fixture(kind, "-interlaced");
}
TEST(PngReader, LaysTransparentColoursOnWhite) {
  for (const auto& kind : kKinds) {
    if (!kind.alpha) expect_fixture(kind, "-transparent");
  }
}

TEST(PngReader, RefusesAFileCutAtAnyByte) {
  for (const char* name :
       {"rgb-8.png", "grey-1-interlaced.png", "palette-4-transparent.png", "rgba-16.png"}) {
    const auto file = fixture(name);
    for (size_t size = 0; size < file.size(); ++size) {
      const auto what = data_error([&] { decode_png(std::span(file).first(size), "cut.png"); });
      EXPECT_THAT(what, HasSubstr("cut.png, byte ")) << size;
    }
  }
}

TEST(PngReader, FindsEveryFlippedBit) {
  const auto good = fixture("palette-4-transparent.png");
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto file = good;
    file[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_THROW(decode_png(file, "flipped.png"), Error) << "bit " << bit;
  }
}

TEST(PngReader, IgnoresWhatFollowsTheEnd) {
  auto file = fixture("grey-8.png");
  const Image plain = decode_png(file, "a.png");
  file.resize(file.size() + 1000, std::byte{0x55});
  EXPECT_EQ(decode_png(file, "a.png").pixels, plain.pixels);
}

TEST(PngReader, RefusesSizesBeforeTakingMemory) {
  const auto error = [](uint32_t width, uint32_t height) {
    const std::string file = png_claiming(width, height, "\0\1"s);
    return data_error([&] { decode_png(as_bytes(file), "bomb.png"); });
  };
  EXPECT_EQ(
      error(1u << 31, 1u << 31),
      "bomb.png, byte 16: its header says 2147483648 x 2147483648 pixels; the limit is 67108864 in total: "
      "make the image smaller");
  EXPECT_THAT(error(0x7FFFFFFF, 1), HasSubstr("its header says 2147483647 x 1 pixels"));
  EXPECT_EQ(error(0, 7), "bomb.png, byte 16: has no pixels: 0 x 7");
  EXPECT_EQ(error(7, 0), "bomb.png, byte 16: has no pixels: 7 x 0");
  EXPECT_EQ(
      error(8000, 8000),
      "bomb.png, byte 16: its header says 8000 x 8000 pixels, more than a file of its size can contain");
}

TEST(PngReader, KeepsTheLimitThatIsGiven) {
  const auto file = fixture("grey-8.png");
  EXPECT_NO_THROW(decode_png(file, "a.png", {.max_pixels = kPixels}));
  EXPECT_THAT(data_error([&] { decode_png(file, "a.png", {.max_pixels = kPixels - 1}); }),
              HasSubstr("the limit is 98 in total"));
}

TEST(PngReader, RefusesPixelsThatAreFewerOrOfAWrongFilter) {
  const auto error = [](uint32_t height, const std::string& rows) {
    const std::string file = png_claiming(2, height, rows);
    return data_error([&] { decode_png(as_bytes(file), "a.png"); });
  };
  EXPECT_NO_THROW(decode_png(as_bytes(png_claiming(2, 1, "\0\1\2"s)), "a.png"));
  EXPECT_THAT(error(2, "\0\1\2"s), HasSubstr("a.png, byte "));
  EXPECT_THAT(error(1, "\7\1\2"s), HasSubstr("bad adaptive filter value"));
}

TEST(PngReader, SaysThatAnotherFileIsNoPng) {
  EXPECT_EQ(data_error([] { decode_png(as_bytes("GIF89a"), "a.gif"); }), "a.gif, byte 0: is not a PNG");
  EXPECT_THAT(data_error([] { decode_png({}, "empty"); }), HasSubstr("empty, byte 0: is not a PNG"));
}

TEST(PngReader, PrintsNothing) {
  ::testing::internal::CaptureStderr();
  auto file = fixture("palette-8.png");
  EXPECT_NO_THROW(decode_png(file, "a.png"));
  file[file.size() / 2] ^= std::byte{1};
  EXPECT_THROW(decode_png(file, "a.png"), Error);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace heed::image
