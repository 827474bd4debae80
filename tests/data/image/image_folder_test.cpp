// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_folder.h"

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>

#include "tests/data/image/archive_files.h"
#include "tests/data/image/idx_bytes.h"
#include "tests/data/image/image_files.h"
#include "tests/data/text/text_files.h"
#include <gmock/gmock.h>

#include "heed/data/image/channels.h"
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

/// `count` images of one size: SUBFOLDER/100.png and so on.
Pictures alike(int count, const std::string& subfolder = "") {
  Pictures pictures;
  for (int i = 0; i < count; ++i)
    pictures.emplace_back(subfolder + std::to_string(100 + i) + ".png", small(i));
  return pictures;
}

/// Repeats the top left pixel.
Image flat(const Image& image, int64_t height, int64_t width) {
  Image result{height, width, image.channels, {}};
  for (int64_t i = 0; i < height * width; ++i)
    result.pixels.insert(result.pixels.end(), image.pixels.begin(), image.pixels.begin() + image.channels);
  return result;
}

std::string log_of(const std::function<void()>& call) {
  ::testing::internal::CaptureStderr();
  call();
  return ::testing::internal::GetCapturedStderr();
}

TEST_F(ImageFolder, TheSizeIsThatOfMostWhateverTheOrder) {
  Pictures pictures = alike(11);
  pictures.insert(pictures.begin(), {{"a.png", "broken"}, {"0.png", png_of(pattern(3, 3, 3))}});
  for (int order = 0; order < 13; ++order) {
    std::rotate(pictures.begin(), pictures.begin() + 1, pictures.end());
    const auto path = files_.write("a.tar", tar_of(pictures));
    ImageCorpus corpus;
    const std::string said = log_of([&] { corpus = read_image_corpus({path}); });
    EXPECT_EQ(corpus.height, 2);
    EXPECT_EQ(corpus.channels, 1) << "only kept images count";
    EXPECT_EQ(corpus.skipped, 2);
    EXPECT_THAT(said, HasSubstr("0.png: is 3 x 3 RGB, and most images are 3 x 2"));
    EXPECT_EQ(said.find("a.png"), said.rfind("a.png")) << "said once: " << said;
  }
}

TEST_F(ImageFolder, ManySizesWithoutASizeSayWhatToSet) {
  Pictures pictures = alike(6);
  pictures.emplace_back("x.png", png_of(pattern(5, 7, 1)));
  pictures.emplace_back("y.png", png_of(pattern(7, 5, 1)));
  EXPECT_THAT(error_of(folder(pictures)),
              HasSubstr("8 images of 3 sizes, most 3 x 2 (6): a model takes one size; set data.size"));
}

TEST_F(ImageFolder, WithAFitterEverySizeIsRead) {
  const Pictures pictures{{"cat/0.png", png_of(pattern(9, 1, 1, 1))},
                          {"cat/1.png", png_of(pattern(1, 30, 1, 2))},
                          {"dog/2.png", png_of(pattern(4, 4, 1, 3))},
                          {"dog/3.png", png_of(pattern(100, 90, 1, 4))}};
  const ImageCorpusOptions options{.height = 4, .width = 4, .fit = flat, .valid_share = 0};
  ImageCorpus corpus;
  const std::string said = log_of([&] { corpus = read_image_corpus({folder(pictures)}, options); });
  EXPECT_EQ(corpus.count("train"), 4);
  EXPECT_EQ(corpus.skipped, 0);
  const auto& pixels = corpus.split("train").pixels;
  for (size_t i = 0; i < 4; ++i)
    EXPECT_EQ(pixels[16 * i], pattern(1, 1, 1, static_cast<int>(i) + 1).pixels[0]);
  EXPECT_EQ(pixels[32 + 5], pattern(4, 4, 1, 3).pixels[5]) << "an image of that size stays as it is";
  EXPECT_THAT(said, HasSubstr("data: classes: cat 2, dog 2; splits: train 4\n"));
  EXPECT_THAT(said, HasSubstr("enlarged 2 of 4 images, which are smaller than 4 x 4"));
  expect_equal(read_image_corpus({files_.write("a.zip", write_archive(pictures))}, options), corpus);
  expect_equal(read_image_corpus({files_.write("a.tar", tar_of(pictures))}, options), corpus);
}

