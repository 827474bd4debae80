// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_folder.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "tests/data/image/idx_bytes.h"
#include "tests/data/image/image_files.h"
#include "tests/data/text/text_files.h"
#include <gmock/gmock.h>

#include "heed/data/image/image_cache.h"

namespace heed::image {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using namespace testing;
using namespace std::string_literals;

using Pictures = std::vector<std::pair<std::string, std::string>>;

/// Makes an image of 2 x 3 pixels.
std::string small(int seed, int64_t channels = 1) {
  return png_of(pattern(2, 3, channels, seed));
}

Pictures two_classes() {
  Pictures pictures;
  for (int i = 0; i < 12; ++i)
    pictures.emplace_back((i % 3 == 0 ? "dog/" : "cat/") + std::to_string(100 + i) + ".png", small(i));
  return pictures;
}

std::string tar_of(const Pictures& pictures) {
  std::string archive;
  for (const auto& [name, content] : pictures) archive += tar_file(name, content);
  return archive + std::string(1024, '\0');
}

class ImageFolder : public ::testing::Test {
 protected:
  std::filesystem::path folder(const Pictures& pictures, const std::string& name = "data") const {
    for (const auto& [file, content] : pictures) files_.write(std::filesystem::path(name) / file, content);
    return files_.path() / name;
  }
  std::string error_of(const std::filesystem::path& path, const ImageCorpusOptions& options = {}) const {
    return data_error([&] { read_image_corpus({path}, options); });
  }
  text::testing::Files files_;
};

void expect_equal(const ImageCorpus& a, const ImageCorpus& b) {
  EXPECT_EQ(a.classes, b.classes);
  EXPECT_EQ(a.height, b.height);
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.channels, b.channels);
  EXPECT_EQ(a.skipped, b.skipped);
  ASSERT_EQ(a.splits.size(), b.splits.size());
  for (const auto& [split, images] : a.splits) {
    EXPECT_EQ(images.pixels, b.split(split).pixels) << split;
    EXPECT_EQ(images.labels, b.split(split).labels) << split;
  }
}

TEST_F(ImageFolder, ReadsClassesInTheOrderOfNames) {
  const ImageCorpus corpus = read_image_corpus({folder(two_classes())}, {.valid_share = 0});
  EXPECT_THAT(corpus.classes, ElementsAre("cat", "dog"));
  EXPECT_EQ(corpus.image_bytes(), 6);
  EXPECT_EQ(corpus.count("train"), 12);
  EXPECT_THAT(corpus.split("train").labels, ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1));
  std::vector<uint8_t> pixels;
  for (const int seed : {1, 2, 4, 5, 7, 8, 10, 11, 0, 3, 6, 9}) {
    const auto image = pattern(2, 3, 1, seed);
    pixels.insert(pixels.end(), image.pixels.begin(), image.pixels.end());
  }
  EXPECT_EQ(corpus.split("train").pixels, pixels);
  EXPECT_EQ(corpus.count("valid"), 0);
  EXPECT_THAT(data_error([&] { corpus.split("valid"); }), HasSubstr("no split 'valid'; it has train"));
}

TEST_F(ImageFolder, AnArchiveGivesWhatItsFolderGivesInAnyOrder) {
  Pictures pictures = two_classes();
  const ImageCorpus corpus = read_image_corpus({folder(pictures)});
  EXPECT_GE(corpus.count("valid"), 1);
  const auto check = [&](const std::string& name, const std::string& content) {
    SCOPED_TRACE(name);
    expect_equal(read_image_corpus({files_.write(name, content)}), corpus);
  };
  check("a.tar", tar_of(pictures));
  check("a.tar.gz", text::testing::gzip(tar_of(pictures)));
  std::reverse(pictures.begin(), pictures.end());
  check("reversed.tar", tar_of(pictures));
  std::rotate(pictures.begin(), pictures.begin() + 5, pictures.end());
  std::swap(pictures[0], pictures[7]);
  check("mixed.tar", tar_of(pictures));
  for (auto& [name, content] : pictures) name.insert(0, "./train/");
  pictures.emplace_back("train/._cat.png", "hidden");
  pictures.emplace_back("train/readme.txt", "no picture");
  check("train.tar", tar_of(pictures));
}

