// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_data.h"

#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/tasks/tiny_images.h"
#include <gtest/gtest.h>

#include "heed/core/config.h"
#include "heed/data/image/channels.h"
#include "heed/data/image/png_writer.h"
#include "heed/imaging/fit_image.h"
#include "heed/imaging/resample.h"
#include "heed/tasks/image/image_inputs.h"
#include "heed/tasks/image/image_model.h"
#include "heed/tasks/image/image_task.h"
#include "heed/tasks/image/prepared_images.h"

namespace heed::tasks {
namespace {

using ::testing::HasSubstr;

image::Image picture(int64_t height, int64_t width, int64_t channels, int shade) {
  image::Image image{height, width, channels, {}};
  for (int64_t i = 0; i < height * width * channels; ++i)
    image.pixels.push_back(static_cast<uint8_t>((shade + 7 * i) % 256));
  return image;
}

/// Writes flowers/SPLIT/CLASS/N.png of 8 x 6 RGB pixels.
void write_folder(const std::filesystem::path& root, const std::vector<std::string>& classes, int each = 3) {
  for (const char* split : {"train", "valid"}) {
    for (size_t c = 0; c < classes.size(); ++c) {
      const auto folder = root / split / classes[c];
      std::filesystem::create_directories(folder);
      for (int i = 0; i < each; ++i) {
        image::write_png(folder / (std::to_string(i) + ".png"),
                         picture(8, 6, 3, static_cast<int>(40 * c) + i));
      }
    }
  }
}

ImageDataOptions of_condition(const std::string& condition) {
  ImageDataOptions options;
  options.condition = condition;
  options.source_size = 2;
  return options;
}

TEST(ImageData, ReadsClassesAndMakesSmallerByArea) {
  const TemporaryFolder folder;
  write_folder(folder.path(), {"rose", "ivy"});
  ImageDataOptions options = of_condition("class");
  options.height = 4;
  options.width = 3;
  const ImageData data = read_image_data({folder.path()}, options);
  EXPECT_EQ(data.classes, (std::vector<std::string>{"ivy", "rose"}));
  EXPECT_EQ(data.domain.classes, 2);
  EXPECT_EQ(data.domain.height, 4);
  const ImageSet& train = data.split("train");
  EXPECT_EQ(train.images.sizes(), at::IntArrayRef({6, 4, 3, 3}));
  EXPECT_TRUE(train.labels->equal(at::tensor({0, 0, 0, 1, 1, 1}, at::kLong)));
  EXPECT_EQ(image_of(train.images[4]).pixels, imaging::downscale_area(picture(8, 6, 3, 1), 4, 3).pixels);
  EXPECT_FALSE(train.sources);
  error_of(ErrorKind::kData, [&] { (void)data.split("test"); });
}

TEST(ImageData, TheSmallerImageIsTheImageByArea) {
  const TemporaryFolder folder;
  write_folder(folder.path(), {"all"});
  const ImageData data = read_image_data({folder.path()}, of_condition("source"));
  EXPECT_EQ(data.domain.source_height, 2);
  const ImageSet& train = data.split("train");
  ASSERT_TRUE(train.sources);
  for (int64_t i = 0; i < train.count(); ++i) {
    EXPECT_EQ(image_of((*train.sources)[i]).pixels,
              imaging::downscale_area(image_of(train.images[i]), 2, 2).pixels);
  }
}

TEST(ImageData, GivesLabelsTheNumbersOfTheModel) {
  const TemporaryFolder folder;
  write_folder(folder.path(), {"rose", "ivy"});
  const ImageData data =
      read_image_data({folder.path()}, of_condition("class"), {"fern", "rose", "oak", "ivy"});
  EXPECT_TRUE(data.split("valid").labels->equal(at::tensor({3, 3, 3, 1, 1, 1}, at::kLong)));
  const std::string message = error_of(ErrorKind::kData, [&] {
    read_image_data({folder.path()}, of_condition("class"), {"fern", "roses"});
  });
  EXPECT_THAT(message, HasSubstr("ivy"));
}

TEST(ImageData, NewClassesTakeThePlacesOfOthersInTraining) {
  const TemporaryFolder folder;
  write_folder(folder.path(), {"rose", "ivy"});
  const auto train_on = [&](const std::vector<std::string>& classes) {
    return read_image_data({folder.path()}, of_condition("class"), classes, /*for_training=*/true);
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(train_on({"fern", "rose", "oak"}).classes, (Names{"ivy", "rose", "oak"}));
  EXPECT_EQ(train_on({"ivy", "rose", "oak"}).classes, (Names{"ivy", "rose", "oak"}));  // resumed
  EXPECT_EQ(train_on({"rose", "fern"}).classes, (Names{"rose", "ivy"}));
  EXPECT_EQ(train_on({"cat", "dog"}).classes, (Names{"ivy", "rose"}));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { train_on({"rose"}); }), HasSubstr("more than the model"));
}

TEST(ImageData, SaysWhatDoesNotFit) {
  const TemporaryFolder folder;
  write_folder(folder.path(), {"all"});
  const auto fails = [&](const ImageDataOptions& options) {
    return error_of(ErrorKind::kConfig, [&] { read_image_data({folder.path()}, options); });
  };
  EXPECT_THAT(fails(of_condition("class")), HasSubstr("folder named for it"));
  ImageDataOptions options;
  options.height = 7;
  EXPECT_THAT(fails(options), HasSubstr("'height' needs 'width', or 'size' for a square"));
  options = of_condition("source");
  options.source_size = 6;
  EXPECT_THAT(fails(options), HasSubstr("below"));
}

TEST(ImageData, FitsImagesOfAnySizeToTheOneAskedFor) {
  const TemporaryFolder folder;
  const std::vector<image::Image> pictures{picture(8, 6, 3, 0), picture(40, 9, 3, 1), picture(3, 50, 1, 2),
                                           picture(1, 1, 3, 3), picture(7, 7, 3, 4)};
  for (size_t i = 0; i < pictures.size(); ++i) {
    std::filesystem::create_directories(folder / "train");
    image::write_png(folder / ("train/" + std::to_string(i) + ".png"), pictures[i]);
  }
  for (const std::string fit : {"crop", "pad", "stretch"}) {
    ImageDataOptions options;
    options.size = 7;
    options.fit = fit;
    options.valid_share = 0;
    const ImageData data = read_image_data({folder.path()}, options);
    ASSERT_EQ(data.split("train").images.sizes(), at::IntArrayRef({5, 7, 7, 3}));
    for (size_t i = 0; i < pictures.size(); ++i) {
      image::Image expected = imaging::fit_image(pictures[i], 7, 7, imaging::fit_of_name(fit));
      expected.pixels = image::convert_channels(std::move(expected.pixels), expected.channels, 3);
      EXPECT_EQ(image_of(data.split("train").images[static_cast<int64_t>(i)]).pixels, expected.pixels)
          << fit << " " << i;
    }
  }
  ImageDataOptions options;
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_image_data({folder.path()}, options); }),
              HasSubstr("5 images of 5 sizes"));
}

