// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_folder.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/data/image/channels.h"
#include "heed/data/image/idx_corpus.h"
#include "heed/data/image/idx_reader.h"
#include "heed/data/image/image_cache.h"
#include "heed/data/image/image_names.h"
#include "heed/data/image/image_reader.h"
#include "heed/data/image/image_source.h"
#include "heed/data/image/archive_reader.h"

namespace heed::image {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kNamedSkips = 5;

/// Reads the images of a source into a corpus.
class Assembler {
 public:
  Assembler(const ImageSource& source, const fs::path& path, const ImageCorpusOptions& options)
      : source_(source),
        path_(path),
        options_(options),
        names_(interpret_names(source.names(), options.valid_share, path.string())) {}

  ImageCorpus read() {
    corpus_.classes = class_names(names_);
    take_size_of_first();
    make_room();
    Progress progress("read", std::ssize(names_));
    int64_t seen = 0;
    source_.visit([&](size_t index, const ImageSource::Fetch& fetch) {
      try {
        add(index, fetch);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::kData || options_.strict) throw;
        skip(error);
      }
      progress.update(++seen, std::to_string(corpus_.skipped) + " skipped");
      return true;
    });
    if (corpus_.skipped > kNamedSkips)
      warn(path_.string() + ": " + std::to_string(corpus_.skipped) + " images skipped in total");
    for (auto& [split, order] : order_) sort_split(corpus_.splits[split], order);
    std::erase_if(corpus_.splits, [](const auto& entry) { return entry.second.pixels.empty(); });
    return std::move(corpus_);
  }

 private:
  Image decode(size_t index, const ImageSource::Fetch& fetch) const {
    Image image = decode_image(fetch(), source_.place(index), options_.limits);
    if (options_.channels > 0) {
      image.pixels = convert_channels(std::move(image.pixels), image.channels, options_.channels);
      image.channels = options_.channels;
    }
    return image;
  }

  /// Takes the size of the first readable image by name, whatever the order of the source.
  void take_size_of_first() {
    Image first;
    size_t best = names_.size();
    std::optional<Error> why;
    source_.visit([&](size_t index, const ImageSource::Fetch& fetch) {
      if (index > best) return true;
      try {
        first = decode(index, fetch);
        best = index;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::kData || options_.strict) throw;
        if (!why) why = error;
      }
      return best != 0;
    });
    if (best == names_.size() && names_.size() == 1) throw Error(*why);
    if (best == names_.size()) {
      throw Error(ErrorKind::kData,
                  "none of the " + std::to_string(names_.size()) + " images can be read; " + why->what(),
                  path_.string());
    }
    corpus_.height = options_.height > 0 ? options_.height : first.height;
    corpus_.width = options_.width > 0 ? options_.width : first.width;
    corpus_.channels = first.channels;
  }

  /// Reserves the address space at once; pages are filled as images arrive.
  void make_room() {
    const int64_t most = options_.max_bytes / corpus_.image_bytes();
    if (std::ssize(names_) > most) {
      throw Error(ErrorKind::kData,
                  std::to_string(names_.size()) + " images of " +
                      image_size_text(corpus_.height, corpus_.width, corpus_.channels) + " take more than " +
                      std::to_string(options_.max_bytes) + " bytes; use fewer or smaller ones",
                  path_.string());
    }
    std::map<std::string, int64_t> counts;
    for (const auto& name : names_) ++counts[name.split];
    for (const auto& [split, count] : counts)
      corpus_.splits[split].pixels.reserve(static_cast<size_t>(count * corpus_.image_bytes()));
  }

  void add(size_t index, const ImageSource::Fetch& fetch) {
    const Image image = decode(index, fetch);
    if (image.height != corpus_.height || image.width != corpus_.width ||
        image.channels != corpus_.channels) {
      const bool other_channels = image.channels != corpus_.channels;
      throw Error(ErrorKind::kData,
                  "is " + image_size_text(image.height, image.width, image.channels) + ", not " +
                      image_size_text(corpus_.height, corpus_.width, corpus_.channels) +
                      (other_channels ? "; to read both, set the number of channels to 1 or 3" : ""),
                  source_.place(index));
    }
    const ImageName& name = names_[index];
    ImageSplit& split = corpus_.splits[name.split];
    split.pixels.insert(split.pixels.end(), image.pixels.begin(), image.pixels.end());
    order_[name.split].push_back(index);
    if (corpus_.classes.empty()) return;
    const auto found = std::lower_bound(corpus_.classes.begin(), corpus_.classes.end(), name.class_name);
    split.labels.push_back(static_cast<int32_t>(found - corpus_.classes.begin()));
  }

  void skip(const Error& error) {
    if (++corpus_.skipped <= kNamedSkips) warn(std::string("skipped ") + error.what());
  }

  /// Sorts the images, which arrived in `order`, by name, in place.
  void sort_split(ImageSplit& split, const std::vector<size_t>& order) const {
    const auto bytes = static_cast<size_t>(corpus_.image_bytes());
    std::vector<size_t> from(order.size());  // current index of the image that belongs at each index
    std::iota(from.begin(), from.end(), size_t{0});
    std::sort(from.begin(), from.end(), [&](size_t a, size_t b) { return order[a] < order[b]; });
    const auto picture = [&](size_t index) { return split.pixels.data() + index * bytes; };
    std::vector<uint8_t> held(bytes);
    for (size_t start = 0; start < from.size(); ++start) {
      if (from[start] == start) continue;
      std::copy_n(picture(start), bytes, held.data());
      const int32_t held_label = split.labels.empty() ? 0 : split.labels[start];
      for (size_t index = start;;) {
        const size_t next = std::exchange(from[index], index);
        const bool closes = next == start;
        std::copy_n(closes ? held.data() : picture(next), bytes, picture(index));
        if (!split.labels.empty()) split.labels[index] = closes ? held_label : split.labels[next];
        if (closes) break;
        index = next;
      }
    }
  }

  const ImageSource& source_;
  const fs::path& path_;
  const ImageCorpusOptions& options_;
  std::vector<ImageName> names_;
  ImageCorpus corpus_;
  std::map<std::string, std::vector<size_t>> order_;  ///< by split: indices in names_ in order of arrival
};