TEST_F(ImageFolder, TheSizeIsThatOfTheFirstByNameWhateverTheOrder) {
  Pictures pictures{
      {"a.png", "broken"}, {"b.png", small(1)}, {"c.png", png_of(pattern(3, 3, 1))}, {"d.png", small(2)}};
  for (int order = 0; order < 4; ++order) {
    std::rotate(pictures.begin(), pictures.begin() + 1, pictures.end());
    const ImageCorpus corpus = read_image_corpus({files_.write("a.tar", tar_of(pictures))});
    EXPECT_EQ(corpus.height, 2);
    EXPECT_EQ(corpus.skipped, 2);
  }
}

TEST_F(ImageFolder, SplitFoldersAreSplits) {
  const ImageCorpus corpus = read_image_corpus(
      {folder({{"train/a/1.png", small(1)}, {"val/b/2.png", small(2)}, {"test/a/3.png", small(3)}})});
  EXPECT_EQ(corpus.count("train"), 1);
  EXPECT_EQ(corpus.count("valid"), 1);
  EXPECT_EQ(corpus.split("valid").labels, std::vector<int32_t>{1});
  EXPECT_EQ(corpus.split("test").pixels, pattern(2, 3, 1, 3).pixels);
}

TEST_F(ImageFolder, AFlatFolderHasNoLabels) {
  const ImageCorpus corpus = read_image_corpus({folder({{"1.png", small(1)}, {"2.PNG", small(2)}})});
  EXPECT_THAT(corpus.classes, IsEmpty());
  EXPECT_THAT(corpus.split("train").labels, IsEmpty());
  EXPECT_EQ(corpus.count("train") + corpus.count("valid"), 2);
}

TEST_F(ImageFolder, ReadsOnePicture) {
  const ImageCorpus corpus = read_image_corpus({fixtures() / "colour.jpg"});
  EXPECT_EQ(corpus.count("train"), 1);
  EXPECT_EQ(corpus.channels, 3);
  const auto text = files_.write("a.txt", "text");
  EXPECT_EQ(error_of(text), text.string() + ": is neither a PNG nor a JPEG");
}

TEST_F(ImageFolder, SkipsAndCountsWhatCannotBeReadOrHasAnotherSize) {
  Pictures pictures{{"0.png", small(1)}, {"x.png", png_of(pattern(5, 7, 1))}, {"y.png", small(1, 3)}};
  for (int i = 1; i < 8; ++i) pictures.emplace_back(std::to_string(i) + ".png", "broken");
  const auto path = folder(pictures);
  ::testing::internal::CaptureStderr();
  const ImageCorpus corpus = read_image_corpus({path});
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(corpus.skipped, 9);
  EXPECT_EQ(corpus.count("train"), 1);
  EXPECT_THAT(said, HasSubstr("warning: skipped " + path.string() + "/1.png: is neither a PNG nor a JPEG\n"));
  EXPECT_THAT(said, HasSubstr("/5.png"));
  EXPECT_THAT(said, Not(HasSubstr("/6.png")));
  EXPECT_THAT(said, HasSubstr("9 images skipped in total"));
}

TEST_F(ImageFolder, StrictMakesTheFirstFaultAnError) {
  EXPECT_THAT(error_of(folder({{"1.png", "broken"}, {"2.png", small(1)}}, "a"), {.strict = true}),
              HasSubstr("1.png: is neither a PNG nor a JPEG"));
  EXPECT_THAT(
      error_of(folder({{"1.png", small(1)}, {"2.png", png_of(pattern(5, 7, 1))}}, "b"), {.strict = true}),
      HasSubstr("2.png: is 7 x 5 grey, not 3 x 2 grey"));
  EXPECT_THAT(
      error_of(folder({{"1.png", small(1)}, {"2.png", small(1, 3)}}, "c"), {.strict = true}),
      HasSubstr("2.png: is 3 x 2 RGB, not 3 x 2 grey; to read both, set the number of channels to 1 or 3"));
}

