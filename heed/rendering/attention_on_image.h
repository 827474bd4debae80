// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "heed/data/image/image.h"

namespace heed::rendering {

/// The attention of a head from one pixel of an image.
struct PixelAttention {
  std::string title = {}, note = {};  ///< texts above and below the panel
  int64_t row = 0, column = 0;        ///< position of the query pixel
  std::vector<float> weights = {};    ///< [height, width]
  std::vector<bool> seen = {};        ///< [height, width]: pixels that the model may attend to; empty: all
};

struct AttentionOnImageOptions {
  std::string title = {};
  int columns = 0;       ///< panels per line; 0: up to four
  int panel_size = 224;  ///< approximate length of a panel's longer side in pixels
  /// Bits of each pixel, [height, width], drawn beside the image; empty: not drawn.
  std::vector<float> surprise = {};
};

/// Draws the attention of a model within an image as PNG: first the image (and the surprise of each pixel),
/// then a panel per head and query pixel. In a panel the image is faded to grey, and almost to white outside
/// the visible pixels. Red covers it by the square root of the weight; the deepest red is the panel's largest
/// weight. A frame marks the query pixel.
///
/// Throws std::invalid_argument if weights, seen or surprise do not have one value per pixel, and the Errors
/// of Canvas.
void draw_attention_on_image(const image::Image& image, std::span<const PixelAttention> panels,
                             const AttentionOnImageOptions& options, const std::filesystem::path& path);

}  // namespace heed::rendering
