// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/canvas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <cairo-svg.h>
#include <cairo.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/memory.h"

namespace heed::rendering {
namespace {

constexpr int kMaxSide = 32000;  // cairo's limit is 32,767

bool finite(Point point) {
  return std::isfinite(point.x) && std::isfinite(point.y);
}
bool finite(Rect rect) {
  return std::isfinite(rect.x) && std::isfinite(rect.y) && std::isfinite(rect.width) &&
         std::isfinite(rect.height);
}

cairo_status_t append_bytes(void* closure, const unsigned char* data, unsigned length) {
  try {
    static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
  } catch (...) {
    return CAIRO_STATUS_NO_MEMORY;
  }
}

/// What text needs of addresses at its first use: fonts, their list, and a thread of Pango's. Without them GLib and
/// Fontconfig end the program.
constexpr double kTextBytes = 100e6;

cairo_surface_t* make_surface(int width, int height, std::string* svg) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    throw Error(ErrorKind::kUsage, "cannot draw a picture of " + std::to_string(width) + " x " +
                                       std::to_string(height) + " pixels: each side must be 1 to 32000");
  }
  if (svg != nullptr) return cairo_svg_surface_create_for_stream(append_bytes, svg, width, height);
  expect_memory(4.0 * width * height + kTextBytes, "a picture and its fonts");
  return cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
}

}  // namespace

Color mix(Color from, Color to, double amount) {
  const double t = std::clamp(amount, 0.0, 1.0);
  return {std::lerp(from.red, to.red, t), std::lerp(from.green, to.green, t),
          std::lerp(from.blue, to.blue, t), std::lerp(from.alpha, to.alpha, t)};
}

Color with_alpha(Color color, double alpha) {
  color.alpha = std::clamp(alpha, 0.0, 1.0);
  return color;
}

Color series_color(size_t index) {
  static constexpr std::array<Color, 8> kColors{{{0.000, 0.447, 0.698},
                                                 {0.835, 0.369, 0.000},
                                                 {0.000, 0.620, 0.451},
                                                 {0.760, 0.400, 0.620},
                                                 {0.902, 0.624, 0.000},
                                                 {0.337, 0.706, 0.914},
                                                 {0.300, 0.300, 0.320},
                                                 {0.520, 0.480, 0.120}}};
  return kColors[index % kColors.size()];
}

Canvas::Canvas(int width, int height, Color background, Kind kind)
    : width_(width),
      height_(height),
      svg_(kind == Kind::kVectors ? std::make_unique<std::string>() : nullptr),
      surface_(make_surface(width, height, svg_.get()), cairo_surface_destroy),
      context_(cairo_create(surface_.get()), cairo_destroy) {
  if (cairo_status(context_.get()) != CAIRO_STATUS_SUCCESS) {
    throw Error(ErrorKind::kSystem, std::string("cannot make a picture: ") +
                                        cairo_status_to_string(cairo_status(context_.get())));
  }
  set_color(with_alpha(background, 1));
  cairo_paint(context_.get());
  cairo_set_line_cap(context_.get(), CAIRO_LINE_CAP_BUTT);
  cairo_set_line_join(context_.get(), CAIRO_LINE_JOIN_ROUND);
}

void Canvas::set_color(Color color) {
  cairo_set_source_rgba(context_.get(), color.red, color.green, color.blue, color.alpha);
}

void Canvas::trace(Rect rect, double radius) {
  cairo_t* cairo = context_.get();
  cairo_new_path(cairo);
  const double r = std::min({radius, rect.width / 2, rect.height / 2});
  if (r <= 0) {
    cairo_rectangle(cairo, rect.x, rect.y, rect.width, rect.height);
    return;
  }
  constexpr double kQuarter = std::numbers::pi / 2;
  cairo_arc(cairo, rect.x + rect.width - r, rect.y + r, r, -kQuarter, 0);
  cairo_arc(cairo, rect.x + rect.width - r, rect.y + rect.height - r, r, 0, kQuarter);
  cairo_arc(cairo, rect.x + r, rect.y + rect.height - r, r, kQuarter, 2 * kQuarter);
  cairo_arc(cairo, rect.x + r, rect.y + r, r, 2 * kQuarter, 3 * kQuarter);
  cairo_close_path(cairo);
}