void check(const ImageCorpusOptions& options) {
  const bool sized = options.height >= 0 && options.width >= 0;
  const bool channelled = options.channels == 0 || options.channels == 1 || options.channels == 3;
  if (!sized || !channelled || !(options.valid_share >= 0 && options.valid_share < 1)) {
    throw std::invalid_argument(
        "[read_image_corpus] sizes must not be negative, channels 0, 1 or 3, valid_share in [0, 1)");
  }
}

ImageCorpus read_prepared(const fs::path& path, const ImageCorpusOptions& options) {
  ImageCorpus corpus = read_image_cache(path);
  const auto differs = [](int64_t wanted, int64_t there) { return wanted > 0 && wanted != there; };
  if (differs(options.height, corpus.height) || differs(options.width, corpus.width) ||
      differs(options.channels, corpus.channels)) {
    throw Error(ErrorKind::kData,
                "was prepared with images of " +
                    image_size_text(corpus.height, corpus.width, corpus.channels) +
                    "; for another size, prepare the data again",
                path.string());
  }
  return corpus;
}

ImageCorpus read_one(const fs::path& path, const ImageCorpusOptions& options) {
  std::error_code code;
  if (!fs::exists(path, code))
    throw Error(ErrorKind::kData, "there is no such file or folder", path.string());
  std::unique_ptr<ImageSource> source;
  if (fs::is_directory(path, code)) {
    if (const auto idx = find_idx_files(path); !idx.empty()) return read_idx_corpus(idx, options);
    source = open_folder(path);
  } else {
    if (is_image_cache(path)) return read_prepared(path, options);
    if (idx_dimensions(path) > 0) return read_idx_corpus({pair_idx_files({path})}, options);
    source = is_archive(path) ? open_archive(path) : open_folder(path);
  }
  if (source->names().empty()) {
    throw Error(ErrorKind::kData, "has no images: heed reads .png, .jpg, .jpeg and idx files", path.string());
  }
  return Assembler(*source, path, options).read();
}

}  // namespace

ImageCorpus read_image_corpus(const std::vector<fs::path>& data, const ImageCorpusOptions& options) {
  check(options);
  if (data.size() == 1) return read_one(data.front(), options);
  if (data.size() == 2 && idx_dimensions(data[0]) > 0 && idx_dimensions(data[1]) > 0)
    return read_idx_corpus({pair_idx_files(data)}, options);
  throw Error(
      ErrorKind::kData,
      "give one folder, archive, picture or prepared file, or an idx file of images and one of labels",
      data.empty() ? "data" : data.back().string());
}

}  // namespace heed::image
