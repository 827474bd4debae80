// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "heed/data/image/image_corpus.h"
#include "heed/data/image/read_limits.h"

namespace heed::image {

struct ImageCorpusOptions {
  int64_t height = 0,
          width = 0;         ///< of every picture; 0: as the first, in the order of names, that can be read
  int64_t channels = 0;      ///< 1 or 3, into which others are turned; 0: as the first, and others do not fit
  double valid_share = 0.1;  ///< of train, taken for valid where the data has no valid
  bool strict = false;       ///< a picture that cannot be read or has another size is an error
  int64_t max_bytes = int64_t{1} << 32;  ///< of all pixels together
  ReadLimits limits = {};
};

/// Reads whatever pictures the user gave, decoded, all of one size:
///
///     read_image_corpus({"flowers"});                // a folder: [train|valid|test/]CLASS/name.png, or no
///     classes read_image_corpus({"cifar10-train.tar.gz"});   // the same in an archive
///     read_image_corpus({"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"});
///     read_image_corpus({"mnist"});                  // a folder of such idx files
///     read_image_corpus({"photo.jpg"});              // one picture
///     read_image_corpus({"images.safetensors"});     // what write_image_cache wrote
///
/// What folders mean image_names.h says, idx files idx_corpus.h. Splits hold their pictures in the order of
/// names: the same data gives the same corpus whatever the order of a folder or an archive. Pictures that
/// cannot be read or have another size are skipped and counted, the first five named in warnings; with
/// `strict` the first is an Error(kData). Memory is that of the pixels. Throws Error(kData) when nothing can
/// be read, besides the errors of the readers, and std::invalid_argument for options that make no sense.
ImageCorpus read_image_corpus(const std::vector<std::filesystem::path>& data,
                              const ImageCorpusOptions& options = {});

}  // namespace heed::image
