// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "heed/data/image/image_corpus.h"
#include "heed/data/image/image_corpus_options.h"

namespace heed::image {

/// The idx files of a split.
struct IdxFiles {
  std::string split;
  std::filesystem::path images;
  std::optional<std::filesystem::path> labels;
};

/// Finds the idx files in a folder, not in its subfolders: SPLIT-images-idx3-ubyte and
/// SPLIT-labels-idx1-ubyte, also with '.' for '-' and with .gz. SPLIT t10k or test denotes test, any other
/// train. The labels are optional.
std::vector<IdxFiles> find_idx_files(const std::filesystem::path& folder);

/// Returns one or two idx files given by name: images, and optionally labels, in either order. Throws
/// Error(kData) for two files of one kind.
IdxFiles pair_idx_files(const std::vector<std::filesystem::path>& files);

/// Reads idx files. The classes are the numbers from 0 to the highest label. Throws Error(kData) if splits
/// differ in image size, or only some have labels.
ImageCorpus read_idx_corpus(const std::vector<IdxFiles>& files, const ImageCorpusOptions& options);

}  // namespace heed::image
