// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/prepared_images.h"

#include <algorithm>
#include <span>

#include <ATen/Parallel.h>

#include "heed/core/config.h"
#include "heed/core/crc32c.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/log.h"
#include "heed/data/image/channels.h"
#include "heed/data/image/image_cache.h"
#include "heed/data/image/image_folder.h"
#include "heed/imaging/resample.h"

namespace heed::tasks {
namespace fs = std::filesystem;
namespace {

constexpr const char *kImages = "images.safetensors", *kCard = "images.toml";

bool is_prepared(const fs::path& folder) {
  return fs::is_regular_file(folder / kImages) && fs::is_regular_file(folder / kCard);
}

void scale_split(image::ImageSplit& split, const image::ImageCorpus& corpus, int64_t height, int64_t width) {
  const int64_t before = corpus.image_bytes(), after = height * width * corpus.channels;
  const int64_t count = std::ssize(split.pixels) / before;
  std::vector<uint8_t> scaled(static_cast<size_t>(count * after));
  at::parallel_for(0, count, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto first = split.pixels.begin() + i * before;
      const image::Image image{corpus.height, corpus.width, corpus.channels, {first, first + before}};
      const auto smaller = imaging::downscale_area(image, height, width);
      std::copy(smaller.pixels.begin(), smaller.pixels.end(), scaled.begin() + i * after);
    }
  });
  split.pixels = std::move(scaled);
}

void scale(image::ImageCorpus& corpus, const ImageDataOptions& options) {
  const auto wanted = [&](int64_t side, int64_t present) {
    return side > 0 ? side : options.size > 0 ? options.size : present;
  };
  const int64_t height = wanted(options.height, corpus.height), width = wanted(options.width, corpus.width);
  if (height == corpus.height && width == corpus.width) return;
  const std::string present = image::image_size_text(corpus.height, corpus.width, corpus.channels),
                    asked = image::image_size_text(height, width, corpus.channels);
  if (height > corpus.height || width > corpus.width) {
    throw Error(ErrorKind::kConfig,
                "the images are " + present + " and can only be made smaller, not " + asked, "[data]");
  }
  if (height * corpus.width != width * corpus.height)
    warn("images of " + present + " are squeezed to " + asked +
         "; set [data] height and width to keep the proportions");
  for (auto& [name, split] : corpus.splits) scale_split(split, corpus, height, width);
  corpus.height = height;
  corpus.width = width;
}

toml::table card_of(const image::ImageCorpus& corpus) {
  toml::array classes;
  for (const auto& name : corpus.classes) classes.push_back(name);
  toml::table card{{"task", "image"},           {"height", corpus.height},
                   {"width", corpus.width},     {"channels", corpus.channels},
                   {"skipped", corpus.skipped}, {"classes", classes}};
  for (const auto& [name, split] : corpus.splits) {
    const auto checksum = static_cast<int64_t>(crc32c(std::as_bytes(std::span(split.pixels))));
    card.insert(name, toml::table{{"images", corpus.count(name)}, {"crc32c", checksum}});
  }
  return card;
}

}  // namespace

image::ImageCorpus read_images(const std::vector<fs::path>& data, const ImageDataOptions& options,
                               bool strict) {
  std::vector<fs::path> paths;
  for (const auto& path : data) paths.push_back(is_prepared(path) ? path / kImages : path);
  image::ImageCorpusOptions reading;
  reading.channels = options.channels;
  reading.valid_share = options.valid_share;
  reading.strict = strict;
  image::ImageCorpus corpus = image::read_image_corpus(paths, reading);
  scale(corpus, options);
  return corpus;
}

void check_image_folder(const fs::path& folder) {
  const bool free =
      !fs::exists(folder) || is_prepared(folder) || (fs::is_directory(folder) && fs::is_empty(folder));
  if (!free) {
    throw Error(ErrorKind::kUsage, "contains other files; prepared images need a folder of their own",
                folder.string());
  }
  check_folder_writable(folder);
}

toml::table prepare_images(const std::vector<fs::path>& data, const ImageDataOptions& options, bool strict,
                           const fs::path& folder) {
  check_image_folder(folder);
  const image::ImageCorpus corpus = read_images(data, options, strict);
  const toml::table card = card_of(corpus);
  // "images/" and "images" are one folder; the new folder is made beside it.
  const fs::path target = folder.has_filename() ? folder : folder.parent_path();
  if (target.has_parent_path()) make_folder(target.parent_path());
  write_folder_atomically(target, [&](const fs::path& inside) {
    image::write_image_cache(corpus, inside / kImages);
    write_atomically(inside / kCard, format_toml(card));
  });
  return card;
}

}  // namespace heed::tasks
