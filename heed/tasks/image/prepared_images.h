// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include <toml++/toml.h>

#include "heed/data/image/image_corpus.h"
#include "heed/tasks/image/image_data.h"

namespace heed::tasks {

/// Reads images, prepared or not, and makes them smaller as the options say. With `strict`, an image that
/// cannot be read or has another size is an error; otherwise it is skipped.
image::ImageCorpus read_images(const std::vector<std::filesystem::path>& data,
                               const ImageDataOptions& options, bool strict = false);

/// Decodes and scales images once and writes them to a folder: images.safetensors and a card, images.toml,
/// with sizes, classes, and the number and checksum of the images of each split. Returns the card. Replaces a
/// folder that it wrote earlier; throws Error(kUsage) for a folder that holds anything else.
toml::table prepare_images(const std::vector<std::filesystem::path>& data, const ImageDataOptions& options,
                           bool strict, const std::filesystem::path& folder);

/// Throws the errors of prepare_images about its folder, before long work.
void check_image_folder(const std::filesystem::path& folder);

}  // namespace heed::tasks
