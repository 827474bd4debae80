// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/jpeg_reader.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "tests/data/image/image_files.h"
#include <gmock/gmock.h>
#include <jpeglib.h>

namespace heed::image {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace testing;
using namespace std::string_literals;

/// Reads P5 and P6 files as written by Pillow.
Image read_pnm(const std::string& name) {
  std::istringstream in(read_text(fixtures() / name));
  std::string kind;
  int most = 0;
  Image image;
  in >> kind >> image.width >> image.height >> most;
  in.get();
  image.channels = kind == "P6" ? 3 : 1;
  image.pixels.resize(static_cast<size_t>(image.height * image.width * image.channels));
  in.read(reinterpret_cast<char*>(image.pixels.data()), std::ssize(image.pixels));
  EXPECT_TRUE(in) << name;
  return image;
}

/// Decoders may differ by one grey level.
void expect_near(const Image& image, const Image& wanted) {
  ASSERT_EQ(image.height, wanted.height);
  ASSERT_EQ(image.width, wanted.width);
  ASSERT_EQ(image.channels, wanted.channels);
  ASSERT_EQ(image.pixels.size(), wanted.pixels.size());
  for (size_t i = 0; i < image.pixels.size(); ++i)
    ASSERT_LE(std::abs(image.pixels[i] - wanted.pixels[i]), 1) << "sample " << i;
}

std::string error_of(std::span<const std::byte> file) {
  return data_error([&] { decode_jpeg(file, "a.jpg"); });
}

/// Returns the offset of the height in a frame header of any type.
size_t height_at(const std::vector<std::byte>& file) {
  for (size_t at = 2;;
       at += 2 + static_cast<size_t>(file[at + 2]) * 256 + static_cast<size_t>(file[at + 3])) {
    const auto marker = static_cast<unsigned>(file[at + 1]);
    if (marker >= 0xC0 && marker <= 0xC2) return at + 5;
  }
}

std::vector<std::byte> claiming(std::vector<std::byte> file, uint32_t height, uint32_t width) {
  const std::string sizes = big_endian(height << 16 | width);
  std::memcpy(file.data() + height_at(file), sizes.data(), sizes.size());
  return file;
}

TEST(JpegReader, AgreesWithPillow) {
  for (const std::string name : {"grey", "colour", "all-chroma", "progressive"}) {
    SCOPED_TRACE(name);
    expect_near(decode_jpeg(fixture(name + ".jpg"), name), read_pnm(name + ".pnm"));
  }
}

TEST(JpegReader, TurnsAPictureUpright) {
  const Image image = decode_jpeg(fixture("turned.jpg"), "turned.jpg");
  EXPECT_EQ(image.width, 29);
  expect_near(image, read_pnm("turned.pnm"));
}

TEST(JpegReader, RefusesCmyk) {
  EXPECT_EQ(error_of(fixture("cmyk.jpg")),
            "a.jpg: is a CMYK JPEG, made for printing, whose colours depend on its profile: convert it to "
            "RGB first");
}

TEST(JpegReader, RefusesAFileCutAtAnyByte) {
  for (const char* name : {"grey.jpg", "colour.jpg", "progressive.jpg", "turned.jpg"}) {
    const auto file = fixture(name);
    for (size_t size = 0; size < file.size(); ++size)
      EXPECT_THAT(error_of(std::span(file).first(size)), StartsWith("a.jpg, byte ")) << name << " " << size;
  }
}

TEST(JpegReader, AnyFlippedByteGivesAPictureOfThatSizeOrAnError) {
  const auto good = fixture("progressive.jpg");
  for (size_t at = 3; at < good.size(); ++at) {
    auto file = good;
    file[at] ^= std::byte{0xFF};
    try {
      const Image image = decode_jpeg(file, "a.jpg", {.max_pixels = 1 << 16});
      EXPECT_EQ(std::ssize(image.pixels), image.height * image.width * image.channels);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData) << error.what();
    }
  }
}

TEST(JpegReader, IgnoresWhatFollowsTheEnd) {
  auto file = fixture("colour.jpg");
  const Image plain = decode_jpeg(file, "a.jpg");
  file.resize(file.size() + 1000, std::byte{0x55});
  EXPECT_EQ(decode_jpeg(file, "a.jpg").pixels, plain.pixels);
}

TEST(JpegReader, RefusesSizesBeforeTakingMemory) {
  for (const char* name : {"grey.jpg", "progressive.jpg"}) {
    EXPECT_EQ(error_of(claiming(fixture(name), 65500, 65500)),
              "a.jpg: its header says 65500 x 65500 pixels; the limit is 67108864 in total: make the image "
              "smaller");
    EXPECT_THAT(error_of(claiming(fixture(name), 65535, 65535)),
                HasSubstr("Maximum supported image dimension"));
    EXPECT_THAT(error_of(claiming(fixture(name), 37, 0)), HasSubstr("not a readable JPEG: Empty"));
    EXPECT_THAT(error_of(claiming(fixture(name), 0, 37)), HasSubstr("not a readable JPEG: Empty"));
    EXPECT_THAT(error_of(claiming(fixture(name), 2000, 3000)), HasSubstr("not a readable JPEG: "));
  }
}

/// Makes a grey JPEG whose coefficients come in separate scans, then one more bit of each, up to the given
/// number of scans.
std::vector<std::byte> with_scans(int count) {
  std::vector<jpeg_scan_info> scans{{1, {0}, 0, 0, 0, 0}};
  for (int k = 1; k < 64; ++k) scans.push_back({1, {0}, k, k, 0, 1});
  for (int k = 1; k < 64; ++k) scans.push_back({1, {0}, k, k, 1, 0});
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);  // its default handler exits, which is a test's own mistake here
  jpeg_create_compress(&info);
  unsigned char* written = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &written, &size);
  info.image_width = info.image_height = 16;
  info.input_components = 1;
  info.in_color_space = JCS_GRAYSCALE;
  jpeg_set_defaults(&info);
  info.scan_info = scans.data();
  info.num_scans = count;
  jpeg_start_compress(&info, TRUE);
  const Image image = pattern(16, 16, 1);
  for (ptrdiff_t y = 0; y < 16; ++y) {
    auto* row = const_cast<JSAMPROW>(image.pixels.data() + y * 16);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  const auto* bytes = reinterpret_cast<const std::byte*>(written);
  std::vector<std::byte> file(bytes, bytes + size);
  jpeg_destroy_compress(&info);
  std::free(written);
  return file;
}

TEST(JpegReader, RefusesMoreScansThanAnyEncoderWrites) {
  EXPECT_NO_THROW(decode_jpeg(with_scans(100), "a.jpg"));
  EXPECT_THAT(error_of(with_scans(101)), HasSubstr("it has more than 100 scans"));
}

TEST(JpegReader, PrintsNothing) {
  ::testing::internal::CaptureStderr();
  auto file = fixture("colour.jpg");
  file.erase(file.end() - 60, file.end() - 30);
  EXPECT_THROW(decode_jpeg(file, "a.jpg"), Error);
  EXPECT_THROW(decode_jpeg(std::span(file).first(300), "a.jpg"), Error);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(JpegReader, SaysThatAnotherFileIsNoJpeg) {
  EXPECT_EQ(error_of(as_bytes("GIF89a")), "a.jpg, byte 0: is not a JPEG");
  EXPECT_THROW(decode_jpeg({}, "empty"), Error);
}

}  // namespace
}  // namespace heed::image
