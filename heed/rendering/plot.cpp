// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "heed/rendering/axis.h"
#include "heed/rendering/canvas.h"

namespace heed::rendering {
namespace {

constexpr double kLabelSize = 12;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return !(low <= high); }
  double span() const { return high - low; }
};

/// Maps values to pixels.
class Frame {
 public:
  Frame(Range x, Range y, AxisScale scale) : x_(x), y_(y), scale_(scale) {}
  void set_area(Rect area) { area_ = area; }
  const Rect& area() const { return area_; }
  double right() const { return area_.x + area_.width; }
  double bottom() const { return area_.y + area_.height; }
  double x(double value) const {
    const double share = scale_ == AxisScale::kLog ? std::log(value / x_.low) / std::log(x_.high / x_.low)
                                                   : (value - x_.low) / x_.span();
    return area_.x + area_.width * share;
  }
  double y(double value) const { return bottom() - area_.height * (value - y_.low) / y_.span(); }
  Point at(double x_value, double y_value) const { return {x(x_value), y(y_value)}; }
  Ticks x_ticks() const {
    const int most = std::max(2, static_cast<int>(area_.width / 75));
    return scale_ == AxisScale::kLog ? log_ticks(x_.low, x_.high, most) : linear_ticks(x_.low, x_.high, most);
  }
  Ticks y_ticks() const {
    return linear_ticks(y_.low, y_.high, std::max(2, static_cast<int>(area_.height / 45)));
  }

 private:
  Range x_, y_;
  AxisScale scale_;
  Rect area_;
};

void check_series(std::span<const PlotSeries> series) {
  for (const PlotSeries& one : series) {
    const auto fits = [&](const std::vector<double>& band) {
      return band.empty() || band.size() == one.y.size();
    };
    if (one.x.size() != one.y.size() || !fits(one.low) || !fits(one.high) ||
        one.low.size() != one.high.size()) {
      throw std::invalid_argument("[draw_plot] x, y and band of '" + one.name + "' differ in length");
    }
  }
}

bool shown(double x, AxisScale scale) {
  return std::isfinite(x) && (scale == AxisScale::kLinear || x > 0);
}

Range x_range(std::span<const PlotSeries> series, const PlotOptions& options) {
  Range range;
  for (const PlotSeries& one : series) {
    for (size_t i = 0; i < one.x.size(); ++i) {
      if (shown(one.x[i], options.x_scale) && std::isfinite(one.y[i])) range.add(one.x[i]);
    }
  }
  for (const PlotMarker& marker : options.markers) {
    if (shown(marker.x, options.x_scale)) range.add(marker.x);
  }
  if (range.empty()) return {1, 10};
  if (range.span() > 0) {
    // Steps and positions count from zero; a narrow gap before the first would only confuse.
    const bool from_zero =
        options.x_scale == AxisScale::kLinear && range.low > 0 && range.low < 0.1 * range.span();
    return {from_zero ? 0 : range.low, range.high};
  }
  if (options.x_scale == AxisScale::kLog) return {range.low / 2, range.high * 2};
  const double room = std::max(1.0, std::abs(range.low) * 0.1);
  return {range.low - room, range.high + room};
}

Range y_range(std::span<const PlotSeries> series, const PlotOptions& options) {
  Range range;
  for (const PlotSeries& one : series) {
    for (size_t i = 0; i < one.y.size(); ++i) {
      if (!shown(one.x[i], options.x_scale) || !std::isfinite(one.y[i])) continue;
      range.add(one.y[i]);
      if (!one.low.empty()) range.add(one.low[i]), range.add(one.high[i]);
    }
  }
  if (range.empty()) range = {0, 1};
  const double room = range.span() > 0 ? 0.05 * range.span() : std::max(1e-3, 0.1 * std::abs(range.low));
  range = {range.low - room, range.high + room};
  if (std::isfinite(options.y_low)) range.low = options.y_low;
  if (std::isfinite(options.y_high)) range.high = options.y_high;
  if (range.span() <= 0) range.high = range.low + 1;
  return range;
}

Color color_of(const PlotSeries& series, size_t index) {
  return series_color(series.color >= 0 ? static_cast<size_t>(series.color) : index);
}

// Returns the area for the curves inside titles and labels.
Rect plot_area(Canvas& canvas, const Frame& frame, const PlotOptions& options) {
  double label_width = 0;
  for (const std::string& label : frame.y_ticks().labels) {
    label_width = std::max(label_width, canvas.text_width(label, {.size = kLabelSize}));
  }
  const double left = 16 + label_width + 10 + (options.y_title.empty() ? 0 : 22);
  const double top = options.title.empty() ? 20 : 52;
  const double bottom = options.x_title.empty() ? 36 : 60;
  return {std::round(left), top, std::max(20.0, options.width - std::round(left) - 28),
          std::max(20.0, options.height - top - bottom)};
}

