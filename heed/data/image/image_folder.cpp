// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_folder.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/image/archive_reader.h"
#include "heed/data/image/channels.h"
#include "heed/data/image/corpus_builder.h"
#include "heed/data/image/idx_corpus.h"
#include "heed/data/image/idx_reader.h"
#include "heed/data/image/image_cache.h"
#include "heed/data/image/image_source.h"

namespace heed::image {
namespace fs = std::filesystem;
namespace {

void check(const ImageCorpusOptions& options) {
  const bool sized = options.height >= 0 && options.width >= 0;
  const bool channelled = options.channels == 0 || options.channels == 1 || options.channels == 3;
  if (!sized || !channelled || !(options.valid_share >= 0 && options.valid_share < 1)) {
    throw std::invalid_argument(
        "[read_image_corpus] sizes must not be negative, channels 0, 1 or 3, valid_share in [0, 1)");
  }
}

/// The options for readers of images that have one size: their size is left as it is when it can be fitted
/// afterwards.
ImageCorpusOptions for_one_size(const ImageCorpusOptions& options) {
  ImageCorpusOptions reading = options;
  if (options.fit) reading.height = reading.width = 0;
  return reading;
}

ImageCorpus read_prepared(const fs::path& path, const ImageCorpusOptions& options) {
  ImageCorpus corpus = read_image_cache(path);
  const auto differs = [](int64_t wanted, int64_t there) { return wanted > 0 && wanted != there; };
  if (differs(options.height, corpus.height) || differs(options.width, corpus.width) ||
      differs(options.channels, corpus.channels)) {
    throw Error(ErrorKind::kData,
                "was prepared with images of " +
                    image_size_text(corpus.height, corpus.width, corpus.channels) +
                    "; for others, prepare the data again",
                path.string());
  }
  return corpus;
}

/// Reads idx files or prepared images; none if the path holds neither.
std::optional<ImageCorpus> read_one_size(const fs::path& path, const ImageCorpusOptions& options) {
  std::error_code code;
  if (fs::is_directory(path, code)) {
    const auto idx = find_idx_files(path);
    return idx.empty() ? std::nullopt : std::optional(read_idx_corpus(idx, options));
  }
  if (is_image_cache(path)) return read_prepared(path, options);
  if (idx_dimensions(path) > 0) return read_idx_corpus({pair_idx_files({path})}, options);
  return std::nullopt;
}

ImageCorpus read_one(const fs::path& path, const ImageCorpusOptions& options) {
  std::error_code code;
  if (!fs::exists(path, code))
    throw Error(ErrorKind::kData, "there is no such file or folder", path.string());
  if (auto corpus = read_one_size(path, for_one_size(options))) {
    if (options.fit) fit_corpus(*corpus, options);
    return std::move(*corpus);
  }
  const bool archive = !fs::is_directory(path, code) && is_archive(path);
  const auto source = archive ? open_archive(path) : open_folder(path);
  if (source->names().empty()) {
    const std::string& others = source->passed_over();
    throw Error(
        ErrorKind::kData,
        "has no images that heed reads (PNG, JPEG, idx files)" + (others.empty() ? "" : "; it has " + others),
        path.string());
  }
  return build_corpus(*source, path, options);
}

}  // namespace

ImageCorpus read_image_corpus(const std::vector<fs::path>& data, const ImageCorpusOptions& options) {
  check(options);
  if (data.size() == 1) return read_one(data.front(), options);
  if (data.size() == 2 && idx_dimensions(data[0]) > 0 && idx_dimensions(data[1]) > 0) {
    ImageCorpus corpus = read_idx_corpus({pair_idx_files(data)}, for_one_size(options));
    if (options.fit) fit_corpus(corpus, options);
    return corpus;
  }
  throw Error(
      ErrorKind::kData,
      "give one folder, archive, picture or prepared file, or an idx file of images and one of labels",
      data.empty() ? "data" : data.back().string());
}

}  // namespace heed::image