void Canvas::stroke_path(const Stroke& stroke) {
  cairo_t* cairo = context_.get();
  set_color(stroke.color);
  cairo_set_line_width(cairo, stroke.width);
  cairo_set_dash(cairo, stroke.dashes.data(), static_cast<int>(stroke.dashes.size()), 0);
  cairo_stroke(cairo);
}

void Canvas::fill(Rect rect, Color color, double radius) {
  if (!finite(rect)) return;
  trace(rect, radius);
  set_color(color);
  cairo_fill(context_.get());
}

void Canvas::outline(Rect rect, const Stroke& stroke, double radius) {
  if (!finite(rect)) return;
  trace(rect, radius);
  stroke_path(stroke);
}

void Canvas::fill_circle(Point center, double radius, Color color) {
  if (!finite(center)) return;
  cairo_new_path(context_.get());
  cairo_arc(context_.get(), center.x, center.y, radius, 0, 2 * std::numbers::pi);
  set_color(color);
  cairo_fill(context_.get());
}

void Canvas::outline_circle(Point center, double radius, const Stroke& stroke) {
  if (!finite(center)) return;
  cairo_new_path(context_.get());
  cairo_arc(context_.get(), center.x, center.y, radius, 0, 2 * std::numbers::pi);
  stroke_path(stroke);
}

void Canvas::fill_polygon(std::span<const Point> corners, Color color) {
  cairo_new_path(context_.get());
  for (const Point& corner : corners) {
    if (finite(corner)) cairo_line_to(context_.get(), corner.x, corner.y);
  }
  cairo_close_path(context_.get());
  set_color(color);
  cairo_fill(context_.get());
}

void Canvas::line(Point from, Point to, const Stroke& stroke) {
  polyline(std::array{from, to}, stroke);
}

void Canvas::polyline(std::span<const Point> points, const Stroke& stroke) {
  cairo_new_path(context_.get());
  for (const Point& point : points) {
    if (finite(point)) cairo_line_to(context_.get(), point.x, point.y);
  }
  stroke_path(stroke);
}

void Canvas::curve(Point from, Point near_from, Point near_to, Point to, const Stroke& stroke) {
  if (!finite(from) || !finite(near_from) || !finite(near_to) || !finite(to)) return;
  cairo_new_path(context_.get());
  cairo_move_to(context_.get(), from.x, from.y);
  cairo_curve_to(context_.get(), near_from.x, near_from.y, near_to.x, near_to.y, to.x, to.y);
  stroke_path(stroke);
}

void Canvas::clip(Rect rect) {
  unclip();
  cairo_rectangle(context_.get(), rect.x, rect.y, rect.width, rect.height);
  cairo_clip(context_.get());
}

void Canvas::unclip() {
  cairo_new_path(context_.get());
  cairo_reset_clip(context_.get());
}

void Canvas::write_png(const std::filesystem::path& path) const {
  std::string png;
  cairo_status_t status = cairo_status(context_.get());
  if (status == CAIRO_STATUS_SUCCESS) {
    status = cairo_surface_write_to_png_stream(surface_.get(), append_bytes, &png);
  }
  if (status != CAIRO_STATUS_SUCCESS) {
    throw Error(ErrorKind::kSystem, std::string("cannot draw: ") + cairo_status_to_string(status),
                path.string());
  }
  write_atomically(path, png);
}

void Canvas::write(const std::filesystem::path& path) {
  if (svg_ == nullptr) return write_png(path);
  cairo_surface_finish(surface_.get());
  const cairo_status_t status = cairo_surface_status(surface_.get());
  if (status != CAIRO_STATUS_SUCCESS)
    throw Error(ErrorKind::kSystem, std::string("cannot draw: ") + cairo_status_to_string(status),
                path.string());
  write_atomically(path, *svg_);
}

}  // namespace heed::rendering
