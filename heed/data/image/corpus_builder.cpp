// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/corpus_builder.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/data/image/channels.h"
#include "heed/data/image/image_names.h"
#include "heed/data/image/image_reader.h"
#include "heed/data/image/shown_name.h"
#include "heed/data/image/size_census.h"

namespace heed::image {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kNamedSkips = 5, kListedClasses = 20;
/// Without a size in the options, at most one image in so many may have another size than most.
constexpr int64_t kSizeTolerance = 10;

Image fitted(const Image& image, const ImageCorpusOptions& options) {
  return options.fit(image, options.height, options.width);
}

class Builder {
 public:
  Builder(const ImageSource& source, const fs::path& path, const ImageCorpusOptions& options)
      : source_(source),
        path_(path),
        options_(options),
        names_(interpret_names(source.names(), options.valid_share, path.string())) {}

  ImageCorpus build() {
    report_strays();
    corpus_.classes = class_names(names_);
    if (options_.has_size()) set_size({options_.height, options_.width});
    read_all();
    if (!options_.has_size()) settle_size();
    check_skipped();
    if (corpus_.skipped > kNamedSkips)
      warn(path_.string() + ": " + std::to_string(corpus_.skipped) + " images skipped in total");
    for (auto& [split, order] : order_) sort_split(corpus_.splits[split], order);
    std::erase_if(corpus_.splits, [](const auto& entry) { return entry.second.pixels.empty(); });
    check_classes();
    report();
    return std::move(corpus_);
  }

 private:
  bool is_stray(size_t index) const { return names_[index].split.empty(); }

  void report_strays() {
    int64_t strays = 0;
    size_t first = 0;
    for (size_t i = 0; i < names_.size(); ++i) {
      if (is_stray(i) && strays++ == 0) first = i;
    }
    images_ = std::ssize(names_) - strays;
    if (strays == 0) return;
    warn(source_.place(first) +
         (strays > 1 ? " and " + std::to_string(strays - 1) + " more images are" : " is") +
         " in no class: passed over");
  }

  void set_size(SizeCensus::Size size) {
    corpus_.height = size.first;
    corpus_.width = size.second;
  }
  SizeCensus::Size size() const { return {corpus_.height, corpus_.width}; }

  /// Reads every image and keeps those that fit.
  void read_all() {
    Progress progress("read", images_);
    int64_t seen = 0;
    source_.visit([&](size_t index, const ImageSource::Fetch& fetch) {
      if (is_stray(index)) return true;
      try {
        add(index, decode_image(fetch(), source_.place(index), options_.limits));
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::kData || options_.strict) throw;
        skip(index, error);
      }
      progress.update(++seen, std::to_string(corpus_.skipped) + " skipped");
      return true;
    });
  }

  void add(size_t index, Image image) {
    if (!is_second_pass_) census_.add({image.height, image.width});
    if (corpus_.height == 0) set_size({image.height, image.width});  // perhaps that of most
    if (std::pair(image.height, image.width) != size()) {
      if (!options_.has_size() || !options_.fit) return set_aside(index, image);
      enlarged_ += image.height < corpus_.height || image.width < corpus_.width ? 1 : 0;
      image = fitted(image, options_);
    }
    store(index, std::move(image));
  }

  /// An image of another size is skipped once it is known that most have the size of the corpus.
  void set_aside(size_t index, const Image& image) {
    const Error error(ErrorKind::kData,
                      "is " + image_size_text(image.height, image.width, image.channels) + ", and " +
                          (options_.has_size() ? "the size asked for is " : "most images are ") +
                          std::to_string(corpus_.width) + " x " + std::to_string(corpus_.height),
                      source_.place(index));
    if (!options_.has_size() && !is_second_pass_) {
      other_sizes_.emplace(index, error);
      if (is_stored_ && sizes_differ(images_)) stop_storing();
      return;
    }
    if (options_.strict) throw Error(error);
    skip(index, error);
  }

