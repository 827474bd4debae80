// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "heed/data/image/image.h"

namespace heed::rendering {

/// Where one pixel of an image looks, by one head.
struct PixelAttention {
  std::string title = {}, note = {};  ///< above and below the panel
  int64_t row = 0, column = 0;        ///< of the pixel that looks
  std::vector<float> weights = {};    ///< [height, width]
  std::vector<bool> seen = {};        ///< [height, width]: what the model may look at; empty: all
};

struct AttentionOnImageOptions {
  std::string title = {};
  int columns = 0;       ///< panels side by side; 0: up to four
  int panel_size = 224;  ///< pixels of a panel's longer side, about
  /// Bits of each pixel, [height, width], drawn beside the image; empty: not.
  std::vector<float> surprise = {};
};

/// An image with what a model attends to in it as PNG: the image itself first (and how surprising each of its
/// pixels is), then a panel for each head and pixel. There the image is paled to grey, what may not be looked
/// at almost to white, and red lies over it by the square root of the weight; the deepest red is the panel's
/// largest weight. The pixel that looks has a frame.
///
/// Throws std::invalid_argument when weights, seen or surprise are not as many as pixels, and the Errors of
/// Canvas.
void draw_attention_on_image(const image::Image& image, std::span<const PixelAttention> panels,
                             const AttentionOnImageOptions& options, const std::filesystem::path& path);

}  // namespace heed::rendering