TEST_F(ImageFolder, GreyBecomesRgbOnlyIfAsked) {
  const auto path = folder({{"1.png", small(1)}, {"2.png", small(2, 3)}});
  EXPECT_EQ(read_image_corpus({path}, {.valid_share = 0}).skipped, 1);
  const ImageCorpus colour = read_image_corpus({path}, {.channels = 3, .valid_share = 0});
  EXPECT_EQ(colour.count("train"), 2);
  EXPECT_EQ(colour.split("train").pixels[0], colour.split("train").pixels[1]);
  EXPECT_EQ(read_image_corpus({path}, {.channels = 1, .valid_share = 0}).count("train"), 2);
}

TEST_F(ImageFolder, TheSizeMayBeGiven) {
  const auto path = folder({{"1.png", small(1)}, {"2.png", png_of(pattern(5, 7, 1))}});
  const ImageCorpus corpus = read_image_corpus({path}, {.height = 5, .width = 7});
  EXPECT_EQ(corpus.count("train") + corpus.count("valid"), 1);
  EXPECT_EQ(corpus.skipped, 1);
  EXPECT_EQ(corpus.height, 5);
}

TEST_F(ImageFolder, MemoryIsBoundedBeforeItIsTaken) {
  EXPECT_THAT(error_of(folder(two_classes()), {.max_bytes = 71}),
              HasSubstr("12 images of 3 x 2 grey take more than 71 bytes"));
  EXPECT_NO_THROW(read_image_corpus({folder(two_classes())}, {.max_bytes = 72}));
}

TEST_F(ImageFolder, NothingToReadIsAnError) {
  EXPECT_THAT(error_of(files_.path() / "none"), HasSubstr("there is no such file or folder"));
  EXPECT_THAT(error_of(folder({{"readme.txt", "x"}, {".git/a.png", small(1)}})), HasSubstr("has no images"));
  EXPECT_THAT(error_of(files_.write("a.tar", tar_of({{"a.txt", "x"}}))), HasSubstr("has no images"));
  EXPECT_THAT(error_of(folder({{"1.png", "x"}, {"2.png", "y"}}, "broken")),
              HasSubstr("none of the 2 images can be read; "));
  data_error([] { read_image_corpus({}); });
  data_error([&] { read_image_corpus({fixtures(), fixtures()}); });
  EXPECT_THROW(read_image_corpus({fixtures()}, {.channels = 2}), std::invalid_argument);
}

TEST_F(ImageFolder, NamesInArchivesTouchNoFiles) {
  const Pictures pictures{{"../../a.png", small(1)}, {"/b.png", small(2)}, {"c\x1B.png", "broken"}};
  ::testing::internal::CaptureStderr();
  const ImageCorpus corpus = read_image_corpus({files_.write("a.tar", tar_of(pictures))}, {.valid_share = 0});
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(corpus.count("train"), 1);
  EXPECT_EQ(corpus.split("train").pixels, pattern(2, 3, 1, 2).pixels);
  EXPECT_THAT(said, HasSubstr("1 names that leave the archive by '..' skipped"));
  EXPECT_THAT(said, HasSubstr("c?.png"));
}

TEST_F(ImageFolder, PicturesOfOtherKindsAreLeftOutWithAWarning) {
  const Pictures pictures{{"a.png", small(1)}, {"b.webp", "RIFF"}, {"c.GIF", "GIF89a"}, {"d.txt", "text"}};
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(read_image_corpus({folder(pictures)}).skipped, 0);
  EXPECT_EQ(read_image_corpus({files_.write("a.tar", tar_of(pictures))}).skipped, 0);
  const std::string line = ": 2 images that are neither PNG nor JPEG skipped\n";
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "warning: " + (files_.path() / "data").string() + line +
                                                          "warning: " + (files_.path() / "a.tar").string() +
                                                          line);
}

