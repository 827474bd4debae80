// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_data.h"

#include <algorithm>
#include <span>
#include <utility>

#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>

#include "heed/core/crc32c.h"
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/names.h"
#include "heed/data/image/channels.h"
#include "heed/data/image/shown_name.h"
#include "heed/imaging/fit_image.h"
#include "heed/tasks/image/image_tensors.h"
#include "heed/tasks/image/prepared_images.h"

namespace heed::tasks {
namespace {

std::string check_channels(const Field::Value& value) {
  const int64_t channels = *std::get<int64_t*>(value);
  return channels == 0 || channels == 1 || channels == 3 ? "" : "must be 0, 1 or 3";
}

/// Moves the pixels into a tensor, without a copy.
at::Tensor take_pixels(std::vector<uint8_t>& pixels, const image::ImageCorpus& corpus) {
  auto* owner = new std::vector<uint8_t>(std::move(pixels));
  const int64_t count = std::ssize(*owner) / corpus.image_bytes();
  return at::from_blob(
      owner->data(), {count, corpus.height, corpus.width, corpus.channels}, [owner](void*) { delete owner; },
      at::kByte);
}

/// The number that the model gives to each class of the data.
std::vector<int64_t> class_numbers(const std::vector<std::string>& present,
                                   const std::vector<std::string>& known) {
  std::vector<int64_t> numbers;
  for (const auto& name : present) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end())
      throw Error(ErrorKind::kData, "the data has a class that the model was not trained with: " +
                                        unknown_name_message("class", name, known));
    numbers.push_back(found - known.begin());
  }
  return numbers;
}

/// The classes of a model that goes on from one with `trained` classes: those that the data has too stay, and new ones
/// take the places of the others.
std::vector<std::string> take_over_classes(std::vector<std::string> trained,
                                           const std::vector<std::string>& present) {
  const auto has = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  std::vector<std::string> taken;
  auto place = trained.begin();
  for (const auto& name : present) {
    if (has(trained, name)) continue;
    place = std::find_if(place, trained.end(), [&](const std::string& old) { return !has(present, old); });
    if (place == trained.end()) {
      throw Error(ErrorKind::kData, "the data has " + std::to_string(present.size()) +
                                        " classes, more than the model to start from, which has " +
                                        std::to_string(trained.size()) + ": train without it, or give fewer");
    }
    taken.push_back(image::shown_name(name) + " from " + image::shown_name(*place));
    *place++ = name;
  }
  if (!taken.empty()) warn("classes that the model does not know start from others: " + comma_list(taken));
  return trained;
}

at::Tensor make_labels(const std::vector<int32_t>& labels, const std::vector<int64_t>& numbers) {
  std::vector<int64_t> mapped;
  mapped.reserve(labels.size());
  for (const int32_t label : labels) mapped.push_back(numbers[static_cast<size_t>(label)]);
  return at::tensor(mapped, at::kLong);
}

void set_condition(ImageData& data, const image::ImageCorpus& corpus, const ImageDataOptions& options,
                   const std::vector<std::string>& classes, bool for_training) {
  auto& domain = data.domain;
  if (options.condition == "class") {
    if (corpus.classes.empty()) {
      throw Error(ErrorKind::kConfig,
                  "'condition' is class, but the images have no classes: put the images of each class into a "
                  "folder named for it, or add idx labels",
                  "[data]");
    }
    data.classes = classes.empty() ? corpus.classes
                   : for_training  ? take_over_classes(classes, corpus.classes)
                                   : classes;
    domain.classes = std::ssize(data.classes);
  } else if (options.condition == "source") {
    domain.source_height = domain.source_width = options.source_size;
    if (options.source_size >= domain.height || options.source_size >= domain.width) {
      throw Error(ErrorKind::kConfig,
                  "'source_size' " + std::to_string(options.source_size) +
                      " must be below the size of the images, " +
                      image::image_size_text(domain.height, domain.width, domain.channels),
                  "[data]");
    }
  }
}

}  // namespace

std::vector<Field> fields(ImageDataOptions& options) {
  return {
      {"size", &options.size,
       "side of the square that every image is resized to; 0: images keep their size, which must be one",
       at_least(0)},
      {"height", &options.height, "height in place of size, for images that are not square; 0: size",
       at_least(0)},
      {"width", &options.width, "width in place of size; 0: size", at_least(0)},
      {"fit", &options.fit,
       "how images of other proportions are resized: crop (cut off what stands out on both sides), pad "
       "(black "
       "bars) or stretch",
       one_of(imaging::fit_names())},
      {"channels", &options.channels,
       "1 (grey) or 3 (RGB), to which images are converted; 0: RGB if any image has colours, else grey",
       check_channels},
      {"condition", &options.condition,
       "what the model is conditioned on: none, class (folder names or idx labels) or source (the same image "
       "made smaller, for super-resolution)",
       one_of({"none", "class", "source"})},
      {"source_size", &options.source_size, "side of the smaller image, with condition = source",
       at_least(1)},
      {"batch_size", &options.batch_size, "images in a batch", between(1, 1 << 20)},
      {"flip", &options.flip, "exchange left and right at random during training"},
      {"valid_share", &options.valid_share,
       "share of the train images that is kept for validation when the data has no valid split",
       between(0, 0.9)},
      {"validation_images", &options.validation_images,
       "images to validate on during training, spread over the split; 0: all", at_least(0)},
  };
}

const ImageSet& ImageData::split(const std::string& name) const {
  const auto found = splits.find(name);
  if (found != splits.end()) return found->second;
  std::vector<std::string> present;
  for (const auto& [split, images] : splits) present.push_back(split);
  throw Error(ErrorKind::kData, "the data has no split '" + name + "'; it has " + comma_list(present));
}

ImageData read_image_data(const std::vector<std::filesystem::path>& paths, const ImageDataOptions& options,
                          const std::vector<std::string>& classes, bool for_training) {
  image::ImageCorpus corpus = read_images(paths, options, {.for_training = for_training});
  ImageData data;
  data.domain.height = corpus.height;
  data.domain.width = corpus.width;
  data.domain.channels = corpus.channels;
  data.skipped = corpus.skipped;
  set_condition(data, corpus, options, classes, for_training);
  std::vector<int64_t> numbers;
  if (!data.classes.empty()) numbers = class_numbers(corpus.classes, data.classes);
  for (auto& [name, split] : corpus.splits) {
    ImageSet& set = data.splits[name];
    set.images = take_pixels(split.pixels, corpus);
    if (!numbers.empty()) set.labels = make_labels(split.labels, numbers);
    if (data.domain.source_height > 0)
      set.sources = downscale_images(set.images, data.domain.source_height, data.domain.source_width);
  }
  return data;
}

toml::table image_data_card(const ImageData& data) {
  const auto checksum = [](const at::Tensor& tensor) {
    const at::Tensor values = tensor.contiguous();
    return static_cast<int64_t>(crc32c(
        {static_cast<const std::byte*>(values.const_data_ptr()), static_cast<size_t>(values.nbytes())}));
  };
  toml::table card{{"height", data.domain.height},
                   {"width", data.domain.width},
                   {"channels", data.domain.channels},
                   {"classes", data.domain.classes},
                   {"source_height", data.domain.source_height}};
  for (const auto& [name, set] : data.splits) {
    toml::table split{{"images", set.count()}, {"crc32c", checksum(set.images)}};
    if (set.labels) split.insert("labels_crc32c", checksum(*set.labels));
    card.insert(name, split);
  }
  return card;
}

}  // namespace heed::tasks