  void store(size_t index, Image image) {
    const int64_t channels = options_.channels > 0 ? options_.channels : image.channels;
    if (corpus_.channels < channels) promote(channels);
    if (!is_stored_) return;
    ++(image.channels == 1 ? grey_ : coloured_);
    image.pixels = convert_channels(std::move(image.pixels), image.channels, corpus_.channels);
    const ImageName& name = names_[index];
    ImageSplit& split = corpus_.splits[name.split];
    split.pixels.insert(split.pixels.end(), image.pixels.begin(), image.pixels.end());
    order_[name.split].push_back(index);
    if (corpus_.classes.empty()) return;
    const auto found = std::lower_bound(corpus_.classes.begin(), corpus_.classes.end(), name.class_name);
    split.labels.push_back(static_cast<int32_t>(found - corpus_.classes.begin()));
  }

  /// Gives the corpus its channels: of the first image, and three at the first with colours. Stores no more
  /// when the images need too much memory; their size may yet turn out not to be that of most.
  void promote(int64_t channels) {
    const int64_t before = std::exchange(corpus_.channels, channels);
    if (!is_stored_) return;
    if (images_ > options_.max_bytes / corpus_.image_bytes()) {
      if (options_.has_size()) refuse_memory();
      return stop_storing();
    }
    std::map<std::string, int64_t> counts;
    for (const auto& name : names_) ++counts[name.split];
    for (const auto& [split, count] : counts) {
      if (split.empty()) continue;
      auto& pixels = corpus_.splits[split].pixels;
      if (before > 0) pixels = convert_channels(std::move(pixels), before, channels);
      // Address space alone; pages are filled as images arrive.
      pixels.reserve(static_cast<size_t>(count * corpus_.image_bytes()));
    }
  }

  /// Counts sizes from here on, without holding images.
  void stop_storing() {
    is_stored_ = false;
    corpus_.splits.clear();
    order_.clear();
  }

  /// Whether too many of so many images have another size than most.
  bool sizes_differ(int64_t images) const { return census_.others() * kSizeTolerance > images; }

  [[noreturn]] void refuse_memory() const {
    const bool too_large = !options_.has_size();
    throw Error(ErrorKind::kData,
                std::to_string(images_) + " images of " +
                    image_size_text(corpus_.height, corpus_.width, corpus_.channels) + " take more than " +
                    std::to_string(options_.max_bytes) + " bytes; " +
                    (too_large ? "set data.size, so that each is made smaller" : "use fewer or smaller ones"),
                path_.string());
  }

  void skip(size_t index, const Error& error) {
    ++corpus_.skipped;
    if (!first_fault_) first_fault_ = error;
    class_faults_.emplace(names_[index].class_name, error.what());
    const bool is_new = said_.insert(index).second;  // a second pass meets unreadable images again
    if (is_new && images_ > 1 && corpus_.skipped <= kNamedSkips) warn(std::string("skipped ") + error.what());
  }

  /// Checks that most images have one size, and reads again if the first image did not have it.
  void settle_size() {
    if (census_.images() == 0) return;
    if (sizes_differ(census_.images())) {
      throw Error(ErrorKind::kData,
                  census_.summary() +
                      ": a model takes one size; set data.size, such as data.size=32, so that each is scaled "
                      "and cropped",
                  path_.string());
    }
    if (size() != census_.most_frequent()) {
      set_size(census_.most_frequent());
      corpus_.channels = 0;
      corpus_.splits.clear();
      order_.clear();
      other_sizes_.clear();
      is_second_pass_ = true;
      is_stored_ = true;
      corpus_.skipped = grey_ = coloured_ = 0;
      read_all();
    }
    if (!is_stored_) refuse_memory();
    for (const auto& [index, error] : other_sizes_) {
      if (options_.strict) throw Error(error);
      skip(index, error);
    }
  }

  void check_skipped() const {
    const int64_t used = images_ - corpus_.skipped;
    if (images_ == 1 && used == 0) throw Error(*first_fault_);
    if (corpus_.skipped * 2 <= images_) return;
    throw Error(ErrorKind::kData,
                (used == 0 ? "none of the " + std::to_string(images_) + " images can be used"
                           : std::to_string(corpus_.skipped) + " of " + std::to_string(images_) +
                                 " images cannot be used") +
                    "; the first is " + first_fault_->what(),
                path_.string());
  }

  /// Images of each class, in all splits or in one.
  std::vector<int64_t> class_counts(const std::string& only = "") const {
    std::vector<int64_t> counts(corpus_.classes.size());
    for (const auto& [name, split] : corpus_.splits) {
      if (!only.empty() && name != only) continue;
      for (const int32_t label : split.labels) ++counts[static_cast<size_t>(label)];
    }
    return counts;
  }

