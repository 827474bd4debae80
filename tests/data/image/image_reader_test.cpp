// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_reader.h"

#include "tests/data/image/image_files.h"
#include "tests/data/test_folder.h"

#include "heed/data/image/channels.h"

namespace heed::image {
namespace {

using namespace testing;
using namespace std::string_literals;

TEST(ImageReader, KnowsAFileByItsContentNotItsName) {
  const heed::testing::TemporaryFolder folder;
  write_atomically(folder.path() / "a.jpg", fixture("rgb-8.png"));
  write_atomically(folder.path() / "b.png", fixture("colour.jpg"));
  EXPECT_EQ(read_image(folder.path() / "a.jpg").width, 11);
  EXPECT_EQ(read_image(folder.path() / "b.png").width, 37);
}

TEST(ImageReader, NamesWhatAFileIsInstead) {
  const auto error = [](const std::string& file) {
    return data_error([&] { decode_image(as_bytes(file), "a.png"); });
  };
  EXPECT_EQ(error(""), "a.png: is empty; a PNG or JPEG is needed");
  EXPECT_EQ(error("GIF89a"), "a.png: seems to be a GIF; convert it to PNG first");
  EXPECT_EQ(error("RIFF\1\2\3\4WEBPVP8 "), "a.png: seems to be a WebP; convert it to PNG first");
  EXPECT_EQ(error("II*\0abc"s), "a.png: seems to be a TIFF; convert it to PNG first");
  EXPECT_EQ(error("RIFF\1\2\3\4WAVE"), "a.png: is neither a PNG nor a JPEG");
  EXPECT_EQ(error("x"), "a.png: is neither a PNG nor a JPEG");
}

TEST(ImageReader, AMissingFileAndAFolderAreDataErrors) {
  const heed::testing::TemporaryFolder folder;
  data_error([&] { read_image(folder.path() / "none.png"); });
  data_error([&] { read_image(folder.path()); });
}

TEST(Channels, GreyBecomesThreeEqualChannelsAndBack) {
  const std::vector<uint8_t> grey{0, 7, 255};
  const auto colour = convert_channels(grey, 1, 3);
  EXPECT_EQ(colour, (std::vector<uint8_t>{0, 0, 0, 7, 7, 7, 255, 255, 255}));
  EXPECT_EQ(convert_channels(colour, 3, 1), grey);
  EXPECT_EQ(convert_channels(grey, 1, 1), grey);
}

TEST(Channels, LumaIsThatOfBt601) {
  // As in Pillow's convert("L").
  EXPECT_EQ(convert_channels({255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 200, 90}, 3, 1),
            (std::vector<uint8_t>{76, 150, 29, 131}));
}

}  // namespace
}  // namespace heed::image
