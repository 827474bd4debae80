// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "heed/data/image/image_corpus.h"

namespace heed::image {

/// Stores decoded images in one safetensors file, atomically: for each split, `SPLIT.pixels` U8 [images,
/// height, width, channels] and, with classes, `SPLIT.labels` I32 [images]; metadata `format`, `classes` (a
/// JSON list) and `skipped`. Equal corpora give equal bytes. Throws Error(kSystem) if the file cannot be
/// written.
void write_image_cache(const ImageCorpus& corpus, const std::filesystem::path& file);

/// Reads and fully checks a stored corpus. Throws Error(kData) with the file's name if it is damaged, has
/// tensors of other names, types or sizes, or has labels without a class.
ImageCorpus read_image_cache(const std::filesystem::path& file);

/// Whether the file's name ends in .safetensors.
bool is_image_cache(const std::filesystem::path& file);

}  // namespace heed::image
