// SPDX-License-Identifier: Apache-2.0
#include "heed/core/files.h"

#include <csignal>
#include <fstream>

#include "expect_error.h"
#include "temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heed {
namespace {
namespace fs = std::filesystem;
using testing::HasSubstr;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

TEST(Files, AnyContentReadsBackEqual) {
  const TemporaryFolder folder;
  for (const std::string& content :
       {std::string(), std::string("\0a\nb\xff", 5), std::string(100'001, 'x')}) {
    write_atomically(folder / "file", content);
    EXPECT_EQ(read_text(folder / "file"), content);
    EXPECT_EQ(read_bytes(folder / "file").size(), content.size());
  }
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("file"));
}

TEST(Files, ReadingNamesWhatIsWrong) {
  const TemporaryFolder folder;
  write_atomically(folder / "file", std::string_view("12345"));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_text(folder / "none"); }), HasSubstr("No such file"));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_text(folder.path()); }), HasSubstr("is a folder"));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_text(folder / "file", 4); }), HasSubstr("at most 4"));
  EXPECT_EQ(read_text(folder / "file", 5), "12345");
}

TEST(Files, AFileWithoutASizeIsReadOrRefused) {
  // Devices and pipes have no size; reading one must neither hang nor allocate without bound.
  EXPECT_THAT(error_of(ErrorKind::kData, [] { read_bytes("/dev/zero", 1000); }), HasSubstr("/dev/zero"));
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_bytes(folder / "pipe"); }), HasSubstr("pipe"));
}

TEST(WriteAtomically, ErrorsNameThePathThatWasAskedFor) {
  const TemporaryFolder folder;
  const auto fails_in = [](const fs::path& file) {
    throw Error(ErrorKind::kSystem, "cannot write: No space left on device", file.string());
  };
  const auto message = error_of(ErrorKind::kSystem, [&] {
    write_folder_atomically(folder / "out", [&](const fs::path& inside) { fails_in(inside / "images"); });
  });
  EXPECT_EQ(message, (folder / "out/images").string() + ": cannot write: No space left on device");
  const std::string missing = (folder / "none/file").string();
  EXPECT_THAT(error_of(ErrorKind::kSystem, [&] { write_atomically(missing, std::string_view("x")); }),
              testing::StartsWith(missing + ": cannot open"));
}

TEST(WriteAtomically, AFailureLeavesTheOldContentAndNothingElse) {
  const TemporaryFolder folder;
  write_atomically(folder / "file", std::string_view("old"));
  // A file size limit simulates a full disk: the write fails half way.
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int code = 1;
    try {
      write_atomically(folder / "file", std::string(100'000, 'x'));
    } catch (const Error& error) {
      code = error.kind() == ErrorKind::kSystem ? 0 : 2;
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_text(folder / "file"), "old");
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("file"));
}

TEST(WriteAtomically, AnImpossiblePlaceIsAClearError) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(ErrorKind::kSystem, [&] { write_atomically(folder / "a/b", std::string_view("x")); }),
              HasSubstr("No such file"));
  EXPECT_THAT(error_of(ErrorKind::kSystem, [&] { write_atomically(folder.path(), std::string_view("x")); }),
              HasSubstr(folder.path().string()));
  EXPECT_TRUE(fs::is_directory(folder.path()));
}

TEST(WriteAtomically, KeepsARelativePathInItsFolder) {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  write_atomically("plain", std::string_view("x"));
  fs::current_path(before);
  EXPECT_EQ(read_text(folder / "plain"), "x");
}

TEST(WriteFolderAtomically, ReplacesTheWholeFolder) {
  const TemporaryFolder folder;
  const fs::path target = folder / "step";
  write_folder_atomically(target,
                          [](const fs::path& path) { write_atomically(path / "a", std::string_view("1")); });
  write_folder_atomically(target, [](const fs::path& path) {
    make_folder(path / "deep/er");
    write_atomically(path / "deep/er/b", std::string_view("2"));
  });
  EXPECT_FALSE(fs::exists(target / "a"));
  EXPECT_EQ(read_text(target / "deep/er/b"), "2");
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("step"));
}

TEST(WriteFolderAtomically, AFailedFillLeavesTheOldFolder) {
  const TemporaryFolder folder;
  const fs::path target = folder / "step";
  write_folder_atomically(target,
                          [](const fs::path& path) { write_atomically(path / "a", std::string_view("1")); });
  const auto broken = [](const fs::path& path) {
    write_atomically(path / "b", std::string_view("2"));
    throw Error(ErrorKind::kSystem, "disk full");
  };
  error_of(ErrorKind::kSystem, [&] { write_folder_atomically(target, broken); });
  EXPECT_EQ(read_text(target / "a"), "1");
  EXPECT_FALSE(fs::exists(target / "b"));
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("step"));
}

TEST(WriteFolderAtomically, ATrailingSlashMeansTheSameFolder) {
  const TemporaryFolder folder;
  const auto fill = [](const fs::path& path) { write_atomically(path / "a", std::string_view("1")); };
  write_folder_atomically(folder / "step/", fill);
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("step"));
  EXPECT_EQ(read_text(folder / "step/a"), "1");
}

TEST(CheckWritable, SaysBeforehandWhatWouldFail) {
  const TemporaryFolder folder;
  const auto file_fault = [&](const fs::path& path) {
    return error_of(ErrorKind::kSystem, [&] { check_writable(path); });
  };
  check_writable(folder / "new.txt");
  check_writable("here.txt");
  EXPECT_THAT(names_in(folder.path()), testing::IsEmpty());
  EXPECT_THAT(file_fault(folder / "none/new.txt"), HasSubstr("there is no folder"));
  EXPECT_THAT(error_of(ErrorKind::kUsage, [&] { check_writable(folder.path()); }),
              HasSubstr("it is a folder"));
  write_atomically(folder / "file", std::string_view("kept"));
  check_writable(folder / "file");
  EXPECT_EQ(read_text(folder / "file"), "kept");
  check_folder_writable(folder / "a/b/c");
  check_folder_writable("out");
  EXPECT_FALSE(fs::exists(folder / "a"));
  EXPECT_THAT(error_of(ErrorKind::kSystem, [&] { check_folder_writable(folder / "file/x"); }),
              HasSubstr("is no folder"));
}

TEST(MakeFolder, MakesParentsAndSaysWhatStandsInTheWay) {
  const TemporaryFolder folder;
  make_folder(folder / "a/b/c");
  make_folder(folder / "a/b/c");
  EXPECT_TRUE(fs::is_directory(folder / "a/b/c"));
  write_atomically(folder / "file", std::string_view(""));
  EXPECT_THAT(error_of(ErrorKind::kSystem, [&] { make_folder(folder / "file"); }), HasSubstr("file"));
  EXPECT_THAT(error_of(ErrorKind::kSystem, [&] { make_folder(folder / "file/x"); }), HasSubstr("file/x"));
}

}  // namespace
}  // namespace heed
