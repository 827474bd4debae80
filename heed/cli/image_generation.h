// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heed/cli/generation.h"
#include "heed/cli/verb.h"

namespace heed::cli {

/// heed generate by models of images.
struct ImageGeneration {
  std::vector<std::string> classes;
  Paths inputs, data, nearest;
  std::string split = "valid", keep;
  int64_t images = 4;  ///< of the split
};

/// The heading of its options in the help.
inline constexpr const char* kImageGeneration = "Images";
void add_image_generation(CLI::App* verb, ImageGeneration& options);
int generate_images(const Common& common, const Generation& generation, const ImageGeneration& options);

}  // namespace heed::cli
