// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heed::image {

/// What an image's path, relative to the given folder or archive, says about it.
struct ImageName {
  std::string split;       ///< train, valid or test
  std::string class_name;  ///< empty: none
  std::string rest;        ///< path without shared leading folders and the split; identifies the image
};

/// Interprets the relative paths of images, with '/', in this order:
/// - leading folders that all paths share are removed, unless they name a split;
/// - if the first folder of every path is one of train (training), valid (validation, val, dev) and test
///   (testing), it is the split; then shared folders are removed again;
/// - the next folder is the class, however deep the image is.
/// A single class counts as no class. If no image is in valid, the images of train whose hash of `rest` is
/// below `valid_share` become valid. An image's split is the same on every machine, whatever other images
/// there are; but of several images at least one becomes valid, and at least one stays in train.
///
/// Throws Error(kData) at `place` if some images are in class folders and others beside them, or if a class
/// is not UTF-8.
std::vector<ImageName> interpret_names(const std::vector<std::string>& paths, double valid_share,
                                       const std::string& place);

/// Chooses the images that become valid, by the same hash as interpret_names. Returns true for those.
std::vector<bool> choose_valid(const std::vector<std::string>& names, double share);

/// Returns the names of the classes, in the order of their bytes.
std::vector<std::string> class_names(const std::vector<ImageName>& names);

}  // namespace heed::image
