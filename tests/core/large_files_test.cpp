// SPDX-License-Identifier: Apache-2.0
// Files beyond 4 GiB. They are sparse: 5 GiB take some kilobytes on disk.
#include <fstream>

#include "expect_error.h"
#include "peak_memory.h"
#include "temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "heed/core/files.h"
#include "heed/core/safetensors.h"

namespace heed {
namespace {
namespace fs = std::filesystem;
using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Lt;

constexpr int64_t kMiB = 1 << 20, kHuge = 5 * 1024 * kMiB;
constexpr int32_t kFirst[2] = {1, -2}, kLast[2] = {3, -4};

template <class Values>
void put(std::fstream& file, uint64_t at, const Values& values) {
  file.seekp(static_cast<std::streamoff>(at));
  file.write(reinterpret_cast<const char*>(&values), sizeof values);
}

/// "first" before and "last" behind "huge", 5 GiB of zeros that are never written.
void write_sparse(const fs::path& path) {
  const std::string header = format_safetensors_header({{"first", {Dtype::kI32, {2}, {}}},
                                                        {"huge", {Dtype::kU8, {kHuge}, {}}},
                                                        {"last", {Dtype::kI32, {2}, {}}}});
  write_atomically(path, header);
  fs::resize_file(path, header.size() + sizeof kFirst + kHuge + sizeof kLast);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  put(file, header.size(), kFirst);
  put(file, header.size() + sizeof kFirst + kHuge, kLast);
}

int64_t bytes_on_disk(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_blocks * 512 : -1;
}

class LargeFiles : public testing::Test {
 protected:
  void SetUp() override {
    try {
      write_sparse(path_);
    } catch (const fs::filesystem_error& error) {
      GTEST_SKIP() << "no file of 5 GiB can be made here: " << error.what();
    }
    ASSERT_THAT(bytes_on_disk(path_), AllOf(Ge(0), Lt(kMiB))) << "the file is meant to be sparse";
  }
  TemporaryFolder folder_;
  fs::path path_ = folder_ / "huge.safetensors";
};

TEST_F(LargeFiles, WhatIsNotUsedTakesNoMemory) {
  const int64_t growth = peak_growth([&] {
    const auto file = Safetensors::read(path_);
    const bool right = file.integers("first") == std::vector<int64_t>{1, -2} &&
                       file.integers("last") == std::vector<int64_t>{3, -4} &&
                       file.at("huge").bytes.size() == uint64_t{kHuge};
    if (!right) throw Error(ErrorKind::kData, "wrong tensors");
  });
  EXPECT_THAT(growth, AllOf(Ge(0), Lt(8 * kMiB)));
}

TEST_F(LargeFiles, WhatIsReleasedTakesNoMemory) {
  const int64_t growth = peak_growth([&] {
    const auto file = Safetensors::read(path_);
    const auto bytes = file.at("huge").bytes.first(256 * kMiB);
    int sum = 0;
    for (int64_t at = 0; at < std::ssize(bytes); at += 4 * kMiB) {
      const auto piece = bytes.subspan(static_cast<size_t>(at), 4 * kMiB);
      for (const std::byte byte : piece) sum += static_cast<int>(byte);
      file.release(piece);
    }
    if (sum != 0) throw Error(ErrorKind::kData, "a hole holds zeros");
  });
  EXPECT_THAT(growth, AllOf(Ge(0), Lt(16 * kMiB)));
}

TEST_F(LargeFiles, AFileThatIsMadeShorterWhileItIsReadIsAnError) {
  const auto file = Safetensors::read(path_);
  EXPECT_EQ(file.integers("last"), (std::vector<int64_t>{3, -4}));
  fs::resize_file(path_, 4096);
  EXPECT_THAT(error_of(ErrorKind::kCheckpoint, [&] { file.at("last"); }),
              AllOf(HasSubstr(path_.string()), HasSubstr("shorter")));
}

TEST_F(LargeFiles, ATruncatedFileIsRefused) {
  fs::resize_file(path_, fs::file_size(path_) - 1);
  EXPECT_THAT(error_of(ErrorKind::kCheckpoint, [&] { Safetensors::read(path_); }),
              HasSubstr("'last' lies outside the file"));
}

TEST(MappedFile, KeepsTheBytesOfAFileThatIsReplaced) {
  const TemporaryFolder folder;
  write_atomically(folder / "file", std::string_view("before"));
  const MappedFile file(folder / "file", ErrorKind::kData);
  write_atomically(folder / "file", std::string_view("x"));
  file.check_whole();
  file.release(file.bytes());
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()), "before");
}

TEST(MappedFile, AnEmptyFileHasNoBytesAndWhatIsNoFileIsRefused) {
  const TemporaryFolder folder;
  write_atomically(folder / "empty", std::string_view());
  EXPECT_TRUE(MappedFile(folder / "empty", ErrorKind::kData).bytes().empty());
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const auto refusal = [](const fs::path& path) {
    return error_of(ErrorKind::kCheckpoint, [&] { MappedFile(path, ErrorKind::kCheckpoint); });
  };
  EXPECT_THAT(refusal(folder / "none"), HasSubstr("No such file"));
  EXPECT_THAT(refusal(folder.path()), HasSubstr("is a folder"));
  EXPECT_THAT(refusal(folder / "pipe"), HasSubstr("is no regular file"));
  EXPECT_THAT(refusal("/dev/null"), HasSubstr("is no regular file"));
}

TEST(FileWriter, CountsAndSumsWhatItWrites) {
  const TemporaryFolder folder;
  const std::string text = std::string(3 * kMiB + 5, 'x') + "end";
  write_atomically(folder / "file", [&](FileWriter& file) {
    file.write(std::string_view(text).substr(0, 7));
    file.write(std::string_view(text).substr(7));
    EXPECT_EQ(file.size(), text.size());
    EXPECT_EQ(file.crc32c(), crc32c(std::as_bytes(std::span(text))));
  });
  EXPECT_EQ(read_text(folder / "file"), text);
}

TEST(FileWriter, AFillThatFailsLeavesTheOldContent) {
  const TemporaryFolder folder;
  write_atomically(folder / "file", std::string_view("old"));
  const auto fill = [](FileWriter& file) {
    file.write(std::string_view("new"));
    throw Error(ErrorKind::kData, "no more");
  };
  error_of(ErrorKind::kData, [&] { write_atomically(folder / "file", fill); });
  EXPECT_EQ(read_text(folder / "file"), "old");
}

}  // namespace
}  // namespace heed
