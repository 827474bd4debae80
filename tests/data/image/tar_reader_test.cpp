// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/tar_reader.h"

#include <cstdlib>
#include <map>
#include <memory>
#include <sstream>
#include <utility>

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

TarReader open(const std::string& archive) {
  return {std::make_unique<std::istringstream>(archive), "a.tar"};
}

std::string as_text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Names and contents, in order.
std::vector<std::pair<std::string, std::string>> read_all(TarReader archive) {
  std::vector<std::pair<std::string, std::string>> files;
  for (TarEntry entry; archive.next(entry);)
    files.emplace_back(entry.name, as_text(archive.content(1 << 20)));
  return files;
}

std::string error_of(const std::string& archive) {
  return data_error([&] { read_all(open(archive)); });
}

std::string pax(const std::string& records) {
  return tar_file("pax", records, 'x');
}

TEST(TarReader, GivesNamesAndContents) {
  const std::string archive = tar_file("a.png", "abc") + tar_file("b/", "", '5') + tar_file("b/c.png", "") +
                              tar_file("b/d.png", std::string(513, 'x')) + kEnd;
  EXPECT_THAT(read_all(open(archive)),
              ElementsAre(Pair("a.png", "abc"), Pair("b/c.png", ""), Pair("b/d.png", std::string(513, 'x'))));
}

TEST(TarReader, PassesOverWhatIsNotAskedFor) {
  auto archive = open(tar_file("a", std::string(3000, 'a')) + tar_file("b", "bb") + kEnd);
  TarEntry entry;
  ASSERT_TRUE(archive.next(entry));
  EXPECT_EQ(entry.size, 3000u);
  ASSERT_TRUE(archive.next(entry));
  EXPECT_EQ(as_text(archive.content(2)), "bb");
  EXPECT_FALSE(archive.next(entry));
  EXPECT_FALSE(archive.next(entry));
}

TEST(TarReader, ReadsGzip) {
  const std::string archive = tar_file("a.png", "abc") + kEnd;
  EXPECT_THAT(read_all(open(text::testing::gzip(archive))), ElementsAre(Pair("a.png", "abc")));
}

TEST(TarReader, JoinsThePrefixOfUstar) {
  EXPECT_THAT(read_all(open(tar_header({.name = "c.png", .prefix = "a/b"}) + kEnd)),
              ElementsAre(Pair("a/b/c.png", "")));
}

TEST(TarReader, ReadsLongNamesOfGnu) {
  const std::string name(300, 'n');
  const std::string archive =
      tar_file("././@LongLink", name + "\0"s, 'L') + tar_file("nnn", "abc") + tar_file("short", "") + kEnd;
  EXPECT_THAT(read_all(open(archive)), ElementsAre(Pair(name, "abc"), Pair("short", "")));
}

TEST(TarReader, ReadsPathAndSizeOfPax) {
  const std::string all = tar_file("all", "12 path=none\n", 'g');  // global header: not a file's name
  // Lengths count bytes; an umlaut has two.
  const std::string first =
      pax("16 path=Gr\u00F6\u00DFe\n9 size=3\n"s) + tar_header({.name = "x"}) + padded("abc");
  EXPECT_THAT(read_all(open(all + first + tar_file("y", "z") + kEnd)),
              ElementsAre(Pair("Gr\u00F6\u00DFe", "abc"), Pair("y", "z")));
}

TEST(TarReader, ReadsWhatTarWrites) {
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
    const auto all = read_all(TarReader(archive));
    std::map<std::string, std::string> found(all.begin(), all.end());
    EXPECT_EQ(found.at(old ? "a.png" : "./a.png"), "abc");
    if (old) continue;
    EXPECT_EQ(found.at("./" + deep), "deep");
  }
}

TEST(TarReader, PassesOverLinksAndDevicesWhateverSizeTheyClaim) {
  std::string archive;
  for (const char type : {'1', '2', '3', '4', '5', '6'})
    archive += tar_header({.name = "special", .size = "00000001000", .type = type});
  EXPECT_THAT(read_all(open(archive + tar_file("a", "b") + kEnd)), ElementsAre(Pair("a", "b")));
}

TEST(TarReader, GivesHostileNamesAsTheyAre) {
  const std::string archive = tar_file("../../etc/passwd", "x") + tar_file("/abs", "y") + kEnd;
  EXPECT_THAT(read_all(open(archive)), ElementsAre(Pair("../../etc/passwd", "x"), Pair("/abs", "y")));
}

TEST(TarReader, MayEndWithoutItsMarkAndItsPadding) {
  const std::string file = tar_file("a", "abc");
  EXPECT_THAT(read_all(open(file)), ElementsAre(Pair("a", "abc")));
  EXPECT_THAT(read_all(open(file + std::string(512, '\0'))), ElementsAre(Pair("a", "abc")));
  EXPECT_THAT(read_all(open(file.substr(0, 515))), ElementsAre(Pair("a", "abc")));
  EXPECT_TRUE(read_all(open(kEnd)).empty());
  EXPECT_TRUE(read_all(open("")).empty());
}