TEST_F(ImageFolder, SizesAndColoursMayDifferTogether) {
  Pictures pictures;
  for (int i = 0; i < 12; ++i)
    pictures.emplace_back(std::to_string(10 + i) + ".png", png_of(pattern(1 + i, 3, i % 4 == 3 ? 3 : 1, i)));
  const ImageCorpus corpus =
      read_image_corpus({folder(pictures)}, {.height = 2, .width = 2, .fit = flat, .valid_share = 0});
  ASSERT_EQ(corpus.count("train"), 12);
  ASSERT_EQ(corpus.channels, 3);
  for (size_t i = 0; i < 12; ++i)
    EXPECT_EQ(corpus.split("train").pixels[12 * i], pattern(1, 1, 1, static_cast<int>(i)).pixels[0]) << i;
}

TEST_F(ImageFolder, OneHugeImageFirstDecidesNothing) {
  Pictures pictures = alike(20);
  pictures.insert(pictures.begin(), {"0.png", png_of(pattern(300, 300, 3))});
  const ImageCorpus corpus = read_image_corpus({folder(pictures)}, {.max_bytes = 1000});
  EXPECT_EQ(corpus.count("train") + corpus.count("valid"), 20);
  EXPECT_EQ(corpus.image_bytes(), 6);
}

TEST_F(ImageFolder, WhenMostImagesCannotBeUsedItIsAnError) {
  Pictures pictures = alike(3);
  for (int i = 0; i < 4; ++i) pictures.emplace_back("x" + std::to_string(i) + ".png", "broken");
  EXPECT_THAT(
      error_of(folder(pictures)),
      ::testing::MatchesRegex(".*data: 4 of 7 images cannot be used; the first is .*x0.png: is neither.*"));
  pictures.pop_back();
  EXPECT_EQ(read_image_corpus({folder(pictures, "half")}).skipped, 3);
}

TEST_F(ImageFolder, AClassOfWhichNoImageCanBeReadIsAnError) {
  Pictures pictures = two_classes();
  for (const std::string name : {"0", "1"})
    pictures.emplace_back("zebra/" + name + ".jpg", "RIFF1234WEBPVP8 ");
  EXPECT_THAT(error_of(folder(pictures)), HasSubstr("the class zebra has no image that can be used: "));
  EXPECT_THAT(error_of(folder(pictures)), HasSubstr("zebra/0.jpg: seems to be a WebP; convert it to PNG"));
}

TEST_F(ImageFolder, AClassWithoutTrainingImagesIsAnErrorForTraining) {
  const auto path =
      folder({{"train/a/1.png", small(1)}, {"train/b/2.png", small(2)}, {"test/c/3.png", small(3)}});
  EXPECT_EQ(read_image_corpus({path}).classes.size(), 3U);
  EXPECT_THAT(error_of(path, {.every_class_trains = true}), HasSubstr("the class c has no image in train"));
}

TEST_F(ImageFolder, StraysAreSaidAndPassedOver) {
  Pictures pictures;
  for (int i = 0; i < 4; ++i)
    for (const std::string name : {"train/cat", "val/cat", "train/dog", "val/dog"})
      pictures.emplace_back(name + "/" + std::to_string(i) + ".png", small(i));
  pictures.emplace_back("docs/figure.png", png_of(pattern(9, 9, 3)));
  ImageCorpus corpus;
  const std::string said = log_of([&] { corpus = read_image_corpus({folder(pictures)}); });
  EXPECT_THAT(corpus.classes, ElementsAre("cat", "dog"));
  EXPECT_EQ(corpus.count("train"), 8);
  EXPECT_EQ(corpus.count("valid"), 8);
  EXPECT_THAT(said, HasSubstr("warning: " + (files_.path() / "data/docs/figure.png").string() +
                              " is in no class: passed over\n"));
  EXPECT_THAT(said, HasSubstr("data: classes: cat 8, dog 8; splits: train 8, valid 8\n"));
}

