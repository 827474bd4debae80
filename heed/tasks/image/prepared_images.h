// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include <toml++/toml.h>

#include "heed/data/image/image_corpus.h"
#include "heed/tasks/image/image_data.h"

namespace heed::tasks {

/// Reads images, prepared or not, and makes them as small as options ask. `strict`: one that cannot be read
/// or has another size is an error.
image::ImageCorpus read_images(const std::vector<std::filesystem::path>& data,
                               const ImageDataOptions& options, bool strict = false);

/// Decodes and scales once, into a folder of its own: images.safetensors and, for people and for resuming,
/// images.toml, which is returned: sizes, classes, images and checksums of each split. Replaces what it wrote
/// before; Error(kUsage) for a folder that holds other things.
toml::table prepare_images(const std::vector<std::filesystem::path>& data, const ImageDataOptions& options,
                           bool strict, const std::filesystem::path& folder);

/// Throws what prepare_images would, before long work.
void check_image_folder(const std::filesystem::path& folder);

/// "32 x 24 RGB": width first, as people say it.
std::string image_size_text(int64_t height, int64_t width, int64_t channels);

}  // namespace heed::tasks
