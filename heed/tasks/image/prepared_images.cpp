// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/prepared_images.h"

#include <span>
#include <tuple>
#include <utility>

#include "heed/core/config.h"
#include "heed/core/crc32c.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/image/image_cache.h"
#include "heed/data/image/image_folder.h"
#include "heed/imaging/fit_image.h"

namespace heed::tasks {
namespace fs = std::filesystem;
namespace {

constexpr const char *kImages = "images.safetensors", *kCard = "images.toml";

bool is_prepared(const fs::path& folder) {
  return fs::is_regular_file(folder / kImages) && fs::is_regular_file(folder / kCard);
}

/// The size that every image gets; 0 x 0: images keep theirs.
std::pair<int64_t, int64_t> wanted_size(const ImageDataOptions& options) {
  const int64_t height = options.height > 0 ? options.height : options.size;
  const int64_t width = options.width > 0 ? options.width : options.size;
  if ((height > 0) != (width > 0)) {
    const std::string given = height > 0 ? "height" : "width", other = height > 0 ? "width" : "height";
    throw Error(ErrorKind::kConfig, "'" + given + "' needs '" + other + "', or 'size' for a square",
                "[data]");
  }
  return {height, width};
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
                               const ReadImagesOptions& reading) {
  std::vector<fs::path> paths;
  for (const auto& path : data) paths.push_back(is_prepared(path) ? path / kImages : path);
  image::ImageCorpusOptions corpus;
  std::tie(corpus.height, corpus.width) = wanted_size(options);
  if (corpus.has_size()) {
    corpus.fit = [fit = imaging::fit_of_name(options.fit)](const image::Image& image, int64_t height,
                                                           int64_t width) {
      return imaging::fit_image(image, height, width, fit);
    };
  }
  corpus.channels = options.channels;
  corpus.valid_share = options.valid_share;
  corpus.strict = reading.strict;
  corpus.every_class_trains = reading.for_training;
  return image::read_image_corpus(paths, corpus);
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
  const image::ImageCorpus corpus = read_images(data, options, {.strict = strict, .for_training = true});
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
