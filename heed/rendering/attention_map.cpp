// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/attention_map.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "heed/rendering/axis.h"
#include "heed/rendering/canvas.h"
#include "heed/rendering/shade.h"

namespace heed::rendering {
namespace {

constexpr double kSpaceAbove = 30, kSpaceBelow = 20, kScaleWidth = 92;

struct Panel {
  double left, top;
  int width, height;  // pixels of the map without its margins
};

// The cells [first, last), out of `count`, that a pixel shows.
struct CellRange {
  int64_t first, last;
};
CellRange cells_of(int64_t pixel, int64_t pixels, int64_t count) {
  const int64_t first = pixel * count / pixels;
  return {first, std::max(first + 1, (pixel + 1) * count / pixels)};
}

double largest_in(const AttentionMap& map, CellRange rows, CellRange keys) {
  double largest = -1;
  for (int64_t row = rows.first; row < rows.last; ++row) {
    for (int64_t key = keys.first; key < keys.last; ++key) {
      const double weight = map.weights[static_cast<size_t>(row * map.keys + key)];
      if (std::isnan(weight)) return weight;
      largest = std::max(largest, weight);
    }
  }
  return largest;
}

void paint_cells(Canvas& canvas, const AttentionMap& map, const Panel& panel, double darkest) {
  // Draws cells as rectangles if there is room, else one cell per pixel.
  const int64_t down = std::min<int64_t>(map.rows, panel.height),
                across = std::min<int64_t>(map.keys, panel.width);
  for (int64_t i = 0; i < down; ++i) {
    const double top = panel.top + static_cast<double>(i * panel.height / down);
    const double bottom = panel.top + static_cast<double>((i + 1) * panel.height / down);
    for (int64_t j = 0; j < across; ++j) {
      const double weight = largest_in(map, cells_of(i, down, map.rows), cells_of(j, across, map.keys));
      if (weight <= 0) continue;
      const double left = panel.left + static_cast<double>(j * panel.width / across);
      const double right = panel.left + static_cast<double>((j + 1) * panel.width / across);
      canvas.fill({left, top, right - left, bottom - top}, shade(std::sqrt(weight / darkest)));
    }
  }
}

bool labels_fit(const std::vector<std::string>& labels, int64_t count, int pixels) {
  return static_cast<int64_t>(labels.size()) == count && pixels >= 11 * count;
}

Ticks number_ticks(int64_t first, int64_t count, int most) {
  Ticks all = linear_ticks(static_cast<double>(first), static_cast<double>(first + count - 1), most), whole;
  for (size_t i = 0; i < all.values.size(); ++i) {
    if (all.values[i] != std::floor(all.values[i])) continue;
    whole.values.push_back(all.values[i] - static_cast<double>(first));
    whole.labels.push_back(all.labels[i]);
  }
  if (count == 1) whole = {{0}, {std::to_string(first)}};
  return whole;
}

Ticks token_ticks(const std::vector<std::string>& labels) {
  Ticks ticks{{}, labels};
  for (size_t i = 0; i < labels.size(); ++i) ticks.values.push_back(static_cast<double>(i));
  return ticks;
}

Ticks axis_ticks(const std::vector<std::string>& labels, int64_t first, int64_t count, int pixels) {
  if (labels_fit(labels, count, pixels)) return token_ticks(labels);
  return number_ticks(first, count, std::max(2, pixels / 55));
}

double widest(Canvas& canvas, const std::vector<std::string>& labels) {
  double width = 0;
  for (const std::string& label : labels) width = std::max(width, canvas.text_width(label, {.size = 11}));
  return width;
}

struct Axes {
  Ticks rows, keys;
  bool upright_keys;           // key labels run upwards
  double left = 0, below = 0;  // pixels that the labels take
};

Axes make_axes(const AttentionMap& map, const AttentionMapOptions& options, int width, int height) {
  Canvas ruler(1, 1);
  Axes axes{axis_ticks(options.row_labels, options.first_row, map.rows, height),
            axis_ticks(options.key_labels, options.first_key, map.keys, width), false};
  axes.upright_keys = labels_fit(options.key_labels, map.keys, width);
  axes.left = widest(ruler, axes.rows.labels) + 38;
  axes.below = (axes.upright_keys ? widest(ruler, axes.keys.labels) : 12) + 30;
  return axes;
}

void paint_axes(Canvas& canvas, const AttentionMap& map, const Panel& panel, const Axes& axes,
                const AttentionMapOptions& options) {
  const TextStyle row_style{
      .size = 11, .color = kMuted, .align_x = AlignX::kRight, .align_y = AlignY::kMiddle};
  const TextStyle key_style =
      axes.upright_keys
          ? TextStyle{.size = 11,
                      .color = kMuted,
                      .align_x = AlignX::kRight,
                      .align_y = AlignY::kMiddle,
                      .degrees = 90}
          : TextStyle{.size = 11, .color = kMuted, .align_x = AlignX::kCenter, .align_y = AlignY::kTop};
  const double bottom = panel.top + panel.height;
  for (size_t i = 0; i < axes.rows.values.size(); ++i) {
    const double y = panel.top + (axes.rows.values[i] + 0.5) * panel.height / static_cast<double>(map.rows);
    canvas.line({panel.left - 4, y}, {panel.left, y}, {kAxis, 0.8});
    canvas.text(axes.rows.labels[i], {panel.left - 7, y}, row_style);
  }
  for (size_t i = 0; i < axes.keys.values.size(); ++i) {
    const double x = panel.left + (axes.keys.values[i] + 0.5) * panel.width / static_cast<double>(map.keys);
    canvas.line({x, bottom}, {x, bottom + 4}, {kAxis, 0.8});
    canvas.text(axes.keys.labels[i], {x, bottom + 7}, key_style);
  }
  canvas.outline({panel.left - 0.5, panel.top - 0.5, panel.width + 1.0, panel.height + 1.0}, {kAxis, 1});
  canvas.text(map.name, {panel.left + panel.width / 2.0, panel.top - 9},
              {.size = 13, .align_x = AlignX::kCenter, .align_y = AlignY::kBottom});
  canvas.text(options.key_title, {panel.left + panel.width / 2.0, bottom + axes.below - 16},
              {.size = 12, .color = kInk, .align_x = AlignX::kCenter, .align_y = AlignY::kTop});
  canvas.text(options.row_title, {panel.left - axes.left + 20, panel.top + panel.height / 2.0},
              {.size = 12, .align_x = AlignX::kCenter, .align_y = AlignY::kBottom, .degrees = 90});
}

void paint_scale(Canvas& canvas, Rect bar, double darkest) {
  for (int i = 0; i < static_cast<int>(bar.height); ++i) {
    canvas.fill({bar.x, bar.y + bar.height - i - 1, bar.width, 1.0}, shade(std::sqrt(i / bar.height)));
  }
  canvas.outline({bar.x - 0.5, bar.y - 0.5, bar.width + 1, bar.height + 1}, {kAxis, 1});
  const Ticks ticks = linear_ticks(0, darkest, 5);
  for (size_t i = 0; i < ticks.values.size(); ++i) {
    const double y = bar.y + bar.height * (1 - std::sqrt(ticks.values[i] / darkest));
    canvas.line({bar.x + bar.width, y}, {bar.x + bar.width + 4, y}, {kAxis, 0.8});
    canvas.text(ticks.labels[i], {bar.x + bar.width + 7, y},
                {.size = 11, .color = kMuted, .align_y = AlignY::kMiddle});
  }
  canvas.text("weight", {bar.x - 2, bar.y - 9}, {.size = 12, .align_y = AlignY::kBottom});
}

void check_maps(std::span<const AttentionMap> maps) {
  for (const AttentionMap& map : maps) {
    if (map.rows >= 0 && map.keys >= 0 && static_cast<int64_t>(map.weights.size()) == map.rows * map.keys)
      continue;
    throw std::invalid_argument("[draw_attention_map] '" + map.name + "' has " +
                                std::to_string(map.weights.size()) + " weights instead of " +
                                std::to_string(map.rows) + " x " + std::to_string(map.keys));
  }
}

// The first rows of causal attention have weights near 1 that would leave the rest pale; these may exceed the
// scale.
double darkest_weight(std::span<const AttentionMap> maps) {
  std::vector<float> weights;
  for (const AttentionMap& map : maps) {
    std::copy_if(map.weights.begin(), map.weights.end(), std::back_inserter(weights),
                 [](float weight) { return std::isfinite(weight) && weight > 0; });
  }
  if (weights.empty()) return 1;
  const auto most =
      weights.begin() + static_cast<std::ptrdiff_t>(0.995 * static_cast<double>(weights.size() - 1));
  std::nth_element(weights.begin(), most, weights.end());
  const double usual = *most, largest = *std::max_element(most, weights.end());
  return largest > 2 * usual ? usual : largest;
}

// The longer side gets about `size` pixels, a whole number per cell; a thin map keeps a readable height.
Panel panel_shape(const AttentionMap& map, int size) {
  const double longest = static_cast<double>(std::max<int64_t>({map.rows, map.keys, 1}));
  const double cell = longest < size ? std::floor(size / longest) : size / longest;
  const auto side = [&](int64_t count) {
    return std::max(24, static_cast<int>(std::lround(cell * static_cast<double>(count))));
  };
  return {0, 0, side(map.keys), side(map.rows)};
}

}  // namespace

void draw_attention_map(std::span<const AttentionMap> maps, const AttentionMapOptions& options,
                        const std::filesystem::path& path) {
  check_maps(maps);
  const double darkest = darkest_weight(maps);
  Panel shape{0, 0, 24, 24};
  for (const AttentionMap& map : maps) {
    const Panel own = panel_shape(map, std::max(24, options.panel_size));
    shape.width = std::max(shape.width, own.width);
    shape.height = std::max(shape.height, own.height);
  }
  const AttentionMap none;
  const Axes axes = make_axes(maps.empty() ? none : maps.front(), options, shape.width, shape.height);
  const int count = std::max(1, static_cast<int>(maps.size()));
  const int columns = count <= 4 ? count : std::min(4, static_cast<int>(std::ceil(std::sqrt(count))));
  const int lines = (count + columns - 1) / columns;
  const double head = options.title.empty() ? 12 : 44;
  const double step_x = axes.left + shape.width + 22,
               step_y = kSpaceAbove + shape.height + axes.below + kSpaceBelow;
  Canvas canvas(static_cast<int>(columns * step_x + kScaleWidth), static_cast<int>(head + lines * step_y));
  canvas.text(options.title, {16, 24},
              {.size = 17, .align_y = AlignY::kMiddle, .bold = true, .max_width = canvas.width() - 32.0});
  for (size_t i = 0; i < maps.size(); ++i) {
    if (maps[i].rows == 0 || maps[i].keys == 0) continue;
    Panel panel = panel_shape(maps[i], std::max(24, options.panel_size));
    panel.left = std::round(axes.left + static_cast<double>(i % static_cast<size_t>(columns)) * step_x);
    panel.top =
        std::round(head + kSpaceAbove + static_cast<double>(i / static_cast<size_t>(columns)) * step_y);
    paint_cells(canvas, maps[i], panel, darkest);
    paint_axes(canvas, maps[i], panel, make_axes(maps[i], options, panel.width, panel.height), options);
  }
  const double bar_height = std::min(shape.height, 220);
  paint_scale(canvas, {columns * step_x + 8, head + kSpaceAbove, 14, bar_height}, darkest);
  canvas.write_png(path);
}

}  // namespace heed::rendering
