// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "heed/data/image/image_corpus.h"
#include "heed/data/image/read_limits.h"

namespace heed::image {

struct ImageCorpusOptions {
  int64_t height = 0, width = 0;  ///< pixels; 0: those of the first readable image by name
  int64_t channels = 0;           ///< 1 or 3, to which images are converted; 0: those of the first image
  double valid_share = 0.1;       ///< share of train that is moved to valid if the data has no valid
  bool strict = false;            ///< turns an unreadable image, or one of another size, into an error
  int64_t max_bytes = int64_t{1} << 32;  ///< limit for the pixels of all images
  ReadLimits limits = {};
};

/// Reads the images that the user gave, decoded and all of one size:
///
///     read_image_corpus({"flowers"});                // a folder: [train|valid|test/]CLASS/name.png, or
///                                                    // without classes
///     read_image_corpus({"cifar10-train.tar.gz"});   // the same in an archive
///     read_image_corpus({"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"});
///     read_image_corpus({"mnist"});                  // a folder of such idx files
///     read_image_corpus({"photo.jpg"});              // a single image
///     read_image_corpus({"images.safetensors"});     // the output of write_image_cache
///
/// See image_names.h for the layout of folders, and idx_corpus.h for idx files. Images are sorted by name
/// within a split: the corpus does not depend on the order of a folder or an archive. Images that are
/// unreadable or have another size are skipped and counted, with a warning for each of the first five; with
/// `strict` the first one throws Error(kData). If `channels` is 0, an image with other channels than the
/// first has another size. Memory is that of the pixels. Throws Error(kData) if nothing can be read, besides
/// the errors of the readers, and std::invalid_argument for invalid options.
ImageCorpus read_image_corpus(const std::vector<std::filesystem::path>& data,
                              const ImageCorpusOptions& options = {});

}  // namespace heed::image