  void check_classes() const {
    const bool trains = options_.every_class_trains && corpus_.count("train") > 0;
    const auto all = class_counts(), train = class_counts("train");
    for (size_t i = 0; i < all.size(); ++i) {
      const std::string name = shown_name(corpus_.classes[i]);
      if (all[i] == 0) {
        const auto fault = class_faults_.find(corpus_.classes[i]);
        throw Error(ErrorKind::kData,
                    "the class " + name + " has no image that can be used" +
                        (fault != class_faults_.end() ? ": " + fault->second : ""),
                    path_.string());
      }
      if (trains && train[i] == 0) {
        throw Error(ErrorKind::kData,
                    "the class " + name + " has no image in train; add some, or remove the class",
                    path_.string());
      }
    }
  }

  /// "classes: cat 120, dog 80; splits: train 160, valid 40".
  void report() const {
    if (images_ == 1) return;
    std::string line = path_.string() + ": ";
    const auto counts = class_counts();
    for (size_t i = 0; i < counts.size() && i < kListedClasses; ++i) {
      line +=
          (i == 0 ? "classes: " : ", ") + shown_name(corpus_.classes[i]) + " " + std::to_string(counts[i]);
    }
    if (counts.size() > kListedClasses)
      line += " and " + std::to_string(counts.size() - kListedClasses) + " more";
    line += counts.empty() ? "no classes; splits:" : "; splits:";
    for (const char* split : {"train", "valid", "test"}) {
      if (corpus_.count(split) > 0)
        line += (line.ends_with(':') ? " " : ", ") + std::string(split) + " " +
                std::to_string(corpus_.count(split));
    }
    if (corpus_.skipped > 0) line += "; skipped " + std::to_string(corpus_.skipped);
    inform(line);
    if (options_.channels == 0 && grey_ > 0 && coloured_ > 0)
      inform(path_.string() + ": " + std::to_string(grey_) + " grey and " + std::to_string(coloured_) +
             " coloured images: all are read as RGB");
    if (enlarged_ > 0)
      inform(path_.string() + ": enlarged " + std::to_string(enlarged_) + " of " + std::to_string(images_) +
             " images, which are smaller than " + std::to_string(corpus_.width) + " x " +
             std::to_string(corpus_.height));
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
  SizeCensus census_;
  int64_t images_ = 0;  ///< those that are no strays
  int64_t grey_ = 0, coloured_ = 0, enlarged_ = 0;
  bool is_second_pass_ = false, is_stored_ = true;
  std::map<size_t, Error> other_sizes_;  ///< by index in names_
  std::set<size_t> said_;                ///< indices of skipped images
  std::optional<Error> first_fault_;
  std::map<std::string, std::string> class_faults_;  ///< by class: why its first image is skipped
};

}  // namespace

ImageCorpus build_corpus(const ImageSource& source, const fs::path& path, const ImageCorpusOptions& options) {
  return Builder(source, path, options).build();
}

void fit_corpus(ImageCorpus& corpus, const ImageCorpusOptions& options) {
  if (!options.has_size() || (corpus.height == options.height && corpus.width == options.width)) return;
  if (corpus.height < options.height || corpus.width < options.width) {
    inform("the images are " + image_size_text(corpus.height, corpus.width, corpus.channels) +
           " and are enlarged to " + image_size_text(options.height, options.width, corpus.channels));
  }
  const auto bytes = static_cast<size_t>(corpus.image_bytes());
  for (auto& [name, split] : corpus.splits) {
    std::vector<uint8_t> pixels;
    pixels.reserve(split.pixels.size() / bytes *
                   static_cast<size_t>(options.height * options.width * corpus.channels));
    for (auto first = split.pixels.begin(); first != split.pixels.end();
         first += static_cast<ptrdiff_t>(bytes)) {
      const Image image{
          corpus.height, corpus.width, corpus.channels, {first, first + static_cast<ptrdiff_t>(bytes)}};
      const Image fit = fitted(image, options);
      pixels.insert(pixels.end(), fit.pixels.begin(), fit.pixels.end());
    }
    split.pixels = std::move(pixels);
  }
  corpus.height = options.height;
  corpus.width = options.width;
}

}  // namespace heed::image
