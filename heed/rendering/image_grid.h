// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "heed/data/image/image.h"
#include "heed/rendering/canvas.h"

namespace heed::rendering {

/// A cell of a grid; empty without pixels.
struct GridCell {
  image::Image image = {};
  std::string caption = {};  ///< text below the image
};
using GridRow = std::vector<GridCell>;

struct ImageGridOptions {
  std::string title = {};
  std::vector<std::string> column_titles = {}, row_titles = {};  ///< empty, or for the first ones
  int enlarge = 0;     ///< factor for the largest image; 0: enlarge it to about cell_size
  int cell_size = 96;  ///< length of the largest image's longer side in pixels
  int gap = 6;
  int group = 0;  ///< number of columns after which the gap is wider; 0: never
};

/// Draws small images side by side as PNG: samples, inputs beside outputs, nearest neighbours. Each is
/// enlarged by nearest neighbour by an integer factor, so that its pixels stay square. Smaller images (inputs
/// of super-resolution) are enlarged by the largest integer factor that fits the cell, and centred.
///
/// Rows may differ in length. Throws std::invalid_argument for an image whose number of pixels does not match
/// its size, and the Errors of Canvas.
void draw_image_grid(std::span<const GridRow> rows, const ImageGridOptions& options,
                     const std::filesystem::path& path);

/// Returns the colour of a pixel.
Color pixel_color(const image::Image& image, int64_t row, int64_t column);
/// Paints an image with its upper left corner at `at`; each pixel is a square of side `factor`.
void paint_image(Canvas& canvas, const image::Image& image, Point at, int factor);

}  // namespace heed::rendering
