// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include <toml++/toml.h>

#include "heed/data/image/image_corpus.h"
#include "heed/tasks/image/image_data.h"

namespace heed::tasks {

struct ReadImagesOptions {
  bool strict = false;  ///< an image that cannot be read or does not fit is an error; otherwise it is skipped
  bool for_training = false;  ///< a class without an image in train is an error
};

/// Reads images, prepared or not, and fits them to the size in the options. Throws Error(kConfig) for a
/// height without a width, besides the errors of image::read_image_corpus.
image::ImageCorpus read_images(const std::vector<std::filesystem::path>& data,
                               const ImageDataOptions& options, const ReadImagesOptions& reading = {});

/// Decodes and scales images once and writes them to a folder: images.safetensors and a card, images.toml,
/// with sizes, classes, and the number and checksum of the images of each split. Returns the card. Replaces a
/// folder that it wrote earlier; throws Error(kUsage) for a folder that holds anything else.
toml::table prepare_images(const std::vector<std::filesystem::path>& data, const ImageDataOptions& options,
                           bool strict, const std::filesystem::path& folder);

/// Throws the errors of prepare_images about its folder, before long work.
void check_image_folder(const std::filesystem::path& folder);

}  // namespace heed::tasks
