// SPDX-License-Identifier: Apache-2.0
#include "heed/data/byte_stream.h"

#include <sstream>
#include <vector>

#include "tests/data/image/archive_files.h"
#include "tests/data/text/text_files.h"
#include <gmock/gmock.h>

#include "heed/core/error.h"

namespace heed {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kFilters{"gzip", "bzip2", "xz", "zstd"};

std::string packed_by(const std::string& filter, const std::string& content) {
  return image::testing::write_archive({{"a", content}}, {.format = "raw", .filter = filter});
}

std::string text_of(size_t size) {
  std::string text;
  for (size_t i = 0; text.size() < size; ++i) text += "line " + std::to_string(i * 7919 % 10007) + "\n";
  return text;
}

/// Reads everything, `step` bytes at a time.
std::string unpack(const std::string& file, size_t step = 10'000) {
  ByteStream bytes(std::make_unique<std::istringstream>(file));
  std::string content, buffer(step, '\0');
  while (const size_t count = bytes.read(buffer)) content.append(buffer, 0, count);
  return content;
}

std::string fault(const std::string& file) {
  try {
    unpack(file);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return error.what();
  }
  return "";
}

TEST(ByteStream, UnpacksWhatItRecognisesByContent) {
  const std::string text = text_of(200'000);
  for (const auto& filter : kFilters) {
    SCOPED_TRACE(filter);
    const std::string packed = packed_by(filter, text);
    EXPECT_EQ(packing_name(packing_of(packed)), filter);
    EXPECT_EQ(unpack(packed), text);
    EXPECT_EQ(unpack(packed, 7), text);
    EXPECT_EQ(unpack(packed + packed), text + text);
  }
  EXPECT_EQ(unpack(text), text);
  EXPECT_EQ(unpack(""), "");
}

TEST(ByteStream, TextThatBeginsLikePackedDataIsText) {
  for (const std::string text : {"BZh is how bzip2 begins", "BZh9", "BZh91AY&S", "\x28\xB5 no zstd",
                                 "\xFD"
                                 "7zXZ"})
    EXPECT_EQ(unpack(text), text);
}

TEST(ByteStream, PackedDataThatIsCutIsAnError) {
  for (const auto& filter : kFilters) {
    const std::string packed = packed_by(filter, text_of(3000));
    for (size_t size = 10; size < packed.size(); size += 11)
      EXPECT_THAT(fault(packed.substr(0, size)), HasSubstr("the " + filter + " data is truncated")) << size;
    EXPECT_THAT(fault(packed.substr(0, packed.size() - 1)), HasSubstr("truncated"));
  }
}

TEST(ByteStream, PackedDataThatIsDamagedIsAnError) {
  for (const std::string filter : {"gzip", "bzip2", "xz"}) {  // this zstd has no checksum
    std::string packed = packed_by(filter, text_of(3000));
    packed[packed.size() / 2] ^= 0x10;
    EXPECT_THAT(fault(packed), HasSubstr("corrupt")) << filter;
  }
}

TEST(ByteStream, ReadsOfPackedFilesNameTheFile) {
  const text::testing::Files files;
  const auto path = files.write("a.xz", packed_by("xz", "text"));
  EXPECT_EQ(read_unpacked(path, 10), "text");
  const auto cut = files.write("b.xz", packed_by("xz", "text").substr(0, 20));
  try {
    read_unpacked(cut, 10);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("b.xz: the xz data is truncated"));
  }
}

}  // namespace
}  // namespace heed