TEST_F(ImageFolder, ANameTwiceAndACutArchiveAreErrors) {
  EXPECT_THAT(error_of(files_.write("a.tar", tar_of({{"a.png", small(1)}, {"./a.png", small(2)}}))),
              HasSubstr("contains a.png twice"));
  EXPECT_THAT(error_of(files_.write("b.tar", tar_of({{"a.png", small(1)}}).substr(0, 530))),
              HasSubstr("byte 530: a file is truncated"));
}

TEST_F(ImageFolder, ReadsIdxFilesByNameAndByFolder) {
  const auto images = files_.write("mnist/train-images-idx3-ubyte", idx({4, 1, 3}, "abcdefghijkl"));
  const auto labels =
      files_.write("mnist/train-labels-idx1-ubyte.gz", text::testing::gzip(idx({4}, "\1\0\2\1"s)));
  files_.write("mnist/t10k-images.idx3-ubyte", idx({1, 1, 3}, "xyz"));
  files_.write("mnist/t10k-labels.idx1-ubyte", idx({1}, "\3"));
  for (const auto& pair : {std::vector{images, labels}, std::vector{labels, images}}) {
    const ImageCorpus corpus = read_image_corpus(pair, {.valid_share = 0});
    EXPECT_THAT(corpus.classes, ElementsAre("0", "1", "2"));
    EXPECT_THAT(corpus.split("train").labels, ElementsAre(1, 0, 2, 1));
  }
  const ImageCorpus corpus =
      read_image_corpus({files_.path() / "mnist"}, {.channels = 3, .valid_share = 0.4});
  EXPECT_EQ(corpus.classes.size(), 4u);
  EXPECT_EQ(corpus.count("train") + corpus.count("valid"), 4);
  EXPECT_GE(corpus.count("valid"), 1);
  EXPECT_EQ(corpus.split("test").labels, std::vector<int32_t>{3});
  EXPECT_EQ(corpus.split("test").pixels.size(), 9u);
  EXPECT_THAT(read_image_corpus({images}).classes, IsEmpty());
  data_error([&] { read_image_corpus({images, images}); });
  EXPECT_THAT(error_of(images, {.height = 7}), HasSubstr("has images of 3 x 1, not 3 x 7"));
  EXPECT_THAT(error_of(images, {.max_bytes = 11}), HasSubstr("its header has more than 11 values"));
  EXPECT_THAT(error_of(images, {.channels = 3, .max_bytes = 35}),
              HasSubstr("4 images take more than 35 bytes"));
}

TEST_F(ImageFolder, TheValidPartOfIdxFilesKeepsPicturesAndLabelsTogether) {
  std::string pixels, labels;
  for (int i = 0; i < 200; ++i) {
    pixels += {static_cast<char>(i), static_cast<char>(255 - i)};
    labels += static_cast<char>(i % 7);
  }
  const auto images = files_.write("images", idx({200, 1, 2}, pixels));
  const ImageCorpus corpus =
      read_image_corpus({images, files_.write("labels", idx({200}, labels))}, {.valid_share = 0.3});
  std::vector<int> seen;
  for (const std::string split : {"train", "valid"}) {
    const ImageSplit& part = corpus.split(split);
    EXPECT_GT(corpus.count(split), 20);
    ASSERT_EQ(std::ssize(part.labels), corpus.count(split));
    for (size_t i = 0; i < part.labels.size(); ++i) {
      EXPECT_EQ(part.labels[i], part.pixels[2 * i] % 7);
      EXPECT_EQ(part.pixels[2 * i + 1], 255 - part.pixels[2 * i]);
      seen.push_back(part.pixels[2 * i]);
    }
  }
  std::sort(seen.begin(), seen.end());
  ASSERT_EQ(seen.size(), 200u);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], i);
}

TEST_F(ImageFolder, ReadsWhatWasPrepared) {
  const ImageCorpus corpus = read_image_corpus({folder(two_classes())});
  const auto file = files_.path() / "prepared.safetensors";
  write_image_cache(corpus, file);
  expect_equal(read_image_corpus({file}), corpus);
  EXPECT_THAT(error_of(file, {.channels = 3}), HasSubstr("was prepared with images of 3 x 2 grey"));
}

}  // namespace
}  // namespace heed::image
