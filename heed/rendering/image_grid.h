// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "heed/data/image/image.h"
#include "heed/rendering/canvas.h"

namespace heed::rendering {

/// One place of a grid; without pixels it stays empty.
struct GridCell {
  image::Image image = {};
  std::string caption = {};  ///< below
};
using GridRow = std::vector<GridCell>;

struct ImageGridOptions {
  std::string title = {};
  std::vector<std::string> column_titles = {}, row_titles = {};  ///< empty, or for the first columns, rows
  int enlarge = 0;     ///< the largest image by this factor; 0: to about cell_size pixels
  int cell_size = 96;  ///< of its longer side
  int gap = 6;
  int group = 0;  ///< a wider gap behind every so many columns; 0: none
};

/// Small images side by side as PNG, each enlarged by nearest neighbour by a whole factor, so that its pixels
/// stay squares: samples, inputs beside outputs, neighbours. Smaller images (the input of super-resolution)
/// are enlarged further, as far as a whole factor fits the cell, and stand in its middle.
///
/// Rows may differ in length. Throws std::invalid_argument for an image whose pixels are not as many as its
/// size says, and the Errors of Canvas.
void draw_image_grid(std::span<const GridRow> rows, const ImageGridOptions& options,
                     const std::filesystem::path& path);

/// The colour of a pixel.
Color pixel_color(const image::Image& image, int64_t row, int64_t column);
/// An image with its upper left corner at `at`, each pixel a square of `factor`.
void paint_image(Canvas& canvas, const image::Image& image, Point at, int factor);

}  // namespace heed::rendering
