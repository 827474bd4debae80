// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/picture.h"

#include <cmath>
#include <stdexcept>

#include "tests/data/image/exif_blocks.h"
#include "tests/data/image/image_files.h"
#include "tests/data/test_folder.h"
#include <gmock/gmock.h>

#include "heed/data/image/colour_profile.h"
#include "heed/data/image/image_reader.h"
#include "heed/data/image/jpeg_writer.h"
#include "heed/data/image/picture_writer.h"

namespace heed::image {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace testing;
using namespace std::string_literals;

Picture made(int64_t height, int64_t width, int64_t channels, int bits) {
  Picture picture{height, width, channels, bits, {}};
  for (int64_t i = 0; i < height * width * channels; ++i)
    picture.pixels.push_back(static_cast<uint16_t>((i * 40503 + 977) & picture.largest()));
  return picture;
}

/// A profile as far as heed looks: its size, its colours and its mark.
std::vector<std::byte> profile_of(size_t size, const std::string& colours) {
  std::string text(size, 'p');
  text.replace(0, 4, big_endian(static_cast<uint32_t>(size)));
  text.replace(16, 4, colours);
  text.replace(36, 4, "acsp");
  const auto bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

void expect_same(const Picture& found, const Picture& wanted) {
  EXPECT_EQ(found.height, wanted.height);
  EXPECT_EQ(found.width, wanted.width);
  EXPECT_EQ(found.channels, wanted.channels);
  EXPECT_EQ(found.bits, wanted.bits);
  EXPECT_EQ(found.pixels, wanted.pixels);
  EXPECT_EQ(found.notes.icc_profile, wanted.notes.icc_profile);
  EXPECT_EQ(found.notes.srgb_intent, wanted.notes.srgb_intent);
  EXPECT_EQ(found.notes.gamma, wanted.notes.gamma);
  EXPECT_EQ(found.notes.chromaticities, wanted.notes.chromaticities);
  EXPECT_EQ(found.notes.density, wanted.notes.density);
}

TEST(Picture, OfAnyKindSurvivesPng) {
  for (const int bits : {8, 16}) {
    for (const int64_t channels : {1, 2, 3, 4}) {
      for (const auto& [height, width] : {std::pair<int64_t, int64_t>{1, 1}, {1, 300}, {257, 3}, {40, 41}}) {
        SCOPED_TRACE(bits * 10 + channels);
        const Picture picture = made(height, width, channels, bits);
        expect_same(decode_picture(encode_png(picture), "a.png"), picture);
      }
    }
  }
}

TEST(Picture, NotesSurvivePng) {
  Picture picture = made(3, 4, 4, 16);
  picture.notes = {.icc_profile = profile_of(5000, "RGB "),
                   .srgb_intent = 2,
                   .gamma = 45455,
                   .chromaticities = {{31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000}},
                   .density = {{2835, 5670, true}}};
  expect_same(decode_picture(encode_png(picture), "a.png"), picture);
}

TEST(Picture, ProfileAndDensitySurviveJpeg) {
  Picture picture = made(8, 9, 3, 8);
  picture.notes.icc_profile = profile_of(200000, "RGB ");  // several segments
  picture.notes.density = {{11811, 5906, true}};           // 300 and 150 an inch
  const Picture found = decode_picture(encode_jpeg(picture), "a.jpg");
  EXPECT_EQ(found.notes.icc_profile, picture.notes.icc_profile);
  EXPECT_EQ(found.notes.density, picture.notes.density);
  picture.notes.density = {{3, 2, false}};
  EXPECT_EQ(decode_picture(encode_jpeg(picture), "a.jpg").notes.density, picture.notes.density);
  picture.notes.density = {{4000000000u, 1, true}};
  EXPECT_EQ(decode_picture(encode_jpeg(picture), "a.jpg").notes.density, std::nullopt);
}

TEST(Picture, AProfileForOtherColoursIsLeftOut) {
  for (const auto& [channels, colours] :
       {std::pair<int64_t, const char*>{1, "RGB "}, {2, "RGB "}, {3, "GRAY"}, {4, "CMYK"}}) {
    Picture picture = made(2, 2, channels, 8);
    picture.notes.icc_profile = profile_of(400, colours);
    EXPECT_THAT(decode_picture(encode_png(picture), "a.png").notes.icc_profile, IsEmpty()) << colours;
  }
}

TEST(Picture, ADamagedProfileIsLeftOutAndTheFileRead) {
  const std::string plain = png_of(pattern(2, 2, 3));
  const auto with = [&](const std::string& content) {
    std::string file = plain;
    return decode_picture(as_bytes(file.insert(8 + 25, png_chunk("iCCP", content))), "a.png");
  };
  const auto packed = pack_profile(profile_of(400, "RGB "));
  const std::string good(reinterpret_cast<const char*>(packed.data()), packed.size());
  EXPECT_EQ(with(good).notes.icc_profile, profile_of(400, "RGB "));
  for (const std::string& bad :
       {""s, "name"s, "name\0"s, "name\0\1"s + good.substr(13), good.substr(0, good.size() - 9),
        std::string(200, 'n') + "\0\0"s, "x\0\0broken"s, "x\0\0"s + zlib_packed("short"),
        "x\0\0"s + zlib_packed(std::string(kMaxProfileBytes + 1, 'p'))})
    EXPECT_THAT(with(bad).notes.icc_profile, IsEmpty());

  std::string jpeg = read_text(fixtures() / "colour.jpg");
  jpeg.insert(2, "\xFF\xE2\0\x14ICC_PROFILE\0\2\2abcd"s);  // part two of two, without part one
  EXPECT_THAT(decode_picture(as_bytes(jpeg), "a.jpg").notes.icc_profile, IsEmpty());
}

TEST(Picture, TurnsUprightWithItsDensity) {
  Picture picture = made(2, 3, 4, 16);
  picture.notes.density = {{100, 200, true}};
  const auto encoded = encode_png(picture);
  std::string file(reinterpret_cast<const char*>(encoded.data()), encoded.size());
  file.insert(8 + 25, png_chunk("eXIf", tiff_block('M', {.value = 6})));
  const Picture turned = decode_picture(as_bytes(file), "a.png");
  EXPECT_EQ(turned.height, 3);
  EXPECT_EQ(turned.notes.density, (Density{200, 100, true}));
  const std::vector<uint16_t> first(picture.pixels.begin() + 12, picture.pixels.begin() + 16);
  EXPECT_EQ(std::vector<uint16_t>(turned.pixels.begin(), turned.pixels.begin() + 4), first);
}

TEST(Picture, OnWhiteEqualsWhatTheReaderOf8BitsShows) {
  for (const int64_t channels : {1, 2, 3, 4}) {
    const auto file = encode_png(made(9, 11, channels, 8));
    EXPECT_EQ(on_white(decode_picture(file, "a.png")).pixels, decode_image(file, "a.png").pixels);
  }
  // 16 bits are rounded once, the reader's are rounded before they are blended.
  const Picture deep = made(9, 11, 4, 16);
  const Image once = on_white(deep), twice = decode_image(encode_png(deep), "a.png");
  for (size_t i = 0; i < once.pixels.size(); ++i) EXPECT_LE(std::abs(once.pixels[i] - twice.pixels[i]), 1);
  EXPECT_EQ(on_white({1, 2, 2, 16, {0, 0, 0, 65535}}).pixels, (std::vector<uint8_t>{255, 0}));
}

TEST(Picture, AJpegIsNearToIt) {
  Picture picture{16, 24, 3, 8, {}};
  for (int i = 0; i < 16 * 24; ++i)
    for (const int value : {i % 24 * 10, i / 24 * 15, 128})
      picture.pixels.push_back(static_cast<uint16_t>(value));
  const Picture found = decode_picture(encode_jpeg(picture, 100), "a.jpg");
  ASSERT_EQ(found.pixels.size(), picture.pixels.size());
  for (size_t i = 0; i < found.pixels.size(); ++i) EXPECT_NEAR(found.pixels[i], picture.pixels[i], 4);
  EXPECT_LT(encode_jpeg(picture, 20).size(), encode_jpeg(picture, 100).size());
  EXPECT_EQ(encode_jpeg(picture), encode_jpeg(picture));
}

TEST(Picture, SaysWhatAJpegLoses) {
  Picture picture = made(2, 2, 4, 16);
  EXPECT_THAT(lost_in_jpeg(picture), ElementsAre("transparency", "16 bits"));
  Picture opaque{1, 1, 2, 8, {7, 255}};
  EXPECT_THAT(lost_in_jpeg(opaque), IsEmpty());
  opaque.notes.gamma = 45455;
  EXPECT_THAT(lost_in_jpeg(opaque), IsEmpty());
  opaque.notes.gamma = 100000;
  EXPECT_THAT(lost_in_jpeg(opaque), ElementsAre("gamma and chromaticities"));
  opaque.notes.srgb_intent = 0;
  EXPECT_THAT(lost_in_jpeg(opaque), IsEmpty());
}

TEST(Picture, IsWrittenAsItsNameEnds) {
  const heed::testing::TemporaryFolder folder;
  for (const auto& [name, is_png] : {std::pair<std::string, bool>{"a.png", true},
                                     {"a.PNG", true},
                                     {"b.jpg", false},
                                     {"b.JPEG", false},
                                     {"c.tar.jfif", false}}) {
    write_picture(folder.path() / name, made(3, 3, 3, 8));
    EXPECT_EQ(read_text(folder.path() / name).starts_with("\x89PNG"), is_png) << name;
  }
  for (const char* name : {"a", "a.webp", "a.tiff", "png", ".png", "a.png.gz"}) {
    try {
      write_picture(folder.path() / name, made(3, 3, 3, 8));
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_THAT(error.what(),
                  HasSubstr(name + ": heed writes PNG and JPEG: the name must end in .png or .jpg"s));
    }
  }
}

TEST(Picture, TooWideForAJpegIsSaidBeforeTheWork) {
  const heed::testing::TemporaryFolder folder;
  EXPECT_NO_THROW(check_picture_file(folder.path() / "a.jpg", 1, kMaxJpegSide));
  EXPECT_NO_THROW(check_picture_file(folder.path() / "a.png", 1, kMaxJpegSide + 1));
  EXPECT_THROW(check_picture_file(folder.path() / "a.jpg", kMaxJpegSide + 1, 1), Error);
  EXPECT_THROW(check_picture_file(folder.path() / "none" / "a.png", 1, 1), Error);
}

TEST(Picture, RefusesWhatIsNone) {
  const auto refuses = [](const Picture& picture) {
    EXPECT_THROW(encode_png(picture), std::invalid_argument);
    EXPECT_THROW(encode_jpeg(picture), std::invalid_argument);
  };
  refuses({});
  refuses({1, 1, 5, 8, {0, 0, 0, 0, 0}});
  refuses({1, 1, 1, 12, {0}});
  refuses({2, 2, 1, 8, {0, 0, 0}});
  refuses({-1, -1, 1, 8, {0}});
  refuses({4, int64_t{1} << 62, 4, 8, {}});
  EXPECT_THROW(encode_jpeg(made(1, 1, 1, 8), 0), std::invalid_argument);
  EXPECT_THROW(encode_jpeg(made(1, 1, 1, 8), 101), std::invalid_argument);
  EXPECT_THROW(encode_jpeg(made(1, kMaxJpegSide + 1, 1, 8)), std::invalid_argument);
}

}  // namespace
}  // namespace heed::image
