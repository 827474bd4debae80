// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heed::image {

/// What the path of a picture tells, below the folder or archive that was given.
struct ImageName {
  std::string split;       ///< train, valid or test
  std::string class_name;  ///< empty: none
  std::string rest;        ///< the path without what all share and without the split: what names the picture
};

/// Reads relative paths, with '/', of pictures, in this order:
/// - leading folders that all share are no part of the data, unless they name a split;
/// - when the first folder of each is one of train (training), valid (validation, val, dev) and test
/// (testing),
///   that is its split; then, again, what all share is passed over;
/// - the next folder is the class, whatever lies deeper.
/// A single class is none. Where none is in valid, those of train whose hash of `rest` is below `valid_share`
/// become valid: the same pictures on every machine, whatever others there are; but at least one of several,
/// and not all.
///
/// Throws Error(kData) at `place` when some lie in folders of classes and others beside them, or a class is
/// no UTF-8.
std::vector<ImageName> interpret_names(const std::vector<std::string>& paths, double valid_share,
                                       const std::string& place);

/// Splits pictures known by name as interpret_names does: true for those that become valid.
std::vector<bool> choose_valid(const std::vector<std::string>& names, double share);

/// The classes named, in alphabetical order of their bytes.
std::vector<std::string> class_names(const std::vector<ImageName>& names);

}  // namespace heed::image
