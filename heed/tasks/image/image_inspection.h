// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/data/image/image.h"
#include "heed/nn/image_model.h"

namespace heed::tasks {

struct ImagePixel {
  int64_t row = 0, column = 0;
};

struct ImageAttentionOptions {
  int64_t layer = 0;
  std::vector<int64_t> heads{0};
  std::vector<ImagePixel> pixels;  ///< that look; empty: the one in the middle
  bool surprise = false;           ///< draw the bits of each pixel too
  std::string title;
};

/// Where a pixel looks, by one head.
struct PixelWeights {
  std::vector<float> pixels;  ///< [height, width] weight of each pixel, those of its channels together
  float beginning = 0;        ///< what falls on the beginning of the image, before its first value
};

/// Attention of chosen heads while chosen pixels are predicted, as weights of pixels: mean over the channels
/// of the pixel that is predicted. They and `beginning` sum to 1. [pixels][heads]. condition has one row.
/// Throws Error(kUsage) for a layer, head or pixel that is not there.
std::vector<std::vector<PixelWeights>> pixel_attention(nn::ImageModel& model, const image::Image& image,
                                                       const nn::ImageCondition& condition,
                                                       const ImageAttentionOptions& options);

/// The same as PNG, a line of panels for each pixel and a panel for each head, beside the image itself.
void draw_image_attention(nn::ImageModel& model, const image::Image& image,
                          const nn::ImageCondition& condition, const ImageAttentionOptions& options,
                          const std::filesystem::path& picture);

}  // namespace heed::tasks