TEST(ImageData, ForTrainingEachClassMustHaveTrainingImages) {
  const TemporaryFolder folder;
  write_folder(folder.path(), {"rose", "ivy"});
  std::filesystem::remove_all(folder / "train/ivy");
  EXPECT_EQ(read_image_data({folder.path()}, of_condition("class")).domain.classes, 2);
  EXPECT_THAT(
      error_of(ErrorKind::kData,
               [&] { read_image_data({folder.path()}, of_condition("class"), {}, /*for_training=*/true); }),
      HasSubstr("the class ivy has no image in train"));
  error_of(ErrorKind::kData, [&] { prepare_images({folder.path()}, {}, false, folder / "out"); });
}

TEST(ImageData, PreparedImagesAreTheSameAndReplaceOnlyTheirOwn) {
  const TemporaryFolder folder;
  write_folder(folder / "raw", {"rose", "ivy"});
  ImageDataOptions options = of_condition("class");
  options.height = 4;
  options.width = 3;
  const auto prepared = folder / "prepared";
  const toml::table card = prepare_images({folder / "raw"}, options, /*strict=*/true, prepared);
  EXPECT_EQ(card["train"]["images"].value_or(0), 6);
  prepare_images({folder / "raw"}, options, true, prepared);
  EXPECT_EQ(image_data_card(read_image_data({prepared}, of_condition("class"))),
            image_data_card(read_image_data({folder / "raw"}, options)));
  error_of(ErrorKind::kUsage, [&] { prepare_images({folder / "raw"}, options, true, folder / "raw"); });
}

TEST(ImageInputs, FitTheModelOrNameTheSizesThatDo) {
  const nn::ImageDomain plain{.height = 4, .width = 4, .channels = 1};
  EXPECT_EQ(fit_input(picture(8, 8, 3, 0), "x", plain).original->pixels.size(), 16U);
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { fit_input(picture(3, 9, 1, 0), "x.png", plain); }),
              HasSubstr("x.png: is 9 x 3; this model takes 4 x 4"));
  nn::ImageDomain source = plain;
  source.source_height = source.source_width = 2;
  const image::Image whole = picture(4, 4, 1, 0), small = picture(2, 2, 1, 5), between = picture(3, 3, 1, 9);
  EXPECT_EQ(fit_input(whole, "x", source).source->pixels, imaging::downscale_area(whole, 2, 2).pixels);
  EXPECT_EQ(fit_input(small, "x", source).source->pixels, small.pixels);
  EXPECT_FALSE(fit_input(small, "x", source).original);
  EXPECT_FALSE(fit_input(between, "x", source).original);
  EXPECT_EQ(fit_input(between, "x", source).source->pixels, imaging::downscale_area(between, 2, 2).pixels);
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { fit_input(picture(1, 4, 1, 0), "x", source); }),
              HasSubstr("2 x 2"));
}

