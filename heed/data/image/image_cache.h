// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "heed/data/image/image_corpus.h"

namespace heed::image {

/// Stores decoded pictures as one safetensors file, atomically: for each split `SPLIT.pixels` U8 [images,
/// height, width, channels] and, with classes, `SPLIT.labels` I32 [images]; metadata `format`, `classes` (a
/// JSON list) and `skipped`. The same corpus gives the same bytes. Throws Error(kSystem) when the file cannot
/// be written.
void write_image_cache(const ImageCorpus& corpus, const std::filesystem::path& file);

/// Checks everything before it is used: Error(kData) naming the file for a damaged one, tensors of other
/// names, kinds or sizes, labels without a class.
ImageCorpus read_image_cache(const std::filesystem::path& file);

/// Whether the file's name says so: it ends in .safetensors.
bool is_image_cache(const std::filesystem::path& file);

}  // namespace heed::image