TEST_F(ImageFolder, ReadsLinkedFoldersOnce) {
  folder(alike(3, "cat/"), "store");
  folder(alike(2, "dog/"));
  std::filesystem::create_directory_symlink("../store/cat", files_.path() / "data/cat");
  std::filesystem::create_directory_symlink("..", files_.path() / "data/dog/up");
  const ImageCorpus corpus = read_image_corpus({files_.path() / "data"}, {.valid_share = 0});
  EXPECT_THAT(corpus.classes, ElementsAre("cat", "dog"));
  EXPECT_THAT(corpus.split("train").labels, ElementsAre(0, 0, 0, 1, 1));
}

TEST_F(ImageFolder, NamesOfJpegAndOfClassesAreTakenAsTheyAre) {
  const auto bytes = fixture("colour.jpg");
  const std::string jpeg(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const ImageCorpus corpus = read_image_corpus(
      {folder({{"10/1.jfif", jpeg}, {"a,b/2.JPE", jpeg}, {"New York/3.jpeg", jpeg}, {"10/Thumbs.db", "x"}})});
  EXPECT_THAT(corpus.classes, ElementsAre("10", "New York", "a,b"));
  EXPECT_EQ(corpus.skipped, 0);
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
  Pictures pictures = alike(20);
  pictures.emplace_back("x.png", png_of(pattern(5, 7, 1)));
  pictures.emplace_back("y.png", png_of(pattern(5, 7, 1)));
  for (int i = 1; i < 8; ++i) pictures.emplace_back(std::to_string(i) + ".png", "broken");
  const auto path = folder(pictures);
  ImageCorpus corpus;
  const std::string said = log_of([&] { corpus = read_image_corpus({path}); });
  EXPECT_EQ(corpus.skipped, 9);
  EXPECT_EQ(corpus.count("train") + corpus.count("valid"), 20);
  EXPECT_THAT(said, HasSubstr("warning: skipped " + path.string() + "/1.png: is neither a PNG nor a JPEG\n"));
  EXPECT_THAT(said, HasSubstr("/5.png"));
  EXPECT_THAT(said, Not(HasSubstr("/6.png")));
  EXPECT_THAT(said, HasSubstr("9 images skipped in total"));
}

TEST_F(ImageFolder, StrictMakesTheFirstFaultAnError) {
  EXPECT_THAT(error_of(folder({{"1.png", "broken"}, {"2.png", small(1)}}, "a"), {.strict = true}),
              HasSubstr("1.png: is neither a PNG nor a JPEG"));
  Pictures pictures = alike(10);
  pictures.emplace_back("2.png", png_of(pattern(5, 7, 1)));
  EXPECT_THAT(error_of(folder(pictures, "b"), {.strict = true}),
              HasSubstr("2.png: is 7 x 5 grey, and most images are 3 x 2"));
}

TEST_F(ImageFolder, GreyBecomesRgbWhereAnyImageHasColours) {
  for (const Pictures& pictures :
       {Pictures{{"1.png", small(1)}, {"2.png", small(2, 3)}, {"3.png", small(3)}},
        Pictures{{"1.png", small(1, 3)}, {"2.png", small(2)}, {"3.png", small(3, 3)}},
        Pictures{{"1.png", small(1)}, {"2.png", small(2)}, {"3.png", small(3, 3)}}}) {
    const auto path = files_.write("a.tar", tar_of(pictures));
    ImageCorpus corpus;
    const std::string said = log_of([&] { corpus = read_image_corpus({path}, {.valid_share = 0}); });
    ASSERT_EQ(corpus.channels, 3);
    EXPECT_EQ(corpus.skipped, 0);
    EXPECT_THAT(said, HasSubstr("coloured images: all are read as RGB"));
    std::vector<uint8_t> pixels;
    for (size_t i = 0; i < 3; ++i) {
      const int seed = static_cast<int>(i) + 1;
      const bool grey = pictures[i].second == small(seed);
      auto one = convert_channels(pattern(2, 3, grey ? 1 : 3, seed).pixels, grey ? 1 : 3, 3);
      pixels.insert(pixels.end(), one.begin(), one.end());
    }
    EXPECT_EQ(corpus.split("train").pixels, pixels);
    EXPECT_EQ(read_image_corpus({path}, {.channels = 1, .valid_share = 0}).channels, 1);
  }
  EXPECT_EQ(read_image_corpus({folder({{"1.png", small(1)}, {"2.png", small(2)}})}).channels, 1);
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
  EXPECT_THAT(error_of(folder({{"readme.txt", "x"}, {".git/a.png", small(1)}})),
              HasSubstr("has no images that heed reads"));
  EXPECT_THAT(error_of(files_.write("a.tar", tar_of({{"a.txt", "x"}, {"b.heic", "y"}}))),
              HasSubstr("has no images that heed reads (PNG, JPEG, idx files); it has 1 .heic, 1 .txt"));
  EXPECT_THAT(error_of(folder({{"1.png", "x"}, {"2.png", "y"}}, "broken")),
              HasSubstr("none of the 2 images can be used; the first is "));
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
  EXPECT_THAT(said, HasSubstr("1 name that leaves the archive by '..' skipped"));
  EXPECT_THAT(said, HasSubstr("c?.png"));
}

TEST_F(ImageFolder, WhatIsPassedOverIsCountedByFormatAndEnding) {
  const Pictures pictures{{"a.png", small(1)}, {"b.webp", "RIFF"}, {"c.GIF", "GIF89a"},
                          {"d.txt", "text"},   {"e/f.heic", "x"},  {"e/g.HEIF", "x"}};
  for (const auto& path : {folder(pictures), files_.write("a.tar", tar_of(pictures)),
                           files_.write("a.zip", write_archive(pictures))}) {
    const std::string said = log_of([&] { EXPECT_EQ(read_image_corpus({path}).skipped, 0); });
    EXPECT_THAT(said,
                HasSubstr("warning: " + path.string() +
                          ": 1 GIF, 2 HEIC, 1 WebP pictures are passed over: convert to PNG or JPEG\n"));
    EXPECT_THAT(said,
                HasSubstr(path.string() + ": passed over: 1 .gif, 1 .heic, 1 .heif, 1 .txt, 1 .webp\n"));
  }
}

TEST_F(ImageFolder, OfTwoFilesWithOneNameInAnArchiveTheLastCounts) {
  const Pictures pictures{
      {"a.png", small(1)}, {"b.png", small(2)}, {"./a.png", small(3)}, {"b.png", small(4)}};
  for (const auto& path :
       {files_.write("a.tar", tar_of(pictures)), files_.write("a.zip", write_archive(pictures))}) {
    ImageCorpus corpus;
    const std::string said = log_of([&] { corpus = read_image_corpus({path}, {.valid_share = 0}); });
    ASSERT_EQ(corpus.count("train"), 2);
    EXPECT_EQ(corpus.split("train").pixels[0], pattern(2, 3, 1, 3).pixels[0]);
    EXPECT_EQ(corpus.split("train").pixels[6], pattern(2, 3, 1, 4).pixels[0]);
    EXPECT_THAT(said, HasSubstr("contains a.png twice (and repeats 1 more files); the last one counts"));
  }
}

TEST_F(ImageFolder, ACutArchiveIsAnError) {
  const std::string archive = tar_of({{"a.png", small(1)}, {"b.png", small(2)}, {"c.png", small(3)}});
  EXPECT_THAT(error_of(files_.write("a.tar", archive.substr(0, 530))), HasSubstr("is damaged or cut"));
  EXPECT_THAT(error_of(files_.write("b.tar", archive.substr(0, 1024))),
              HasSubstr("b.tar, byte 1024: ends early"));
  const std::string zip = write_archive({{"a.png", small(1)}, {"b.png", small(2)}});
  EXPECT_THAT(error_of(files_.write("c.zip", zip.substr(0, zip.size() - 30))), HasSubstr("begins as a zip"));
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
  EXPECT_THAT(error_of(file, {.height = 4, .width = 4}), HasSubstr("was prepared with images of 3 x 2 grey"));
  const ImageCorpus fitted = read_image_corpus({file}, {.height = 4, .width = 5, .fit = flat});
  EXPECT_EQ(fitted.image_bytes(), 20);
  EXPECT_EQ(fitted.count("train"), corpus.count("train"));
  EXPECT_EQ(fitted.split("train").pixels[39], corpus.split("train").pixels[6]);
}

}  // namespace
}  // namespace heed::image
