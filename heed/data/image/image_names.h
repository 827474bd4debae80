// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heed::image {

/// What an image's path, relative to the given folder or archive, says about it.
struct ImageName {
  std::string split;       ///< train, valid or test; empty: the image is a stray, which is passed over
  std::string class_name;  ///< empty: none
  std::string rest;        ///< path without shared leading folders and the split; identifies the image
};

/// Interprets the relative paths of images, with '/', from the top down:
/// - If all images are in the folders of splits, these are their splits: train (training), valid (validation,
///   val, dev) and test (testing), in upper or lower case. So they are where two splits or more stand beside
///   a few strays.
/// - Otherwise, a folder that all images share says nothing, nor does one that holds the class folders beside
///   a few strays: the same is asked of what is in it.
/// - Otherwise, each folder is a class, however deep its images are. If every image of every class is in the
///   folder of a split, CLASS/train/1.png, that is its split.
/// A few strays are one in twenty images, or a single one of eight or more. A single class counts as no class.
///
/// If no image is in valid, the images of train whose hash of `rest` is below `valid_share` become valid. An
/// image's split is the same on every machine, whatever other images there are; but of several images at
/// least one becomes valid, and at least one of each class stays in train.
///
/// Throws Error(kData) at `place` if many images are in folders and many others beside them, if many are in
/// folders of splits and many others beside those, or if a class is not UTF-8.
std::vector<ImageName> interpret_names(const std::vector<std::string>& paths, double valid_share,
                                       const std::string& place);

/// Chooses the images that become valid, by the same hash as interpret_names. Returns true for those.
std::vector<bool> choose_valid(const std::vector<std::string>& names, double share);

/// Returns the names of the classes, in the order of their bytes.
std::vector<std::string> class_names(const std::vector<ImageName>& names);

}  // namespace heed::image
