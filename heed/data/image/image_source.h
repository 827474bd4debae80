// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace heed::image {

/// The pictures of a folder or archive, by name.
class ImageSource {
 public:
  using Fetch = std::function<std::vector<std::byte>()>;
  /// Gets a place in names() and what gives the file's bytes, or throws Error(kData) when that file alone
  /// cannot be read. False ends the visit.
  using Visitor = std::function<bool(size_t index, const Fetch& fetch)>;

  virtual ~ImageSource() = default;
  /// Relative to the folder or in the archive, with '/', sorted, each once: the order of nothing else counts.
  const std::vector<std::string>& names() const { return names_; }
  /// Each picture once, in whatever order is cheap. Throws Error(kData) for what spoils the whole.
  virtual void visit(const Visitor& use) const = 0;
  /// "train.tar: train/cat/1.png", for messages.
  virtual std::string place(size_t index) const = 0;

 protected:
  std::vector<std::string> names_;
};

/// Whether a name ends as a PNG or JPEG's does, in any case.
bool has_image_name(const std::filesystem::path& file);

/// A folder and all below it, links to folders aside, or one picture; hidden files and folders and files of
/// other names are skipped, with a warning for pictures of other kinds. Throws Error(kData) when it
/// cannot be listed.
std::unique_ptr<ImageSource> open_folder(const std::filesystem::path& path);

/// A tar archive, plain or packed by gzip. Opening reads it once for the names, and each visit() once more.
/// Names that climb by ".." are skipped with a warning. Throws the Error(kData) of TarReader, and one when a
/// name occurs twice.
std::unique_ptr<ImageSource> open_archive(const std::filesystem::path& path);

}  // namespace heed::image
