// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/idx_reader.h"

#include <sstream>

#include "tests/data/image/idx_bytes.h"
#include "tests/data/image/image_files.h"
#include "tests/data/text/text_files.h"
#include <gmock/gmock.h>

namespace heed::image {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace testing;
using namespace std::string_literals;

IdxArray read(const std::string& file, uint64_t max_bytes = 1000) {
  return read_idx(ByteStream(std::make_unique<std::istringstream>(file)), "a.idx", max_bytes);
}

std::string error_of(const std::string& file) {
  return data_error([&] { read(file); });
}

TEST(IdxReader, ReadsShapesAndValues) {
  const IdxArray labels = read(idx({3}, "\1\2\xFF"));
  EXPECT_THAT(labels.shape, ElementsAre(3));
  EXPECT_THAT(labels.values, ElementsAre(1, 2, 255));
  const IdxArray images = read(text::testing::gzip(idx({2, 1, 3}, "abcdef")));
  EXPECT_THAT(images.shape, ElementsAre(2, 1, 3));
  EXPECT_EQ(images.values.back(), 'f');
  EXPECT_TRUE(read(idx({0, 28, 28}, "")).values.empty());
}

TEST(IdxReader, RefusesAFileCutAtAnyByteAndOneThatGoesOn) {
  const std::string file = idx({2, 1, 3}, "abcdef");
  for (size_t size = 0; size < file.size(); ++size)
    EXPECT_THAT(error_of(file.substr(0, size)), HasSubstr("a.idx, byte " + std::to_string(size) + ": "))
        << size;
  EXPECT_EQ(error_of(file.substr(0, 18)), "a.idx, byte 18: has 2 values, but its header says 6");
  EXPECT_EQ(error_of(file + "x"), "a.idx, byte 22: has more values than the 6 of its header");
  const std::string packed = text::testing::gzip(file);
  for (size_t size = 2; size < packed.size(); ++size)
    EXPECT_THAT(error_of(packed.substr(0, size)), HasSubstr("truncated")) << size;
}

TEST(IdxReader, TakesNoMemoryForSizesThatAreClaimed) {
  EXPECT_EQ(error_of(idx({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, "")),
            "a.idx, byte 4: its header has more than 1000 values");
  EXPECT_THAT(error_of(idx({0, 0xFFFFFFFF, 0xFFFFFFFF}, "")),
              HasSubstr("its header has more than 1000 values"));
  EXPECT_THAT(error_of(idx({10, 10, 11}, "")), HasSubstr("a.idx, byte 12: its header has more"));
  EXPECT_THAT(data_error([] { read(idx({0xFFFFFFFF}, "abc"), uint64_t{1} << 40); }),
              HasSubstr("has 3 values, but its header says 4294967295"));
}

TEST(IdxReader, RefusesABombOfGzip) {
  const std::string bomb = text::testing::gzip(idx({80 << 20}, std::string(size_t{80} << 20, '\0')));
  EXPECT_THAT(data_error([&] { read(bomb, uint64_t{1} << 40); }), HasSubstr("more than 250 times its size"));
}

TEST(IdxReader, RefusesOtherKinds) {
  EXPECT_THAT(error_of("\0\0\x0D\1\0\0\0\1abcd"s), HasSubstr("byte 0: is not an idx file of unsigned bytes"));
  EXPECT_THAT(error_of("\0\0\x8\0"s), HasSubstr("is not an idx file"));
  EXPECT_THAT(error_of("\0\0\x8\5"s + std::string(20, '\1')), HasSubstr("is not an idx file"));
  EXPECT_THAT(error_of("abcd"), HasSubstr("is not an idx file"));
}

TEST(IdxReader, HoldsImagesAndLabelsAgainstEachOther) {
  const text::testing::Files files;
  const auto images = files.write("images", idx({2, 1, 3}, "abcdef"));
  const auto labels = files.write("labels", idx({2}, "\7\3"));
  const IdxImages both = read_idx_images(images, labels);
  EXPECT_EQ(both.count, 2);
  EXPECT_EQ(both.height, 1);
  EXPECT_EQ(both.width, 3);
  EXPECT_THAT(both.labels, ElementsAre(7, 3));
  const auto three = files.write("three", idx({3}, "abc"));
  EXPECT_EQ(data_error([&] { read_idx_images(images, three); }),
            three.string() + ": has 3 labels, but " + images.string() + " has 2 images");
  EXPECT_THAT(data_error([&] { read_idx_images(labels, images); }),
              HasSubstr("has 1 dimensions; images need 3"));
  EXPECT_THAT(data_error([&] { read_idx_images(images, images); }),
              HasSubstr("has 3 dimensions; labels need 1"));
  const auto none = files.write("none", idx({0, 28, 28}, ""));
  EXPECT_THAT(data_error([&] { read_idx_images(none); }), HasSubstr("has no pixels"));
}

TEST(IdxReader, TellsDimensionsByTheFirstBytes) {
  const text::testing::Files files;
  EXPECT_EQ(idx_dimensions(files.write("a", idx({2, 1, 3}, ""))), 3);
  EXPECT_EQ(idx_dimensions(files.write("b", text::testing::gzip(idx({1}, "")))), 1);
  EXPECT_EQ(idx_dimensions(files.write("c", "abc")), 0);
  EXPECT_EQ(idx_dimensions(files.write("d", "\x1F\x8Bno gzip")), 0);
}

}  // namespace
}  // namespace heed::image
