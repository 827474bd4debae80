// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/attention_on_image.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "heed/rendering/canvas.h"
#include "heed/rendering/image_grid.h"
#include "heed/rendering/shade.h"

namespace heed::rendering {
namespace {

constexpr double kMargin = 14, kTitleHeight = 34, kAbove = 22, kBelow = 22, kGap = 16;
constexpr Color kHeat{0.84, 0.10, 0.04};
const TextStyle kName{.size = 13, .align_y = AlignY::kMiddle};
const TextStyle kNote{.size = 11, .color = kMuted, .align_y = AlignY::kMiddle};

void check(const image::Image& image, std::span<const PixelAttention> panels,
           const AttentionOnImageOptions& options) {
  const auto pixels = static_cast<size_t>(image.height * image.width);
  const auto fits = [&](size_t count, bool may_be_empty) {
    return count == pixels || (may_be_empty && count == 0);
  };
  bool good = pixels > 0 && image.pixels.size() == pixels * static_cast<size_t>(image.channels) &&
              fits(options.surprise.size(), true);
  for (const auto& panel : panels)
    good = good && fits(panel.weights.size(), false) && fits(panel.seen.size(), true);
  if (!good) {
    throw std::invalid_argument(
        "[draw_attention_on_image] weights, seen and surprise need one value for each of the image's pixels");
  }
}

float largest(const std::vector<float>& values) {
  float most = 0;
  for (const float value : values) most = std::isfinite(value) ? std::max(most, value) : most;
  return most;
}

/// Draws panels from left to right, line by line.
class Sheet {
 public:
  Sheet(const image::Image& image, int factor, Canvas& canvas)
      : image_(image), factor_(factor), canvas_(canvas) {}

  void paint(Point at, const std::string& title, const std::string& note) {
    canvas_.text(title, {at.x, at.y + kAbove / 2}, kName);
    canvas_.text(note, {at.x, at.y + kAbove + side(image_.height) + kBelow / 2 - 2}, kNote);
  }

  void paint_original(Point at) {
    paint(at, "image", std::to_string(image_.width) + " x " + std::to_string(image_.height));
    paint_image(canvas_, image_, {at.x, at.y + kAbove}, factor_);
    frame(at);
  }

  void paint_surprise(Point at, const std::vector<float>& bits) {
    const double most = largest(bits);
    char note[64];
    std::snprintf(note, sizeof note, "white 0, darkest %.1f bits per pixel", most);
    paint(at, "surprise", note);
    for_pixels([&](int64_t row, int64_t column, size_t pixel) {
      canvas_.fill(square(at, row, column), shade(most > 0 ? bits[pixel] / most : 0));
    });
    frame(at);
  }

  void paint_attention(Point at, const PixelAttention& panel) {
    paint(at, panel.title, panel.note);
    const double most = largest(panel.weights);
    for_pixels([&](int64_t row, int64_t column, size_t pixel) {
      const bool seen = panel.seen.empty() || panel.seen[pixel];
      const Color color = pixel_color(image_, row, column);
      const double grey = 0.299 * color.red + 0.587 * color.green + 0.114 * color.blue;
      const Color pale = mix({grey, grey, grey}, kWhite, seen ? 0.55 : 0.9);
      const double weight = most > 0 ? std::max(0.0F, panel.weights[pixel]) / most : 0;
      canvas_.fill(square(at, row, column), mix(pale, kHeat, 0.92 * std::sqrt(weight)));
    });
    frame(at);
    const Rect query = square(at, panel.row, panel.column);
    canvas_.outline({query.x - 1, query.y - 1, query.width + 2, query.height + 2}, {kWhite, 4});
    canvas_.outline({query.x - 1, query.y - 1, query.width + 2, query.height + 2}, {series_color(0), 2});
  }

 private:
  double side(int64_t pixels) const { return static_cast<double>(pixels * factor_); }
  Rect square(Point at, int64_t row, int64_t column) const {
    return {at.x + side(column), at.y + kAbove + side(row), side(1), side(1)};
  }
  void frame(Point at) {
    canvas_.outline({at.x - 0.5, at.y + kAbove - 0.5, side(image_.width) + 1, side(image_.height) + 1},
                    {kGrid});
  }
  template <class Use>
  void for_pixels(Use use) const {
    for (int64_t row = 0; row < image_.height; ++row)
      for (int64_t column = 0; column < image_.width; ++column)
        use(row, column, static_cast<size_t>(row * image_.width + column));
  }

  const image::Image& image_;
  int factor_;
  Canvas& canvas_;
};

double widest_text(std::span<const PixelAttention> panels) {
  Canvas ruler(1, 1);
  double width = 190;  // room for the note below the surprise
  for (const auto& panel : panels)
    width = std::max({width, ruler.text_width(panel.title, kName), ruler.text_width(panel.note, kNote)});
  return width;
}

}  // namespace

void draw_attention_on_image(const image::Image& image, std::span<const PixelAttention> panels,
                             const AttentionOnImageOptions& options, const std::filesystem::path& path) {
  check(image, panels, options);
  const auto longer = static_cast<double>(std::max(image.height, image.width));
  const int factor = std::max(1, static_cast<int>(std::lround(options.panel_size / longer)));
  const size_t first_line = options.surprise.empty() ? 1 : 2;
  const size_t columns =
      options.columns > 0 ? static_cast<size_t>(options.columns) : std::clamp<size_t>(panels.size(), 1, 4);
  const size_t lines = 1 + (panels.size() + columns - 1) / columns;
  const double step_x =
      std::ceil(std::max(static_cast<double>(image.width * factor), widest_text(panels))) + kGap;
  const double step_y = kAbove + static_cast<double>(image.height * factor) + kBelow;
  const double top = kMargin + (options.title.empty() ? 0 : kTitleHeight);
  const TextStyle title{.size = 16, .align_y = AlignY::kMiddle, .bold = true};
  const double title_width = Canvas(1, 1).text_width(options.title, title);
  const double width =
      std::max(static_cast<double>(std::max(columns, first_line)) * step_x - kGap, title_width) + 2 * kMargin;
  Canvas canvas(static_cast<int>(std::ceil(width)),
                static_cast<int>(std::ceil(top + static_cast<double>(lines) * step_y)));
  canvas.text(options.title, {kMargin, kMargin + kTitleHeight / 2 - 6}, title);
  Sheet sheet(image, factor, canvas);
  sheet.paint_original({kMargin, top});
  if (!options.surprise.empty()) sheet.paint_surprise({kMargin + step_x, top}, options.surprise);
  for (size_t i = 0; i < panels.size(); ++i) {
    sheet.paint_attention({kMargin + static_cast<double>(i % columns) * step_x,
                           top + static_cast<double>(1 + i / columns) * step_y},
                          panels[i]);
  }
  canvas.write_png(path);
}

}  // namespace heed::rendering
