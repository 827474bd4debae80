// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/data/image/image.h"
#include "heed/nn/pixel_model.h"

namespace heed::tasks {

struct ImagePixel {
  int64_t row = 0, column = 0;
};

struct ImageAttentionOptions {
  int64_t layer = 0;
  std::vector<int64_t> heads{0};
  std::vector<ImagePixel> pixels;  ///< pixels that attend; empty: the one in the middle
  bool surprise = false;           ///< also draw the bits of each pixel
  std::string title;
};

/// What one head attends to while a pixel is predicted. All weights sum to 1.
struct PixelWeights {
  std::vector<float> pixels;  ///< [height, width] weight of each pixel, summed over its channels
  float beginning = 0;        ///< weight of the beginning of the image, before its first value
};

/// Attention weights of chosen heads while chosen pixels are predicted, averaged over the channels of the
/// predicted pixel: [pixels][heads]. `condition` has one row. Throws Error(kUsage) for a layer, head or pixel
/// that the model does not have.
std::vector<std::vector<PixelWeights>> pixel_attention(nn::PixelModel& model, const image::Image& image,
                                                       const nn::ImageCondition& condition,
                                                       const ImageAttentionOptions& options);

/// Draws the same as PNG: the image, and beside it a row of panels for each pixel with a panel for each head.
void draw_image_attention(nn::PixelModel& model, const image::Image& image,
                          const nn::ImageCondition& condition, const ImageAttentionOptions& options,
                          const std::filesystem::path& picture);

}  // namespace heed::tasks
