// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_cache.h"

#include <fstream>

#include "tests/data/image/image_files.h"
#include "tests/data/test_folder.h"
#include <gmock/gmock.h>

#include "heed/core/safetensors.h"

namespace heed::image {
namespace {

using ::testing::HasSubstr;
using namespace testing;

ImageCorpus corpus() {
  ImageCorpus made{2, 3, 1, {"cat", "Größe \"x\""}, {}, 7};
  made.splits["train"] = {pattern(8, 3, 1).pixels, {0, 1, 1, 0}};
  made.splits["valid"] = {pattern(2, 3, 1, 5).pixels, {1}};
  return made;
}

class ImageCache : public ::testing::Test {
 protected:
  using Tensors = std::map<std::string, TensorView>;
  using Metadata = std::map<std::string, std::string>;

  std::filesystem::path file() const { return folder_.path() / "a.safetensors"; }

  /// Returns the error of reading the stored corpus after `change`.
  template <class Change>
  std::string error_after(const Change& change) const {
    write_image_cache(corpus(), file());
    const Safetensors stored = Safetensors::read(file());
    Tensors tensors = stored.tensors();
    Metadata metadata = stored.metadata();
    change(tensors, metadata);
    write_atomically(file(), format_safetensors(tensors, metadata));
    return data_error([&] { read_image_cache(file()); });
  }

  heed::testing::TemporaryFolder folder_;
};

TEST_F(ImageCache, GivesBackWhatWasWritten) {
  write_image_cache(corpus(), file());
  const ImageCorpus read = read_image_cache(file());
  EXPECT_EQ(read.classes, corpus().classes);
  EXPECT_EQ(read.skipped, 7);
  EXPECT_EQ(read.height, 2);
  EXPECT_EQ(read.width, 3);
  EXPECT_EQ(read.channels, 1);
  ASSERT_EQ(read.splits.size(), 2u);
  for (const auto& [split, images] : corpus().splits) {
    EXPECT_EQ(read.split(split).pixels, images.pixels);
    EXPECT_EQ(read.split(split).labels, images.labels);
  }
}

TEST_F(ImageCache, HoldsPicturesWithoutClasses) {
  ImageCorpus made = corpus();
  made.classes.clear();
  for (auto& [split, images] : made.splits) images.labels.clear();
  write_image_cache(made, file());
  const ImageCorpus read = read_image_cache(file());
  EXPECT_TRUE(read.classes.empty());
  EXPECT_TRUE(read.split("train").labels.empty());
  EXPECT_EQ(read.split("train").pixels, made.split("train").pixels);
}

TEST_F(ImageCache, TheSameCorpusGivesTheSameBytes) {
  write_image_cache(corpus(), file());
  const auto once = read_bytes(file());
  write_image_cache(corpus(), file());
  EXPECT_EQ(read_bytes(file()), once);
}

TEST_F(ImageCache, RefusesWhatDoesNotFit) {
  const std::string place = file().string() + ": is not a file of prepared images: ";
  EXPECT_EQ(error_after([](Tensors&, Metadata& m) { m.erase("format"); }),
            place + "its format is not 'heed images 1'; prepare the data again");
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["classes"] = "{"; }),
              HasSubstr("classes are not a list"));
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["classes"] = "[1,2]"; }),
              HasSubstr("a class is not a string"));
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["classes"] = R"(["a","a"])"; }), HasSubstr("twice"));
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["classes"] = R"(["a"])"; }),
              HasSubstr("has no class"));
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["classes"] = "[]"; }),
              HasSubstr("train has labels but no classes"));
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["skipped"] = "-1"; }), HasSubstr("is not a number"));
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["skipped"] = "1x"; }), HasSubstr("is not a number"));
  EXPECT_THAT(error_after([](Tensors& t, Metadata&) { t.erase("train.labels"); }),
              HasSubstr("train has labels but no classes, or classes but no labels"));
  EXPECT_THAT(error_after([](Tensors& t, Metadata&) { t.erase("train.pixels"); }),
              HasSubstr("tensors other"));
  EXPECT_THAT(error_after([](Tensors& t, Metadata&) { t["more"] = t["train.pixels"]; }),
              HasSubstr("tensors other"));
  EXPECT_THAT(error_after([](Tensors& t, Metadata&) { t.clear(); }), HasSubstr("it has no images"));
  EXPECT_THAT(error_after([](Tensors& t, Metadata&) {
                t["train.pixels"].shape = {4, 6, 1};
              }),
              HasSubstr("train.pixels is not U8"));
  EXPECT_THAT(error_after([](Tensors& t, Metadata&) { t["train.pixels"].dtype = Dtype::kI8; }),
              HasSubstr("train.pixels is not U8"));
  EXPECT_THAT(error_after([](Tensors& t, Metadata&) {
                t["train.pixels"].shape = {2, 2, 3, 2};
              }),
              HasSubstr("1 or 3 channels, got 2"));
  EXPECT_THAT(error_after([](Tensors& t, Metadata&) {
                t["valid.pixels"].shape = {1, 3, 2, 1};
              }),
              HasSubstr("different sizes"));
  EXPECT_THAT(error_after([](Tensors& t, Metadata&) { t["train.labels"] = t["valid.labels"]; }),
              HasSubstr("train.labels is not I32 [4]"));
  const int32_t low = -1;
  EXPECT_THAT(error_after([&](Tensors& t, Metadata&) {
                t["valid.labels"].bytes = std::as_bytes(std::span(&low, 1));
              }),
              HasSubstr("a label of valid has no class"));
}

TEST_F(ImageCache, RefusesAFileCutAtAnyByte) {
  write_image_cache(corpus(), file());
  const auto whole = read_bytes(file());
  for (size_t size = 0; size < whole.size(); ++size) {
    std::ofstream(file(), std::ios::binary)  // not synced, since there are many files
        .write(reinterpret_cast<const char*>(whole.data()), static_cast<std::streamsize>(size));
    EXPECT_THAT(data_error([&] { read_image_cache(file()); }), HasSubstr(file().string())) << size;
  }
}

TEST_F(ImageCache, AMissingFileIsADataError) {
  data_error([&] { read_image_cache(file()); });
}

}  // namespace
}  // namespace heed::image
