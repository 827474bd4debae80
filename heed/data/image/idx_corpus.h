// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "heed/data/image/image_folder.h"

namespace heed::image {

/// The idx files of one split.
struct IdxFiles {
  std::string split;
  std::filesystem::path images;
  std::optional<std::filesystem::path> labels;
};

/// The pairs in a folder, not below it: files named SPLIT-images-idx3-ubyte and SPLIT-labels-idx1-ubyte (also
/// with
/// '.' for '-', and .gz), where SPLIT is train or anything else for train, t10k or test for test. Images
/// without labels are taken too.
std::vector<IdxFiles> find_idx_files(const std::filesystem::path& folder);

/// One or two idx files given by name: images, and labels in either order. Throws Error(kData) for two of one
/// kind.
IdxFiles pair_idx_files(const std::vector<std::filesystem::path>& files);

/// Classes are the numbers from 0 to the highest label, in their order. Error(kData) when splits differ in
/// size, or some have labels and others none.
ImageCorpus read_idx_corpus(const std::vector<IdxFiles>& files, const ImageCorpusOptions& options);

}  // namespace heed::image
