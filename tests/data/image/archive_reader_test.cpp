// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/archive_reader.h"

#include <cstdlib>
#include <map>
#include <memory>
#include <sstream>
#include <utility>

#include "tests/data/image/archive_files.h"
#include "tests/data/image/image_files.h"
#include "tests/data/text/text_files.h"
#include <gmock/gmock.h>

namespace heed::image {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using namespace testing;
using namespace std::string_literals;

const std::string kEnd(1024, '\0');

ArchiveReader open(const std::string& archive) {
  return {std::make_unique<std::istringstream>(archive), "a.tar"};
}

std::string as_text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Names and contents, in order.
std::vector<std::pair<std::string, std::string>> read_all(ArchiveReader archive) {
  std::vector<std::pair<std::string, std::string>> files;
  for (ArchiveEntry entry; archive.next(entry);)
    files.emplace_back(entry.name, as_text(archive.content(1 << 20)));
  return files;
}

std::string error_of(const std::string& archive) {
  return data_error([&] { read_all(open(archive)); });
}

std::string pax(const std::string& records) {
  return tar_file("pax", records, 'x');
}

TEST(ArchiveReader, GivesNamesAndContents) {
  const std::string archive = tar_file("a.png", "abc") + tar_file("b/", "", '5') + tar_file("b/c.png", "") +
                              tar_file("b/d.png", std::string(513, 'x')) + kEnd;
  EXPECT_THAT(read_all(open(archive)),
              ElementsAre(Pair("a.png", "abc"), Pair("b/c.png", ""), Pair("b/d.png", std::string(513, 'x'))));
}

TEST(ArchiveReader, PassesOverWhatIsNotAskedFor) {
  auto archive = open(tar_file("a", std::string(3000, 'a')) + tar_file("b", "bb") + kEnd);
  ArchiveEntry entry;
  ASSERT_TRUE(archive.next(entry));
  EXPECT_EQ(entry.size, 3000u);
  ASSERT_TRUE(archive.next(entry));
  EXPECT_EQ(as_text(archive.content(2)), "bb");
  EXPECT_FALSE(archive.next(entry));
  EXPECT_FALSE(archive.next(entry));
}

TEST(ArchiveReader, ReadsGzip) {
  const std::string archive = tar_file("a.png", "abc") + kEnd;
  EXPECT_THAT(read_all(open(text::testing::gzip(archive))), ElementsAre(Pair("a.png", "abc")));
}

TEST(ArchiveReader, JoinsThePrefixOfUstar) {
  EXPECT_THAT(read_all(open(tar_header({.name = "c.png", .prefix = "a/b"}) + kEnd)),
              ElementsAre(Pair("a/b/c.png", "")));
}

TEST(ArchiveReader, ReadsLongNamesOfGnu) {
  const std::string name(300, 'n');
  const std::string archive =
      tar_file("././@LongLink", name + "\0"s, 'L') + tar_file("nnn", "abc") + tar_file("short", "") + kEnd;
  EXPECT_THAT(read_all(open(archive)), ElementsAre(Pair(name, "abc"), Pair("short", "")));
}

TEST(ArchiveReader, ReadsPathAndSizeOfPax) {
  const std::string all = tar_file("all", "12 path=none\n", 'g');  // global header: not a file's name
  // Lengths count bytes; an umlaut has two.
  const std::string first =
      pax("16 path=Gr\u00F6\u00DFe\n9 size=3\n"s) + tar_header({.name = "x"}) + padded("abc");
  EXPECT_THAT(read_all(open(all + first + tar_file("y", "z") + kEnd)),
              ElementsAre(Pair("Gr\u00F6\u00DFe", "abc"), Pair("y", "z")));
}

TEST(ArchiveReader, ReadsWhatTarWrites) {
  const text::testing::Files files;
  const std::string deep = "folder/" + std::string(120, 'd') + "/" + std::string(140, 'e') + ".png";
  files.write("in/" + deep, "deep");
  files.write("in/a.png", "abc");
  for (const std::string format : {"v7", "oldgnu", "gnu", "ustar", "pax"}) {
    SCOPED_TRACE(format);
    const auto archive = files.path() / (format + ".tar.gz");
    const bool old = format == "v7" || format == "ustar";  // these formats have no room for the long name
    const std::string command = "tar --format=" + format + " -C " + (files.path() / "in").string() +
                                " -czf " + archive.string() + (old ? " a.png" : " .");
    ASSERT_EQ(std::system(command.c_str()), 0);
    const auto all = read_all(ArchiveReader(archive));
    std::map<std::string, std::string> found(all.begin(), all.end());
    EXPECT_EQ(found.at(old ? "a.png" : "./a.png"), "abc");
    if (old) continue;
    EXPECT_EQ(found.at("./" + deep), "deep");
  }
}

TEST(ArchiveReader, PassesOverLinksAndDevicesWhateverSizeTheyClaim) {
  std::string archive;
  for (const char type : {'2', '3', '4', '5', '6'})
    archive += tar_header({.name = "special", .size = "00000001000", .type = type});
  EXPECT_THAT(read_all(open(archive + tar_file("a", "b") + kEnd)), ElementsAre(Pair("a", "b")));
}

TEST(ArchiveReader, GivesHostileNamesAsTheyAre) {
  const std::string archive = tar_file("../../etc/passwd", "x") + tar_file("/abs", "y") + kEnd;
  EXPECT_THAT(read_all(open(archive)), ElementsAre(Pair("../../etc/passwd", "x"), Pair("/abs", "y")));
}

TEST(ArchiveReader, OneBlockOfZerosEndsATar) {
  const std::string file = tar_file("a", "abc");
  EXPECT_THAT(read_all(open(file + std::string(512, '\0'))), ElementsAre(Pair("a", "abc")));
  EXPECT_THAT(read_all(open(file + kEnd + "anything")), ElementsAre(Pair("a", "abc")));
  EXPECT_TRUE(read_all(open(kEnd)).empty());
}

TEST(ArchiveReader, ATarThatEndsBeforeItsMarkIsCut) {
  const std::string archive = tar_file("a", std::string(1000, 'a')) + tar_file("b", "b");
  EXPECT_THAT(error_of(archive), HasSubstr("a.tar, byte 2560: ends early"));
  EXPECT_THAT(error_of(archive.substr(0, 1536)), HasSubstr("a.tar, byte 1536: ends early"));
  // The last bytes of a file may be zeros, too.
  EXPECT_THAT(error_of(tar_file("a", std::string(4096, '\0'))), HasSubstr("ends early"));
  for (const std::string& packed : {text::testing::gzip(archive)})
    EXPECT_THAT(error_of(packed), HasSubstr("ends early"));
}

TEST(ArchiveReader, RefusesATarCutWithinAFileOrHeader) {
  const std::string archive = tar_file("a", std::string(1000, 'a')) + tar_file("b", "b");
  for (size_t size = 0; size < 512; ++size)
    EXPECT_EQ(error_of(archive.substr(0, size)), "a.tar, byte 0: is not a tar or zip archive");
  for (size_t size = 512; size < archive.size(); ++size) {
    if (size == 1536) continue;
    EXPECT_THAT(error_of(archive.substr(0, size)),
                HasSubstr("a.tar, byte " + std::to_string(size) + ": is damaged or cut: "));
  }
}

TEST(ArchiveReader, EveryCutOfAWholeTarIsSeen) {
  const std::string archive = tar_file("a", std::string(1000, 'a')) + tar_file("b", "b") + kEnd;
  for (size_t size = 0; size < archive.size() - 512; size += 7) error_of(archive.substr(0, size));
}

TEST(ArchiveReader, RefusesPackedDataCutAnywhere) {
  const std::string packed = text::testing::gzip(tar_file("a", std::string(1000, 'a')) + kEnd);
  for (size_t size = 2; size < packed.size(); ++size)
    EXPECT_THAT(error_of(packed.substr(0, size)), HasSubstr("truncated"));
  std::string wrong = packed;
  wrong[wrong.size() - 8] ^= 1;  // damages the gzip checksum, after the archive's end
  EXPECT_THAT(error_of(wrong), HasSubstr("corrupt"));
}

TEST(ArchiveReader, TakesNoMemoryForSizesThatAreClaimed) {
  for (const std::string& size : {"77777777777"s, "\x80\0\0\0\x3F\0\0\0\0\0\0\0"s}) {
    auto archive = open(tar_header({.name = "bomb", .size = size}) + "abc");
    ArchiveEntry entry;
    ASSERT_TRUE(archive.next(entry));
    EXPECT_GT(entry.size, uint64_t{1} << 32);
    EXPECT_THAT(data_error([&] { archive.content(uint64_t{1} << 30); }),
                HasSubstr("the limit is 1073741824"));
    EXPECT_THAT(data_error([&] { archive.content(uint64_t{1} << 62); }), HasSubstr("is damaged or cut"));
  }
}

TEST(ArchiveReader, RefusesDamagedHeaders) {
  std::string archive = tar_file("a", "abc") + tar_file("b", "") + kEnd;
  archive[1024] = 'x';
  EXPECT_THAT(error_of(archive), HasSubstr("a.tar, byte 1024: is damaged or cut: "));
  EXPECT_EQ(error_of(std::string(600, 'x')), "a.tar, byte 0: is not a tar or zip archive");
  EXPECT_THAT(error_of(tar_header({.size = "00010000000", .type = 'L'}) + kEnd),
              HasSubstr("is damaged or cut"));
  error_of(tar_file("long", "name", 'L') + kEnd);
}

TEST(ArchiveReader, AFileIsNotTakenForLessThanItsSize) {
  const std::string wrong = pax("22 size=9999999999999\n") + tar_file("a", "") + kEnd;
  EXPECT_THAT(error_of(wrong), HasSubstr("a.tar: a: has 9999999999999 bytes; the limit is 1048576"));
}

TEST(ArchiveReader, RefusesSparseFilesAndSkipsHardLinks) {
  const text::testing::Files files;
  const std::string in = (files.path() / "in").string();
  files.write("in/a.png", "abc");
  std::filesystem::create_hard_link(in + "/a.png", in + "/b.png");
  std::filesystem::resize_file(files.write("in/holes.png", "x"), 1 << 20);
  for (const std::string format :
       {"gnu", "oldgnu", "pax", "posix --sparse-version=0.0", "posix --sparse-version=0.1"}) {
    SCOPED_TRACE(format);
    const auto archive = files.path() / "a.tar";
    const std::string command =
        "tar --sparse --sort=name --format=" + format + " -C " + in + " -cf " + archive.string() + " .";
    ASSERT_EQ(std::system(command.c_str()), 0);
    ArchiveReader reader(archive);
    ArchiveEntry entry;
    ASSERT_TRUE(reader.next(entry));
    EXPECT_EQ(entry.name, "./a.png");
    ASSERT_TRUE(reader.next(entry));
    EXPECT_EQ(entry.name, "./holes.png");
    EXPECT_THAT(data_error([&] { reader.content(1 << 21); }), HasSubstr("./holes.png: is a sparse file"));
    EXPECT_FALSE(reader.next(entry));
  }
}

TEST(ArchiveReader, RefusesABombOfAFilter) {
  const NamedContents files{{"zeros.png", std::string(size_t{66} << 20, '\0')}};
  for (const std::string filter : {"gzip", "zstd"}) {
    SCOPED_TRACE(filter);
    auto archive = open(write_archive(files, {.format = "ustar", .filter = filter}));
    ArchiveEntry entry;
    ASSERT_TRUE(archive.next(entry));
    EXPECT_THAT(data_error([&] { archive.next(entry); }), HasSubstr("more than 250 times its size"));
    data_error([&] { archive.next(entry); });
  }
}

TEST(ArchiveReader, RefusesABombOfZip) {
  const NamedContents files{{"a.png", std::string(size_t{33} << 20, '\0')},
                            {"b.png", std::string(size_t{33} << 20, '\0')}};
  auto archive = open(write_archive(files));
  ArchiveEntry entry;
  ASSERT_TRUE(archive.next(entry));
  EXPECT_EQ(archive.content(1 << 30).size(), size_t{33} << 20);
  ASSERT_TRUE(archive.next(entry));
  EXPECT_THAT(data_error([&] { archive.content(1 << 30); }), HasSubstr("more than 250 times its size"));
  EXPECT_THAT(data_error([&] { archive.next(entry); }), HasSubstr("more than 250 times its size"));
}

TEST(ArchiveReader, ReadsEveryFilter) {
  const NamedContents files{{"cat/1.png", "abc"}, {"cat/2.png", std::string(100'000, 'x')}};
  for (const std::string filter : {"gzip", "bzip2", "xz", "zstd", "none"}) {
    SCOPED_TRACE(filter);
    const std::string packed = write_archive(files, {.format = "ustar", .filter = filter});
    EXPECT_EQ(read_all(open(packed)), files);
    if (filter == "none") continue;
    for (const size_t size : {size_t{12}, packed.size() / 3, packed.size() / 2, packed.size() - 9})
      EXPECT_THAT(error_of(packed.substr(0, size)), HasSubstr("truncated")) << size;
  }
}

TEST(ArchiveReader, ReadsZipPackedAndStored) {
  const NamedContents files{
      {"cat/1.png", "abc"}, {"dog/Gr\u00F6\u00DFe \u732B.png", std::string(100'000, 'x')}, {"empty.png", ""}};
  for (const std::string options : {"zip:compression=deflate", "zip:compression=store", "zip:zip64"}) {
    SCOPED_TRACE(options);
    EXPECT_EQ(read_all(open(write_archive(files, {.options = options}))), files);
  }
  EXPECT_TRUE(read_all(open(write_archive({}))).empty());
}

TEST(ArchiveReader, RefusesAZipCutAnywhere) {
  const std::string archive = write_archive({{"cat/1.png", std::string(300, 'a')}, {"dog/2.png", "b"}});
  for (size_t size = 4; size < archive.size(); ++size) {
    const std::string message = error_of(archive.substr(0, size));
    EXPECT_THAT(message, HasSubstr("the list of files at its end is missing")) << size;
  }
}

TEST(ArchiveReader, ADamagedFileOfAZipLeavesTheOthers) {
  std::string archive =
      write_archive({{"a.png", "abcdefgh"}, {"b.png", "b"}}, {.options = "zip:compression=store"});
  archive[archive.find("abcdefgh")] = 'x';
  auto reader = open(archive);
  ArchiveEntry entry;
  ASSERT_TRUE(reader.next(entry));
  EXPECT_THAT(data_error([&] { reader.content(100); }), HasSubstr("a.tar: a.png: is damaged or cut"));
  ASSERT_TRUE(reader.next(entry));
  EXPECT_EQ(as_text(reader.content(100)), "b");
  EXPECT_FALSE(reader.next(entry));
}

TEST(ArchiveReader, SaysThatAZipIsEncrypted) {
  for (const std::string kind : {"traditional", "aes256"}) {
    EXPECT_THAT(error_of(write_archive({{"a.png", "abc"}},
                                       {.options = "zip:encryption=" + kind, .password = "secret"})),
                HasSubstr("a.tar: is encrypted; unpack it with its password"));
  }
}

TEST(ArchiveReader, KnowsAnArchiveByItsFirstHeader) {
  const text::testing::Files files;
  const std::string archive = tar_file("a", "b") + kEnd;
  EXPECT_TRUE(is_archive(files.write("a", archive)));
  EXPECT_TRUE(is_archive(files.write("b", text::testing::gzip(archive))));
  EXPECT_FALSE(is_archive(files.write("c", std::string(2000, 'x'))));
  EXPECT_FALSE(is_archive(files.write("d", "")));
  EXPECT_TRUE(is_archive(files.write("e", "\x1F\x8Bno gzip")));  // so that reading it says what is wrong
  EXPECT_TRUE(is_archive(files.write("f", write_archive({{"a", "b"}}))));
  EXPECT_TRUE(is_archive(files.write("g", "PK\3\4 cut")));
  EXPECT_FALSE(is_archive(files.write("h", "PK\3 no zip")));
}

}  // namespace
}  // namespace heed::image