TEST(ImageInputs, ClassesHaveNamesAndNumbers) {
  const std::vector<std::string> classes{"cat", "dog", "a,b"};
  EXPECT_EQ(class_number(classes, "dog"), 1);
  EXPECT_EQ(class_number(classes, "0"), 0);
  EXPECT_EQ(class_number(classes, "a,b"), 2);
  const auto message = error_of(ErrorKind::kUsage, [&] { class_number(classes, "dgo"); });
  EXPECT_THAT(message, HasSubstr("did you mean 'dog'"));
  EXPECT_THAT(message, HasSubstr("cat, dog, a,b"));
  error_of(ErrorKind::kUsage, [&] { class_number(classes, "3"); });
}

TEST(ImageInputs, WhereClassesAreNamedByNumbersANumberIsAName) {
  const std::vector<std::string> classes{"10", "2", "3"};
  EXPECT_EQ(class_number(classes, "2"), 1);
  EXPECT_EQ(class_number(classes, "10"), 0);
  EXPECT_THAT(error_of(ErrorKind::kUsage, [&] { class_number(classes, "1"); }), HasSubstr("10, 2, 3"));
}

TEST(ImageInputs, AreFittedAsTheTrainingImagesWere) {
  const nn::ImageDomain plain{.height = 4, .width = 4, .channels = 1};
  const image::Image wide = picture(8, 20, 1, 0);
  for (const auto fit : {imaging::Fit::kCrop, imaging::Fit::kPad, imaging::Fit::kStretch})
    EXPECT_EQ(fit_input(wide, "x", plain, fit).original->pixels, imaging::fit_image(wide, 4, 4, fit).pixels);
}

TEST(ImageTask, TheStoredConfigMakesTheSameModelAgain) {
  const TemporaryFolder folder;
  write_folder(folder.path(), {"rose", "ivy"}, 4);
  const toml::table config = parse_toml(
      "task = 'image'\n[model]\nd_model = 8\nheads = 2\nlayers = 1\nd_ff = 8\n[data]\ncondition = 'class'\n"
      "batch_size = 2\n[training]\nsteps = 3\n",
      "test");
  TrainingRun run = open_run(config, {folder.path()}, at::kCPU);
  const toml::table stored = parse_toml(format_toml(run.config), "config.toml");
  EXPECT_EQ(stored["about"]["height"].value_or(0), 8);
  EXPECT_EQ(image_classes(stored), (std::vector<std::string>{"ivy", "rose"}));
  const auto again =
      std::dynamic_pointer_cast<nn::PixelModel>(image_task().make_module(stored, "config.toml"));
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->domain().classes, 2);
  const auto before = run.objective->module().named_parameters(), after = again->named_parameters();
  ASSERT_EQ(before.size(), after.size());
  for (const auto& item : before) EXPECT_EQ(item.value().sizes(), after[item.key()].sizes()) << item.key();
  const auto loss = run.objective->training_loss(0);
  EXPECT_EQ(loss.targets, 2 * 8 * 6 * 3);
  EXPECT_EQ(run.objective->validate().count, 8 * 8 * 6 * 3);
  EXPECT_EQ(run.data_card["train"]["images"].value_or(0), 8);
  error_of(ErrorKind::kCheckpoint, [&] { image_task().make_module({}, "config.toml"); });
}

TEST(ImageTask, FineTuningKeepsTheImagesOfTheModelUnlessTheConfigSetsThem) {
  Trained<torch::nn::Module> from;
  from.config = parse_toml(
      "[about]\nheight = 8\nwidth = 6\nchannels = 3\n[data]\ncondition = 'source'\nsource_size = 2\nsize = "
      "9\n",
      "test");
  const auto inherited = [&](const std::string& text) {
    toml::table config = parse_toml(text, "test");
    image_task().inherit(config, from);
    return config;
  };
  EXPECT_EQ(inherited(""), parse_toml("[data]\nheight = 8\nwidth = 6\nchannels = 3\nsource_size = 2\n"
                                      "condition = 'source'\n",
                                      "test"));
  EXPECT_EQ(inherited("[data]\nsize = 4\nchannels = 1\ncondition = 'none'\n"),
            parse_toml("[data]\nsize = 4\nchannels = 1\nsource_size = 2\ncondition = 'none'\n", "test"));
}

}  // namespace
}  // namespace heed::tasks
