// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/image_grid.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace heed::rendering {
namespace {

constexpr double kGroupGap = 16, kGridTitleHeight = 32, kHeadingHeight = 22, kCaptionHeight = 17,
                 kGridMargin = 10;
const TextStyle kHeading{.size = 13, .align_x = AlignX::kCenter, .align_y = AlignY::kMiddle};
const TextStyle kCaption{.size = 11, .color = kMuted, .align_x = AlignX::kCenter, .align_y = AlignY::kMiddle};

void check(const image::Image& image) {
  const bool sized = image.height >= 0 && image.width >= 0 && (image.channels == 1 || image.channels == 3);
  const bool empty = image.pixels.empty() && image.height * image.width == 0;
  if (empty || (sized && std::ssize(image.pixels) == image.height * image.width * image.channels)) return;
  throw std::invalid_argument("[draw_image_grid] an image must have height x width x 1 or 3 pixels");
}

std::string text_at(const std::vector<std::string>& texts, size_t index) {
  return index < texts.size() ? texts[index] : "";
}

/// Sizes and positions of the grid's columns and rows.
struct Layout {
  int64_t height = 1, width = 1;  ///< size of the largest image
  int factor = 1;
  bool captions = false;
  double left = kGridMargin, top = kGridMargin;
  std::vector<double> widths;  ///< width of each column
  double cell_height = 0;

  double gap_behind(size_t column, const ImageGridOptions& options) const {
    if (column + 1 == widths.size()) return 0;
    const bool ends = options.group > 0 && (column + 1) % static_cast<size_t>(options.group) == 0;
    return options.gap + (ends ? kGroupGap : 0);
  }
  double cell_width() const { return static_cast<double>(width * factor); }
  double step_y(int gap) const { return cell_height + (captions ? kCaptionHeight : 0) + gap; }
};

Layout make_layout(std::span<const GridRow> rows, const ImageGridOptions& options) {
  Layout layout;
  size_t columns = options.column_titles.size();
  for (const GridRow& row : rows) {
    columns = std::max(columns, row.size());
    for (const GridCell& cell : row) {
      check(cell.image);
      layout.height = std::max(layout.height, cell.image.height);
      layout.width = std::max(layout.width, cell.image.width);
      layout.captions = layout.captions || !cell.caption.empty();
    }
  }
  layout.factor =
      options.enlarge > 0
          ? options.enlarge
          : std::max(1, static_cast<int>(std::lround(
                            options.cell_size / static_cast<double>(std::max(layout.height, layout.width)))));
  layout.cell_height = static_cast<double>(layout.height * layout.factor);
  Canvas ruler(1, 1);
  layout.widths.assign(columns, layout.cell_width());
  for (size_t c = 0; c < columns; ++c) {
    double& width = layout.widths[c];
    width = std::max(width, std::ceil(ruler.text_width(text_at(options.column_titles, c), kHeading) + 6));
    for (const GridRow& row : rows) {
      if (c < row.size()) width = std::max(width, std::ceil(ruler.text_width(row[c].caption, kCaption) + 6));
    }
  }
  double names = 0;
  for (const auto& name : options.row_titles) names = std::max(names, ruler.text_width(name, kHeading) + 10);
  layout.left += std::ceil(names);
  layout.top +=
      (options.title.empty() ? 0 : kGridTitleHeight) + (options.column_titles.empty() ? 0 : kHeadingHeight);
  return layout;
}

void paint_cell(Canvas& canvas, const GridCell& cell, Point corner, double width, const Layout& layout) {
  const image::Image& image = cell.image;
  if (!image.pixels.empty()) {
    const auto fits = static_cast<int>(
        std::min(layout.height * layout.factor / image.height, layout.width * layout.factor / image.width));
    const double x = corner.x + std::floor((width - static_cast<double>(image.width * fits)) / 2);
    const double y =
        corner.y + std::floor((layout.cell_height - static_cast<double>(image.height * fits)) / 2);
    paint_image(canvas, image, {x, y}, fits);
  }
  canvas.text(cell.caption, {corner.x + width / 2, corner.y + layout.cell_height + kCaptionHeight / 2},
              kCaption);
}

}  // namespace

Color pixel_color(const image::Image& image, int64_t row, int64_t column) {
  const uint8_t* pixel = image.pixels.data() + (row * image.width + column) * image.channels;
  if (image.channels == 1) return {pixel[0] / 255.0, pixel[0] / 255.0, pixel[0] / 255.0};
  return {pixel[0] / 255.0, pixel[1] / 255.0, pixel[2] / 255.0};
}

void paint_image(Canvas& canvas, const image::Image& image, Point at, int factor) {
  for (int64_t row = 0; row < image.height; ++row) {
    for (int64_t begin = 0, end = 0; begin < image.width; begin = end) {
      const Color color = pixel_color(image, row, begin);
      while (end < image.width && pixel_color(image, row, end) == color) ++end;
      canvas.fill({at.x + static_cast<double>(begin * factor), at.y + static_cast<double>(row * factor),
                   static_cast<double>((end - begin) * factor), static_cast<double>(factor)},
                  color);
    }
  }
}

void draw_image_grid(std::span<const GridRow> rows, const ImageGridOptions& options,
                     const std::filesystem::path& path) {
  const Layout layout = make_layout(rows, options);
  double right = layout.left + kGridMargin;
  for (size_t c = 0; c < layout.widths.size(); ++c) right += layout.widths[c] + layout.gap_behind(c, options);
  Canvas ruler(1, 1);
  const TextStyle title{.size = 16, .align_y = AlignY::kMiddle, .bold = true};
  right = std::max(right, ruler.text_width(options.title, title) + 2 * kGridMargin);
  const double bottom =
      layout.top + static_cast<double>(rows.size()) * layout.step_y(options.gap) - options.gap + kGridMargin;
  Canvas canvas(std::max(1, static_cast<int>(std::ceil(right))),
                std::max(1, static_cast<int>(std::ceil(bottom))));
  canvas.text(options.title, {kGridMargin, kGridMargin + kGridTitleHeight / 2 - 4}, title);
  double x = layout.left;
  for (size_t c = 0; c < layout.widths.size(); ++c) {
    canvas.text(text_at(options.column_titles, c),
                {x + layout.widths[c] / 2, layout.top - kHeadingHeight / 2 - 1}, kHeading);
    double y = layout.top;
    for (const GridRow& row : rows) {
      if (c < row.size()) paint_cell(canvas, row[c], {x, y}, layout.widths[c], layout);
      y += layout.step_y(options.gap);
    }
    x += layout.widths[c] + layout.gap_behind(c, options);
  }
  TextStyle name = kHeading;
  name.align_x = AlignX::kRight;
  for (size_t r = 0; r < rows.size(); ++r) {
    const double middle =
        layout.top + static_cast<double>(r) * layout.step_y(options.gap) + layout.cell_height / 2;
    canvas.text(text_at(options.row_titles, r), {layout.left - 8, middle}, name);
  }
  canvas.write_png(path);
}

}  // namespace heed::rendering
