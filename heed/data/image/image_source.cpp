// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_source.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/log.h"
#include "heed/data/folder_listing.h"
#include "heed/data/image/archive_reader.h"
#include "heed/data/image/image_reader.h"
#include "heed/data/image/shown_name.h"
#include "heed/data/lower_extension.h"

namespace heed::image {
namespace fs = std::filesystem;
namespace {

/// The image formats that heed does not read, by ending.
constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kOtherFormats{
    {{".avif", "AVIF"},      {".bmp", "BMP"},        {".gif", "GIF"},        {".heic", "HEIC"},
     {".heif", "HEIC"},      {".jp2", "JPEG 2000"},  {".jxl", "JPEG XL"},    {".pbm", "PNM"},
     {".pgm", "PNM"},        {".pnm", "PNM"},        {".ppm", "PNM"},        {".psd", "Photoshop"},
     {".svg", "SVG"},        {".tga", "TGA"},        {".tif", "TIFF"},       {".tiff", "TIFF"},
     {".webp", "WebP"},      {".arw", "raw camera"}, {".cr2", "raw camera"}, {".dng", "raw camera"},
     {".nef", "raw camera"}, {".raf", "raw camera"}}};

/// Counts files that are not images that heed reads.
class PassedOver {
 public:
  void add(const std::string& name) {
    const std::string ending = lower_extension(name);
    endings_.push_back("x" + ending);  // count_by_ending needs no more of the name
    const auto* const format = std::find_if(kOtherFormats.begin(), kOtherFormats.end(),
                                            [&](const auto& other) { return other.first == ending; });
    if (format != kOtherFormats.end()) ++formats_[std::string(format->second)];
  }

  /// Says it to the log, and returns the counts by ending.
  std::string report(const fs::path& path) const {
    if (endings_.empty()) return "";
    int64_t images = 0;
    std::string formats;
    for (const auto& [format, count] : formats_) {
      images += count;
      formats += (formats.empty() ? "" : ", ") + std::to_string(count) + " " + format;
    }
    if (images > 0)
      warn(path.string() + ": " + formats + (images > 1 ? " pictures are" : " picture is") +
           " passed over: convert to PNG or JPEG");
    const std::string endings = shown_name(count_by_ending(endings_));
    if (images < std::ssize(endings_)) inform(path.string() + ": passed over: " + endings);
    return endings;
  }

 private:
  std::vector<std::string> endings_;
  std::map<std::string, int64_t> formats_;
};

class Folder : public ImageSource {
 public:
  explicit Folder(const fs::path& path) : folder_(path) {
    std::error_code code;
    if (!fs::is_directory(path, code)) {
      folder_ = path.parent_path();
      names_.push_back(path.filename().string());
      return;
    }
    FolderListing listing = list_folder(path);
    PassedOver others;
    for (auto& file : listing.files) {
      if (has_image_name(file)) {
        names_.push_back(std::move(file));
      } else {
        others.add(file);
      }
    }
    report_unlisted(path, listing);
    passed_over_ = others.report(path);
  }

  void visit(const Visitor& use) const override {
    for (size_t i = 0; i < names_.size(); ++i) {
      if (!use(i, [&] { return read_bytes(folder_ / names_[i], kMaxImageBytes); })) return;
    }
  }
  std::string place(size_t index) const override { return shown_name((folder_ / names_[index]).string()); }

 private:
  fs::path folder_;
};

/// A name in an archive, and what it means.
struct InnerName {
  std::string name;        ///< relative to the archive: without a leading '/', "." and ".."
  bool outside = false;    ///< leads out of the archive by "..", or names nothing
  bool of_system = false;  ///< a part belongs to a system
};

InnerName inner_name(std::string_view written) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0; begin <= written.size();) {
    const size_t end = std::min(written.find('/', begin), written.size());
    const std::string_view part = written.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (parts.empty()) {
      return {"", true, false};
    } else {
      parts.pop_back();
    }
  }
  InnerName inner;
  inner.name.reserve(written.size());
  for (const auto part : parts) {
    if (!inner.name.empty()) inner.name += '/';
    inner.name += part;
    inner.of_system = inner.of_system || is_system_name(part);
  }
  inner.outside = parts.empty();
  return inner;
}