void paint_axes(Canvas& canvas, const Frame& frame, const PlotOptions& options) {
  const Ticks x_ticks = frame.x_ticks(), y_ticks = frame.y_ticks();
  for (size_t i = 0; i < y_ticks.values.size(); ++i) {
    const double y = std::round(frame.y(y_ticks.values[i])) + 0.5;
    canvas.line({frame.area().x, y}, {frame.right(), y}, {kGrid, 1});
    canvas.text(y_ticks.labels[i], {frame.area().x - 8, y},
                {.size = kLabelSize, .color = kMuted, .align_x = AlignX::kRight, .align_y = AlignY::kMiddle});
  }
  for (size_t i = 0; i < x_ticks.values.size(); ++i) {
    const double x = std::round(frame.x(x_ticks.values[i])) + 0.5;
    canvas.line({x, frame.area().y}, {x, frame.bottom()}, {kGrid, 1});
    canvas.text(x_ticks.labels[i], {x, frame.bottom() + 9},
                {.size = kLabelSize, .color = kMuted, .align_x = AlignX::kCenter, .align_y = AlignY::kTop});
  }
  const double left = std::round(frame.area().x) + 0.5, bottom = std::round(frame.bottom()) + 0.5;
  canvas.line({left, frame.area().y}, {left, bottom}, {kAxis, 1.2});
  canvas.line({left, bottom}, {frame.right(), bottom}, {kAxis, 1.2});
  canvas.text(options.title, {frame.area().x, 27},
              {.size = 17, .align_y = AlignY::kMiddle, .bold = true, .max_width = frame.area().width});
  canvas.text(options.x_title, {frame.area().x + frame.area().width / 2, options.height - 14.0},
              {.size = 13, .align_x = AlignX::kCenter});
  canvas.text(options.y_title, {24, frame.area().y + frame.area().height / 2},
              {.size = 13, .align_x = AlignX::kCenter, .align_y = AlignY::kBaseline, .degrees = 90});
}

// Splits a series into runs of points without gaps.
std::vector<std::vector<size_t>> runs_of(const PlotSeries& series, AxisScale scale) {
  std::vector<std::vector<size_t>> runs(1);
  for (size_t i = 0; i < series.x.size(); ++i) {
    if (shown(series.x[i], scale) && std::isfinite(series.y[i])) {
      runs.back().push_back(i);
    } else if (!runs.back().empty()) {
      runs.emplace_back();
    }
  }
  if (runs.back().empty()) runs.pop_back();
  return runs;
}

void paint_band(Canvas& canvas, const Frame& frame, const PlotSeries& series, const std::vector<size_t>& run,
                Color color) {
  if (series.low.empty()) return;
  std::vector<Point> corners;
  for (const size_t i : run) corners.push_back(frame.at(series.x[i], series.low[i]));
  for (size_t k = run.size(); k-- > 0;) corners.push_back(frame.at(series.x[run[k]], series.high[run[k]]));
  canvas.fill_polygon(corners, with_alpha(color, 0.16));
}

Stroke line_of(const PlotSeries& series, Color color) {
  return {color, 2.2, series.dashed ? std::vector<double>{8, 5} : std::vector<double>{}};
}

void paint_series(Canvas& canvas, const Frame& frame, const PlotSeries& series, const PlotOptions& options,
                  Color color) {
  for (const std::vector<size_t>& run : runs_of(series, options.x_scale)) {
    paint_band(canvas, frame, series, run, color);
    std::vector<Point> points;
    for (const size_t i : run) points.push_back(frame.at(series.x[i], series.y[i]));
    canvas.polyline(points, line_of(series, color));
    if (!series.dots && points.size() > 1) continue;
    for (const Point& point : points) canvas.fill_circle(point, 3.6, color);
  }
}

// Paints the markers and returns the areas of their labels.
std::vector<Rect> paint_markers(Canvas& canvas, const Frame& frame, const PlotOptions& options) {
  std::vector<Rect> labels;
  const TextStyle style{.size = kLabelSize, .color = kInk, .align_y = AlignY::kTop, .halo = true};
  for (const PlotMarker& marker : options.markers) {
    if (!shown(marker.x, options.x_scale)) continue;
    const double x = std::round(frame.x(marker.x)) + 0.5, width = canvas.text_width(marker.label, style);
    canvas.line({x, frame.area().y}, {x, frame.bottom()}, {kMuted, 1.3, {4, 4}});
    const bool to_the_left = x + 7 + width > frame.right();
    Rect label{to_the_left ? x - 7 - width : x + 7, frame.area().y + 5, width, kLabelSize + 4};
    const auto overlaps = [&](const Rect& other) {
      return label.x < other.x + other.width + 6 && other.x < label.x + label.width + 6 &&
             std::abs(label.y - other.y) < label.height;
    };
    while (std::any_of(labels.begin(), labels.end(), overlaps)) label.y += label.height;
    canvas.text(marker.label, {label.x, label.y}, style);
    labels.push_back(label);
  }
  return labels;
}

