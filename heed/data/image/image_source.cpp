// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/image_source.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/data/image/image_reader.h"
#include "heed/data/image/shown_name.h"
#include "heed/data/image/archive_reader.h"
#include "heed/data/lower_extension.h"

namespace heed::image {
namespace fs = std::filesystem;
namespace {

bool is_hidden(const fs::path& path) {
  return std::any_of(path.begin(), path.end(), [](const fs::path& part) {
    return part.string().starts_with('.') && part != ".." && part != ".";
  });
}

/// Whether the extension is that of an image format that heed does not read.
bool is_of_other_kind(const fs::path& file) {
  constexpr std::array<std::string_view, 8> kEndings{".bmp", ".gif", ".jp2",  ".pgm",
                                                     ".ppm", ".tif", ".tiff", ".webp"};
  return std::find(kEndings.begin(), kEndings.end(), lower_extension(file)) != kEndings.end();
}

/// Warns about skipped files, if there are any.
void warn_left_out(const fs::path& path, int64_t count, const std::string& what) {
  if (count > 0) warn(path.string() + ": " + std::to_string(count) + " " + what + " skipped");
}
constexpr const char* kOtherKind = "images that are neither PNG nor JPEG";

class Folder : public ImageSource {
 public:
  explicit Folder(const fs::path& path) : folder_(path) {
    std::error_code code;
    if (!fs::is_directory(path, code)) {
      folder_ = path.parent_path();
      names_.push_back(path.filename().string());
      return;
    }
    int64_t others = 0;
    fs::recursive_directory_iterator entry(path, code);
    for (; !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
      std::error_code ignored;
      if (is_hidden(entry->path().filename())) {
        entry.disable_recursion_pending();
      } else if (has_image_name(entry->path()) && entry->is_regular_file(ignored)) {
        names_.push_back(entry->path().lexically_relative(path).generic_string());
      } else {
        others += is_of_other_kind(entry->path()) ? 1 : 0;
      }
    }
    if (code) throw Error(ErrorKind::kData, "cannot list the folder: " + code.message(), path.string());
    warn_left_out(path, others, kOtherKind);
    std::sort(names_.begin(), names_.end());
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

/// Returns the name relative to the archive: without a leading '/' and without ".".
fs::path name_inside(const std::string& name) {
  return fs::path(name).lexically_normal().relative_path();
}

bool lies_outside(const fs::path& name) {
  return name.empty() || *name.begin() == "..";
}

class Archive : public ImageSource {
 public:
  explicit Archive(const fs::path& path) : path_(path) {
    ArchiveReader archive(path);
    int64_t outside = 0, others = 0;
    for (ArchiveEntry entry; archive.next(entry);) {
      others += is_of_other_kind(entry.name) ? 1 : 0;
      if (!has_image_name(entry.name)) continue;
      const fs::path name = name_inside(entry.name);
      if (lies_outside(name)) {
        ++outside;
      } else if (!is_hidden(name)) {
        names_.push_back(name.generic_string());
      }
    }
    warn_left_out(path, outside, "names that leave the archive by '..'");
    warn_left_out(path, others, kOtherKind);
    std::sort(names_.begin(), names_.end());
    const auto twice = std::adjacent_find(names_.begin(), names_.end());
    if (twice != names_.end())
      throw Error(ErrorKind::kData, "contains " + shown_name(*twice) + " twice", path.string());
  }

  void visit(const Visitor& use) const override {
    ArchiveReader archive(path_);
    for (ArchiveEntry entry; archive.next(entry);) {
      if (!has_image_name(entry.name)) continue;
      const std::string name = name_inside(entry.name).generic_string();
      const auto found = std::lower_bound(names_.begin(), names_.end(), name);
      if (found == names_.end() || *found != name) continue;
      const auto index = static_cast<size_t>(found - names_.begin());
      if (!use(index, [&] { return content(archive, entry, index); })) return;
    }
  }
  std::string place(size_t index) const override { return path_.string() + ": " + shown_name(names_[index]); }

 private:
  std::vector<std::byte> content(ArchiveReader& archive, const ArchiveEntry& entry, size_t index) const {
    if (entry.size <= kMaxImageBytes) return archive.content(kMaxImageBytes);
    throw Error(ErrorKind::kData, "has " + std::to_string(entry.size) + " bytes, too many for an image",
                place(index));
  }

  fs::path path_;
};

}  // namespace

bool has_image_name(const fs::path& file) {
  const std::string extension = lower_extension(file);
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

std::unique_ptr<ImageSource> open_folder(const fs::path& path) {
  return std::make_unique<Folder>(path);
}

std::unique_ptr<ImageSource> open_archive(const fs::path& path) {
  return std::make_unique<Archive>(path);
}

}  // namespace heed::image
