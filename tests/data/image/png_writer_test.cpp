// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/png_writer.h"

#include <stdexcept>

#include "tests/data/image/image_files.h"
#include "tests/data/test_folder.h"

#include "heed/data/image/image_reader.h"
#include "heed/data/image/png_reader.h"

namespace heed::image {
namespace {

using namespace testing;

TEST(PngWriter, WhatItWritesIsReadAsItWas) {
  const heed::testing::TemporaryFolder folder;
  for (const int64_t channels : {1, 3}) {
    for (const auto& [height, width] : {std::pair<int64_t, int64_t>{1, 1}, {1, 300}, {257, 3}, {40, 41}}) {
      const Image image = pattern(height, width, channels);
      write_png(folder.path() / "a.png", image);
      const Image again = read_image(folder.path() / "a.png");
      EXPECT_EQ(again.height, height);
      EXPECT_EQ(again.width, width);
      EXPECT_EQ(again.channels, channels);
      EXPECT_EQ(again.pixels, image.pixels);
    }
  }
}

TEST(PngWriter, TheSamePictureGivesTheSameBytes) {
  EXPECT_EQ(encode_png(pattern(20, 30, 3)), encode_png(pattern(20, 30, 3)));
}

TEST(PngWriter, RefusesWhatIsNoPicture) {
  const auto refuses = [](const Image& image) { EXPECT_THROW(encode_png(image), std::invalid_argument); };
  refuses({});
  refuses({1, 1, 2, {0, 0}});
  refuses({2, 2, 1, {0, 0, 0}});
  refuses({2, 2, 1, {0, 0, 0, 0, 0}});
  refuses({-1, -1, 1, {0}});
  refuses({int64_t{1} << 62, 4, 1, {}});
}

TEST(PngWriter, AFolderThatIsNotThereIsASystemError) {
  try {
    write_png("/nonexistent/a.png", pattern(1, 1, 1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kSystem);
  }
}

}  // namespace
}  // namespace heed::image