class Archive : public ImageSource {
 public:
  explicit Archive(const fs::path& path) : path_(path) {
    std::vector<Candidate> found;
    list(found);
    // Of equal names the last one counts, as for a program that extracts.
    std::stable_sort(found.begin(), found.end(),
                     [](const Candidate& a, const Candidate& b) { return a.name < b.name; });
    int64_t replaced = 0;
    std::string first_replaced;
    for (size_t i = 0; i < found.size(); ++i) {
      if (i + 1 < found.size() && found[i].name == found[i + 1].name) {
        if (replaced++ == 0) first_replaced = found[i].name;
        continue;
      }
      indices_[found[i].position] = std::ssize(names_);
      names_.push_back(std::move(found[i].name));
    }
    if (replaced > 0) {
      warn(path_.string() + ": contains " + shown_name(first_replaced) + " twice" +
           (replaced > 1 ? " (and repeats " + std::to_string(replaced - 1) + " more files)" : "") +
           "; the last one counts");
    }
  }

  void visit(const Visitor& use) const override {
    ArchiveReader archive(path_);
    size_t position = 0;
    for (ArchiveEntry entry; position < indices_.size() && archive.next(entry); ++position) {
      const int64_t index = indices_[position];
      if (index < 0) continue;
      const auto at = static_cast<size_t>(index);
      if (!use(at, [&] { return content(archive, entry, at); })) return;
    }
  }
  std::string place(size_t index) const override { return path_.string() + ": " + shown_name(names_[index]); }

 private:
  /// An image, at a position in the order of the archive.
  struct Candidate {
    std::string name;
    size_t position;
  };

  void list(std::vector<Candidate>& found) {
    ArchiveReader archive(path_);
    PassedOver others;
    int64_t outside = 0;
    for (ArchiveEntry entry; archive.next(entry);) {
      InnerName inner = inner_name(entry.name);
      const bool is_image = has_image_name(inner.outside ? entry.name : inner.name);
      if (inner.outside) {
        outside += is_image ? 1 : 0;
      } else if (is_image && !inner.of_system) {
        found.push_back({std::move(inner.name), indices_.size()});
      } else if (!inner.of_system) {
        others.add(inner.name);
      }
      indices_.push_back(-1);
    }
    if (outside > 0)
      warn(path_.string() + ": " + std::to_string(outside) +
           (outside > 1 ? " names that leave" : " name that leaves") + " the archive by '..' skipped");
    passed_over_ = others.report(path_);
  }

  std::vector<std::byte> content(ArchiveReader& archive, const ArchiveEntry& entry, size_t index) const {
    if (entry.size <= kMaxImageBytes) return archive.content(kMaxImageBytes);
    throw Error(ErrorKind::kData, "has " + std::to_string(entry.size) + " bytes, too many for an image",
                place(index));
  }

  fs::path path_;
  std::vector<int64_t> indices_;  ///< by position in the archive: the index in names_, or -1
};

}  // namespace

bool has_image_name(const fs::path& file) {
  const std::string extension = lower_extension(file);
  constexpr std::array<std::string_view, 5> kEndings{".png", ".jpg", ".jpeg", ".jpe", ".jfif"};
  return std::find(kEndings.begin(), kEndings.end(), extension) != kEndings.end();
}

std::unique_ptr<ImageSource> open_folder(const fs::path& path) {
  return std::make_unique<Folder>(path);
}

std::unique_ptr<ImageSource> open_archive(const fs::path& path) {
  return std::make_unique<Archive>(path);
}

}  // namespace heed::image