TEST(TarReader, RefusesAnArchiveCutWithinAFileOrHeader) {
  const std::string archive = tar_file("a", std::string(1000, 'a')) + tar_file("b", "b");
  for (size_t size = 1; size < 512; ++size)
    EXPECT_EQ(error_of(archive.substr(0, size)), "a.tar, byte 0: is not a tar archive");
  for (size_t size = 512; size < 1512; ++size)
    EXPECT_EQ(error_of(archive.substr(0, size)),
              "a.tar, byte " + std::to_string(size) + ": a file is truncated");
  for (size_t size = 1537; size < 2048; ++size)
    EXPECT_EQ(error_of(archive.substr(0, size)),
              "a.tar, byte " + std::to_string(size) + ": a header is truncated");
}

TEST(TarReader, RefusesPackedDataCutAnywhere) {
  const std::string packed = text::testing::gzip(tar_file("a", std::string(1000, 'a')) + kEnd);
  for (size_t size = 2; size < packed.size(); ++size)
    EXPECT_THAT(error_of(packed.substr(0, size)), HasSubstr("truncated"));
  std::string wrong = packed;
  wrong[wrong.size() - 8] ^= 1;  // damages the gzip checksum, after the archive's end
  EXPECT_THAT(error_of(wrong), HasSubstr("corrupt"));
}

TEST(TarReader, TakesNoMemoryForSizesThatAreClaimed) {
  for (const std::string& size : {"77777777777"s, "\x80\0\0\0\x3F\0\0\0\0\0\0\0"s}) {
    auto archive = open(tar_header({.name = "bomb", .size = size}) + "abc");
    TarEntry entry;
    ASSERT_TRUE(archive.next(entry));
    EXPECT_GT(entry.size, uint64_t{1} << 32);
    EXPECT_THAT(data_error([&] { archive.content(uint64_t{1} << 30); }),
                HasSubstr("the limit is 1073741824"));
    EXPECT_THAT(data_error([&] { archive.content(uint64_t{1} << 62); }), HasSubstr("a file is truncated"));
  }
}

TEST(TarReader, RefusesSizesThatAreNoNumbers) {
  EXPECT_EQ(error_of(tar_header({.size = "0000000008"})), "a.tar, byte 124: a size that is not a number");
  EXPECT_THAT(error_of(tar_header({.size = std::string(12, '\xFF')})), HasSubstr("not a number"));
  EXPECT_THAT(error_of(tar_header({.size = "\x80" + std::string(11, '\xFF')})), HasSubstr("not a number"));
  EXPECT_THAT(error_of(pax("22 size=9999999999999\n") + tar_file("a", "")),
              HasSubstr("a file has 9999999999999 bytes; the limit is 1048576"));
  EXPECT_THAT(error_of(pax("29 size=99999999999999999999\n") + tar_file("a", "")), HasSubstr("not a number"));
  EXPECT_THAT(error_of(pax("11 size=-3\n") + tar_file("a", "")), HasSubstr("not a number"));
}

TEST(TarReader, RefusesDamagedHeaders) {
  std::string archive = tar_file("a", "abc") + tar_file("b", "");
  archive[1024] = 'x';
  EXPECT_EQ(error_of(archive), "a.tar, byte 1024: a header has a wrong checksum");
  EXPECT_EQ(error_of(std::string(600, 'x')), "a.tar, byte 0: is not a tar archive");
  EXPECT_THAT(error_of(tar_header({.size = "00010000000", .type = 'L'})),
              HasSubstr("a header has 2097152 bytes"));
  EXPECT_THAT(error_of(pax("7 path\n")), HasSubstr("without '='"));
  EXPECT_THAT(error_of(pax("8 path=ab\n")), HasSubstr("malformed pax record"));
  EXPECT_THAT(error_of(pax("99 path=a\n")), HasSubstr("malformed pax record"));
  EXPECT_THAT(error_of(pax("x")), HasSubstr("malformed pax record"));
  EXPECT_THAT(error_of(pax("12 path=a\0b\n"s)), HasSubstr("zero byte"));
  EXPECT_THAT(error_of(tar_file("long", "name", 'L') + kEnd), HasSubstr("ends after a long name"));
}

TEST(TarReader, RefusesSparseFiles) {
  EXPECT_THAT(error_of(tar_header({.name = "a\x1B[2J", .type = 'S'})),
              HasSubstr("sparse file, which heed does not read: a?[2J"));
  EXPECT_THAT(error_of(pax("22 GNU.sparse.major=1\n") + tar_file("a", "")), HasSubstr("sparse"));
}

TEST(TarReader, RefusesABombOfGzip) {
  const std::string bomb =
      text::testing::gzip(tar_header({.size = "10000000000"}) + std::string(size_t{80} << 20, '\0'));
  EXPECT_LT(bomb.size(), size_t{1} << 20);
  auto archive = open(bomb);
  TarEntry entry;
  ASSERT_TRUE(archive.next(entry));
  EXPECT_THAT(data_error([&] { archive.next(entry); }), HasSubstr("more than 250 times its size"));
}

TEST(TarReader, KnowsAnArchiveByItsFirstHeader) {
  const text::testing::Files files;
  const std::string archive = tar_file("a", "b") + kEnd;
  EXPECT_TRUE(is_tar(files.write("a", archive)));
  EXPECT_TRUE(is_tar(files.write("b", text::testing::gzip(archive))));
  EXPECT_FALSE(is_tar(files.write("c", std::string(2000, 'x'))));
  EXPECT_FALSE(is_tar(files.write("d", "")));
  EXPECT_FALSE(is_tar(files.write("e", "\x1F\x8Bno gzip")));
}

}  // namespace
}  // namespace heed::image
