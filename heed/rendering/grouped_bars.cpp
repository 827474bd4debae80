// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/grouped_bars.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "heed/rendering/axis.h"
#include "heed/rendering/canvas.h"
#include "heed/rendering/legend.h"

namespace heed::rendering {
namespace {

constexpr double kBarLeft = 104, kBarRight = 24, kLabelHeight = 26;

void check_groups(std::span<const BarPanel> panels, size_t series) {
  for (const BarPanel& panel : panels) {
    for (const BarGroup& group : panel.groups) {
      if (group.values.size() == series) continue;
      throw std::invalid_argument("[draw_grouped_bars] group '" + group.label + "' has " +
                                  std::to_string(group.values.size()) + " values for " +
                                  std::to_string(series) + " series");
    }
  }
}

double largest_value(std::span<const BarPanel> panels) {
  double largest = 0;
  for (const BarPanel& panel : panels) {
    for (const BarGroup& group : panel.groups) {
      for (const double value : group.values)
        if (std::isfinite(value)) largest = std::max(largest, value);
    }
  }
  return largest > 0 ? largest : 1;
}

void paint_value_axis(Canvas& canvas, const Rect& area, double highest) {
  const Ticks ticks = linear_ticks(0, highest, std::max(2, static_cast<int>(area.height / 28)));
  for (size_t i = 0; i < ticks.values.size(); ++i) {
    const double y = area.y + area.height * (1 - ticks.values[i] / highest);
    canvas.line({area.x, y}, {area.x + area.width, y}, {kGrid, 1});
    canvas.text(ticks.labels[i], {area.x - 6, y},
                {.size = 11, .color = kMuted, .align_x = AlignX::kRight, .align_y = AlignY::kMiddle});
  }
}

void paint_groups(Canvas& canvas, const Rect& area, const BarPanel& panel, double highest) {
  const double step = area.width / static_cast<double>(std::max<size_t>(panel.groups.size(), 1));
  for (size_t i = 0; i < panel.groups.size(); ++i) {
    const BarGroup& group = panel.groups[i];
    const double left = area.x + (static_cast<double>(i) + 0.12) * step;
    const double bar = 0.76 * step / static_cast<double>(std::max<size_t>(group.values.size(), 1));
    for (size_t k = 0; k < group.values.size(); ++k) {
      if (!std::isfinite(group.values[k]) || group.values[k] <= 0) continue;
      const double height = area.height * std::min(1.0, group.values[k] / highest);
      canvas.fill({left + static_cast<double>(k) * bar, area.y + area.height - height, 0.92 * bar, height},
                  series_color(k));
    }
    canvas.text(group.label, {area.x + (static_cast<double>(i) + 0.5) * step, area.y + area.height + 6},
                {.size = 11,
                 .color = kMuted,
                 .align_x = AlignX::kCenter,
                 .align_y = AlignY::kTop,
                 .max_width = step});
  }
  canvas.line({area.x, area.y + area.height}, {area.x + area.width, area.y + area.height}, {kAxis, 1});
}

}  // namespace

void draw_grouped_bars(std::span<const BarPanel> panels, std::span<const std::string> series,
                       const GroupedBarsOptions& options, const std::filesystem::path& path) {
  check_groups(panels, series.size());
  std::vector<LegendEntry> legend;
  for (size_t i = 0; i < series.size(); ++i) legend.push_back({series[i], {series_color(i)}});
  const Heading heading(options.title, legend, options.width - kBarRight - 16);
  const int height = options.panel_height > 0 ? options.panel_height : panels.size() > 6 ? 64 : 110;
  const double step = height + kLabelHeight, head = heading.height() + 10;
  Canvas canvas(options.width, static_cast<int>(head + step * static_cast<double>(panels.size()) + 12));
  heading.draw(canvas, 16);
  const double highest = options.highest > 0 ? options.highest : 1.05 * largest_value(panels);
  for (size_t i = 0; i < panels.size(); ++i) {
    const Rect area{kBarLeft, head + step * static_cast<double>(i), options.width - kBarLeft - kBarRight,
                    static_cast<double>(height)};
    paint_value_axis(canvas, area, highest);
    paint_groups(canvas, area, panels[i], highest);
    canvas.text(panels[i].title, {56, area.y + area.height / 2},
                {.size = 12, .align_x = AlignX::kCenter, .align_y = AlignY::kBottom, .degrees = 90});
  }
  canvas.text(
      options.y_title, {22, head + step * static_cast<double>(panels.size()) / 2},
      {.size = 12, .color = kMuted, .align_x = AlignX::kCenter, .align_y = AlignY::kMiddle, .degrees = 90});
  canvas.write_png(path);
}

}  // namespace heed::rendering
