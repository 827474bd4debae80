// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace heed::image {

/// The images of a folder or archive, by name.
class ImageSource {
 public:
  using Fetch = std::function<std::vector<std::byte>()>;
  /// Gets an index in names() and a function that returns the file's bytes, or throws Error(kData) if only
  /// that file cannot be read. Returning false ends the visit.
  using Visitor = std::function<bool(size_t index, const Fetch& fetch)>;

  virtual ~ImageSource() = default;
  /// Relative paths with '/', sorted, without duplicates. Only this order matters.
  const std::vector<std::string>& names() const { return names_; }
  /// Visits each image once, in the cheapest order. Throws Error(kData) if the source as a whole cannot be
  /// read.
  virtual void visit(const Visitor& use) const = 0;
  /// Returns the image's location for messages: "train.tar: train/cat/1.png".
  virtual std::string place(size_t index) const = 0;
  /// The files that are not images by their names, counted by ending: "12 .heic, 3 .txt"; "" if none.
  const std::string& passed_over() const { return passed_over_; }

 protected:
  std::vector<std::string> names_;
  std::string passed_over_;
};

/// Whether the name has the extension of a PNG (.png) or JPEG (.jpg, .jpeg, .jpe, .jfif), in upper or lower
/// case.
bool has_image_name(const std::filesystem::path& file);

/// Opens a folder with its subfolders and links to folders (list_folder), or a single image. Leaves out what
/// belongs to a system. Warns about image formats that heed does not read, and notes other files. Throws
/// Error(kData) if the folder cannot be listed.
std::unique_ptr<ImageSource> open_folder(const std::filesystem::path& path);

/// Opens an archive. Each visit reads a tar as a whole, as does the constructor for the names. Says what
/// open_folder says. Skips names that leave the archive by "..", with a warning; of files with one name the
/// last counts, with a warning. Throws the Error(kData) of ArchiveReader.
std::unique_ptr<ImageSource> open_archive(const std::filesystem::path& path);

}  // namespace heed::image
