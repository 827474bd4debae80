// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/signal_files.h"

#include "tests/data/sphere/signal_fixtures.h"

#include "heed/data/sphere/signal_writer.h"

namespace heed::sphere {
namespace {
using testing::expect_equal;
using testing::floats_of;
using testing::full_set;
using ::testing::HasSubstr;
using testing::refusal;
using testing::sound;

SignalSet read(const std::filesystem::path& path) {
  return sound([&] { return read_signals(path); });
}

TEST(SignalFiles, TheEndingChoosesTheReader) {
  const testing::Files files;
  for (const char* name : {"a.csv", "a.tsv", "a.TAB", "a.txt"})
    EXPECT_EQ(floats_of(read(files.write(name, "lon\tlat\tv\n0\t0\t4\n"))).at(0), 4) << name;
  write_signals(files.path() / "a.safetensors", full_set());
  expect_equal(read(files.path() / "a.safetensors"), full_set());
}

TEST(SignalFiles, PackedFilesAreRead) {
  const testing::Files files;
  EXPECT_EQ(floats_of(read(files.write("a.csv.gz", testing::gzip("lon,lat,v\n0,0,4\n")))).at(0), 4);
  const auto bytes = format_signals(full_set());
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  expect_equal(read(files.write("a.safetensors.gz", testing::gzip(text))), full_set());
}

TEST(SignalFiles, OtherFilesAreErrorsThatNameThem) {
  const testing::Files files;
  EXPECT_THAT(
      refusal([&] { read(files.write("a.nc", "x")); }),
      HasSubstr(
          "a.nc: the ending '.nc' is not one of a file of signals: .safetensors, .csv, .tsv, .tab or .txt"));
  EXPECT_THAT(refusal([&] { read(files.path() / "absent.csv"); }), HasSubstr("absent.csv"));
  EXPECT_THAT(refusal([&] { read(files.write("cut.safetensors", "x")); }), HasSubstr("cut.safetensors: "));
}

}  // namespace
}  // namespace heed::sphere
