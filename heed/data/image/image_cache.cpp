// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_cache.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/core/safetensors.h"

namespace heed::image {
namespace fs = std::filesystem;
namespace {

constexpr const char* kFormat = "heed images 1";
constexpr std::array kSplits{"train", "valid", "test"};

class CacheReader {
 public:
  explicit CacheReader(const fs::path& file) : file_(file) {
    try {
      stored_ = Safetensors::read(file);
    } catch (const Error& error) {
      throw Error(ErrorKind::kData, error.what());  // already contains the file's name
    }
  }

  ImageCorpus read() {
    if (metadata("format") != kFormat) fail("its format is not '" + std::string(kFormat) + "'");
    read_classes();
    read_skipped();
    size_t known = 0;
    for (const std::string split : kSplits) {
      const bool labelled = stored_.contains(split + ".labels");
      if (!stored_.contains(split + ".pixels")) continue;
      read_pixels(split);
      if (labelled != !corpus_.classes.empty())
        fail("" + split + " has labels but no classes, or classes but no labels");
      if (labelled) read_labels(split);
      known += labelled ? 2 : 1;
    }
    if (corpus_.splits.empty()) fail("it has no images");
    if (known != stored_.tensors().size()) fail("it has tensors other than images and labels");
    return std::move(corpus_);
  }

 private:
  std::string metadata(const std::string& key) const {
    const auto found = stored_.metadata().find(key);
    return found == stored_.metadata().end() ? "" : found->second;
  }

  void read_classes() {
    const auto list = nlohmann::json::parse(metadata("classes"), nullptr, /*allow_exceptions=*/false);
    if (!list.is_array()) fail("its classes are not a list");
    for (const auto& name : list) {
      if (!name.is_string()) fail("a class is not a string");
      corpus_.classes.push_back(name.get<std::string>());
    }
    const std::set<std::string> distinct(corpus_.classes.begin(), corpus_.classes.end());
    if (distinct.size() != corpus_.classes.size()) fail("a class occurs twice");
  }

  void read_skipped() {
    const std::string text = metadata("skipped");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), corpus_.skipped);
    if (error != std::errc() || end != text.data() + text.size() || corpus_.skipped < 0)
      fail("its count of skipped images is not a number");
  }

  void read_pixels(const std::string& split) {
    const TensorView& tensor = stored_.at(split + ".pixels");
    if (tensor.dtype != Dtype::kU8 || tensor.shape.size() != 4 || tensor.bytes.empty())
      fail(split + ".pixels is not U8 [images, height, width, channels]");
    const auto& shape = tensor.shape;
    if (corpus_.splits.empty()) {
      corpus_.height = shape[1];
      corpus_.width = shape[2];
      corpus_.channels = shape[3];
      if (shape[3] != 1 && shape[3] != 3)
        fail("images must have 1 or 3 channels, got " + std::to_string(shape[3]));
    }
    if (shape[1] != corpus_.height || shape[2] != corpus_.width || shape[3] != corpus_.channels)
      fail("its splits have images of different sizes");
    auto& pixels = corpus_.splits[split].pixels;
    pixels.resize(tensor.bytes.size());
    stored_.copy(split + ".pixels", std::as_writable_bytes(std::span(pixels)));
  }

  void read_labels(const std::string& split) {
    const TensorView& tensor = stored_.at(split + ".labels");
    auto& labels = corpus_.splits[split].labels;
    if (tensor.dtype != Dtype::kI32 || tensor.shape != std::vector<int64_t>{corpus_.count(split)})
      fail(split + ".labels is not I32 [" + std::to_string(corpus_.count(split)) + "]");
    labels.resize(static_cast<size_t>(corpus_.count(split)));
    stored_.copy(split + ".labels", std::as_writable_bytes(std::span(labels)));
    const auto unknown = [&](int32_t label) { return label < 0 || label >= std::ssize(corpus_.classes); };
    if (std::any_of(labels.begin(), labels.end(), unknown)) fail("a label of " + split + " has no class");
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorKind::kData, "is not a file of prepared images: " + message + "; prepare the data again",
                file_.string());
  }

  const fs::path& file_;
  Safetensors stored_;
  ImageCorpus corpus_;
};

}  // namespace

void write_image_cache(const ImageCorpus& corpus, const fs::path& file) {
  std::map<std::string, TensorView> tensors;
  for (const auto& [split, images] : corpus.splits) {
    const int64_t count = corpus.count(split);
    tensors[split + ".pixels"] = {Dtype::kU8,
                                  {count, corpus.height, corpus.width, corpus.channels},
                                  std::as_bytes(std::span(images.pixels))};
    if (!corpus.classes.empty())
      tensors[split + ".labels"] = {Dtype::kI32, {count}, std::as_bytes(std::span(images.labels))};
  }
  const nlohmann::json classes = corpus.classes;
  write_safetensors(
      file, tensors,
      {{"format", kFormat}, {"classes", classes.dump()}, {"skipped", std::to_string(corpus.skipped)}});
}

ImageCorpus read_image_cache(const fs::path& file) {
  return CacheReader(file).read();
}

bool is_image_cache(const fs::path& file) {
  return file.extension() == ".safetensors";
}

}  // namespace heed::image