// Returns the length of the part of a curve inside the box, in pixels across.
double length_inside(Rect box, std::span<const Point> curve) {
  constexpr int kSamples = 8;
  double length = 0;
  for (size_t k = 0; k < curve.size(); ++k) {
    const Point from = curve[k], to = curve[std::min(k + 1, curve.size() - 1)];
    for (int s = 0; s < kSamples; ++s) {
      const double t = static_cast<double>(s) / kSamples, x = std::lerp(from.x, to.x, t),
                   y = std::lerp(from.y, to.y, t);
      const bool inside = x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height;
      if (inside) length += (1 + std::abs(to.x - from.x)) / kSamples;
    }
  }
  return length;
}

// How much of the curves and labels a legend here would hide; the edges of bands have a small weight.
double hidden_by(Rect box, std::span<const PlotSeries> series, const Frame& frame, const PlotOptions& options,
                 std::span<const Rect> labels) {
  double hidden = 0;
  for (const PlotSeries& one : series) {
    for (const std::vector<size_t>& run : runs_of(one, options.x_scale)) {
      const auto add = [&](const std::vector<double>& values, double weight) {
        std::vector<Point> curve;
        if (values.empty()) return;
        for (const size_t i : run) curve.push_back(frame.at(one.x[i], values[i]));
        hidden += weight * length_inside(box, curve);
      };
      add(one.y, 1);
      add(one.low, 0.3);
      add(one.high, 0.3);
    }
  }
  for (const Rect& label : labels) {
    const bool apart = label.x > box.x + box.width || box.x > label.x + label.width ||
                       label.y > box.y + box.height || box.y > label.y + label.height;
    if (!apart) hidden += 1000;
  }
  return hidden;
}

void paint_legend(Canvas& canvas, std::span<const PlotSeries> series, const Frame& frame,
                  const PlotOptions& options, std::span<const Rect> labels) {
  constexpr double kSample = 28, kLine = 21, kPad = 10;
  const TextStyle style{.size = 13, .align_y = AlignY::kMiddle, .max_width = frame.area().width / 2};
  double text = 0, lines = 0;
  for (const PlotSeries& one : series) {
    text = std::max(text, canvas.text_width(one.name, style));
    lines += one.name.empty() ? 0 : 1;
  }
  if (lines == 0) return;
  const double width = text + kSample + 8 + 2 * kPad, height = lines * kLine + kPad;
  const double left = frame.area().x + 12, right = frame.right() - 12 - width;
  const double top = frame.area().y + 10, bottom = frame.bottom() - 12 - height;
  const std::array<Rect, 5> corners{{{right, top, width, height},
                                     {right, bottom, width, height},
                                     {left, bottom, width, height},
                                     {left, top, width, height},
                                     {right, (top + bottom) / 2, width, height}}};
  const Rect box = *std::min_element(corners.begin(), corners.end(), [&](const Rect& a, const Rect& b) {
    return hidden_by(a, series, frame, options, labels) < hidden_by(b, series, frame, options, labels);
  });
  canvas.fill(box, with_alpha(kWhite, 0.88), 4);
  canvas.outline(box, {kGrid, 1}, 4);
  double y = box.y + kPad / 2 + kLine / 2;
  for (size_t i = 0; i < series.size(); ++i) {
    if (series[i].name.empty()) continue;
    const Color color = color_of(series[i], i);
    canvas.line({box.x + kPad, y}, {box.x + kPad + kSample, y}, line_of(series[i], color));
    if (series[i].dots) canvas.fill_circle({box.x + kPad + kSample / 2, y}, 3.6, color);
    canvas.text(series[i].name, {box.x + kPad + kSample + 8, y}, style);
    y += kLine;
  }
}

}  // namespace

void draw_plot(std::span<const PlotSeries> series, const PlotOptions& options,
               const std::filesystem::path& path) {
  check_series(series);
  Canvas canvas(options.width, options.height);
  Frame frame(x_range(series, options), y_range(series, options), options.x_scale);
  frame.set_area({0, 0, static_cast<double>(options.width), static_cast<double>(options.height)});
  frame.set_area(plot_area(canvas, frame, options));
  paint_axes(canvas, frame, options);
  canvas.clip({frame.area().x, frame.area().y - 4, frame.area().width + 5, frame.area().height + 4});
  for (size_t i = 0; i < series.size(); ++i) {
    paint_series(canvas, frame, series[i], options, color_of(series[i], i));
  }
  canvas.unclip();
  const std::vector<Rect> labels = paint_markers(canvas, frame, options);
  paint_legend(canvas, series, frame, options, labels);
  canvas.write_png(path);
}

}  // namespace heed::rendering
