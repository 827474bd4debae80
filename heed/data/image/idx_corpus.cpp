// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/idx_corpus.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/image/channels.h"
#include "heed/data/image/idx_reader.h"
#include "heed/data/image/image_names.h"

namespace heed::image {
namespace fs = std::filesystem;
namespace {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const size_t at = text.find(what);
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

IdxImages read_files(const IdxFiles& files, int64_t max_bytes) {
  const auto limit = static_cast<uint64_t>(max_bytes);
  return files.labels ? read_idx_images(files.images, *files.labels, limit)
                      : read_idx_images(files.images, limit);
}

std::string size_of(int64_t height, int64_t width) {
  return std::to_string(width) + " x " + std::to_string(height);
}

/// Takes the corpus's size from the options or the first file, and checks each file against it.
void check_fit(ImageCorpus& corpus, const IdxImages& images, const IdxFiles& files,
               const ImageCorpusOptions& options) {
  if (corpus.splits.empty()) {
    corpus.height = options.height > 0 ? options.height : images.height;
    corpus.width = options.width > 0 ? options.width : images.width;
    corpus.channels = options.channels > 0 ? options.channels : 1;
  }
  if (images.height != corpus.height || images.width != corpus.width) {
    throw Error(ErrorKind::kData,
                "has images of " + size_of(images.height, images.width) + ", not " +
                    size_of(corpus.height, corpus.width),
                files.images.string());
  }
  if (images.count > options.max_bytes / corpus.image_bytes()) {
    throw Error(ErrorKind::kData,
                std::to_string(images.count) + " images take more than " + std::to_string(options.max_bytes) +
                    " bytes; use fewer images",
                files.images.string());
  }
}

/// Moves a share of the images from train to valid and closes the gaps in train.
void split_off_valid(ImageCorpus& corpus, double share) {
  if (corpus.splits.count("train") == 0 || corpus.splits.count("valid") != 0) return;
  std::vector<std::string> names;
  for (int64_t i = 0; i < corpus.count("train"); ++i) names.push_back(std::to_string(i));
  const auto chosen = choose_valid(names, share);
  const auto taken = static_cast<size_t>(std::count(chosen.begin(), chosen.end(), true));
  if (taken == 0) return;
  const auto bytes = static_cast<size_t>(corpus.image_bytes());
  ImageSplit &train = corpus.splits["train"], &valid = corpus.splits["valid"];
  valid.pixels.reserve(taken * bytes);
  size_t kept = 0;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const auto picture = train.pixels.begin() + static_cast<ptrdiff_t>(i * bytes);
    if (chosen[i]) {
      valid.pixels.insert(valid.pixels.end(), picture, picture + static_cast<ptrdiff_t>(bytes));
      if (!train.labels.empty()) valid.labels.push_back(train.labels[i]);
    } else {
      std::copy_n(picture, bytes, train.pixels.begin() + static_cast<ptrdiff_t>(kept * bytes));
      if (!train.labels.empty()) train.labels[kept] = train.labels[i];
      ++kept;
    }
  }
  train.pixels.resize(kept * bytes);
  if (!train.labels.empty()) train.labels.resize(kept);
}

}  // namespace

std::vector<IdxFiles> find_idx_files(const fs::path& folder) {
  std::vector<IdxFiles> found;
  std::error_code code;
  for (fs::directory_iterator entry(folder, code); !code && entry != fs::directory_iterator();
       entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with('.') || name.find("images") == std::string::npos ||
        name.find("idx3-ubyte") == std::string::npos)
      continue;
    IdxFiles files{
        name.starts_with("t10k") || name.starts_with("test") ? "test" : "train", entry->path(), {}};
    const std::string base = replaced(replaced(name, "images", "labels"), "idx3", "idx1");
    const std::string plain = base.ends_with(".gz") ? base.substr(0, base.size() - 3) : base;
    for (const auto& labels : {plain, plain + ".gz"}) {
      if (fs::exists(folder / labels)) files.labels = folder / labels;
    }
    found.push_back(std::move(files));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.images < b.images; });
  return found;
}

IdxFiles pair_idx_files(const std::vector<fs::path>& files) {
  IdxFiles pair{"train", files[0], {}};
  if (files.size() == 1) return pair;
  pair.labels = files[1];
  if (idx_dimensions(pair.images) == 1) std::swap(pair.images, *pair.labels);
  if (idx_dimensions(pair.images) == 1 || idx_dimensions(*pair.labels) != 1) {
    throw Error(ErrorKind::kData, "of two idx files one must contain images and the other labels",
                files[0].string() + " and " + files[1].string());
  }
  return pair;
}

ImageCorpus read_idx_corpus(const std::vector<IdxFiles>& files, const ImageCorpusOptions& options) {
  ImageCorpus corpus;
  int64_t highest = -1;
  for (const auto& one : files) {
    IdxImages images = read_files(one, options.max_bytes);
    check_fit(corpus, images, one, options);
    if (one.labels.has_value() != files.front().labels.has_value())
      throw Error(ErrorKind::kData, "some idx files have labels and others do not", one.images.string());
    const auto [split, is_new] = corpus.splits.try_emplace(one.split);
    if (!is_new) throw Error(ErrorKind::kData, "is a second idx file for " + one.split, one.images.string());
    split->second.pixels = convert_channels(std::move(images.pixels), 1, corpus.channels);
    split->second.labels.assign(images.labels.begin(), images.labels.end());
    for (const int64_t label : images.labels) highest = std::max(highest, label);
  }
  for (int64_t label = 0; label <= highest; ++label) corpus.classes.push_back(std::to_string(label));
  split_off_valid(corpus, options.valid_share);
  return corpus;
}

}  // namespace heed::image
