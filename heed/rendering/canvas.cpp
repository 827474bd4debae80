// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/canvas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <cairo.h>

#include "heed/core/error.h"
#include "heed/core/files.h"

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

// Length of the UTF-8 sequence that starts at `at`; 0 if there is none.
size_t sequence_length(const std::string& text, size_t at) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte(at);
  const size_t length = lead < 0x80                    ? 1
                        : lead >= 0xC2 && lead < 0xE0  ? 2
                        : lead >= 0xE0 && lead < 0xF0  ? 3
                        : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                       : 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80) return 0;
  }
  const unsigned second = byte(at + 1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool not_a_character = (lead == 0xED && second >= 0xA0) || (lead == 0xF4 && second >= 0x90);
  return overlong || not_a_character ? 0 : length;
}

// Replaces malformed bytes: one of them would put cairo's context into an error state and lose everything
// drawn after it.
std::string drawable(const std::string& text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const size_t length = sequence_length(text, at);
    const bool control = length == 1 && (static_cast<unsigned char>(text[at]) < 0x20 || text[at] == 0x7F);
    if (length == 0) {
      result += '?';
    } else if (control) {
      result += ' ';
    } else {
      result.append(text, at, length);
    }
    at += std::max<size_t>(length, 1);
  }
  return result;
}

cairo_status_t append_bytes(void* closure, const unsigned char* data, unsigned length) {
  try {
    static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
  } catch (...) {
    return CAIRO_STATUS_NO_MEMORY;
  }
}

cairo_surface_t* make_surface(int width, int height) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    throw Error(ErrorKind::kUsage, "cannot draw a picture of " + std::to_string(width) + " x " +
                                       std::to_string(height) + " pixels: each side must be 1 to 32000");
  }
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

Canvas::Canvas(int width, int height, Color background)
    : width_(width),
      height_(height),
      surface_(make_surface(width, height), cairo_surface_destroy),
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

void Canvas::select_font(const TextStyle& style) {
  cairo_select_font_face(context_.get(), "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                         style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(context_.get(), style.size);
}

double Canvas::text_width(const std::string& utf8, const TextStyle& style) {
  select_font(style);
  cairo_text_extents_t extents{};
  cairo_text_extents(context_.get(), drawable(utf8).c_str(), &extents);
  return extents.x_advance;
}

void Canvas::text(const std::string& utf8, Point at, const TextStyle& style) {
  if (!finite(at) || utf8.empty()) return;
  cairo_t* cairo = context_.get();
  const std::string shown = drawable(utf8);
  const double width = text_width(utf8, style);
  // Heights depend on the size, not on the letters, so that neighbouring labels share a baseline.
  const double cap_height = 0.73 * style.size, descent = 0.22 * style.size;
  const double dx = style.align_x == AlignX::kLeft     ? 0
                    : style.align_x == AlignX::kCenter ? -width / 2
                                                       : -width;
  const double dy = style.align_y == AlignY::kTop      ? cap_height
                    : style.align_y == AlignY::kMiddle ? cap_height / 2
                    : style.align_y == AlignY::kBottom ? -descent
                                                       : 0;
  cairo_save(cairo);
  cairo_translate(cairo, at.x, at.y);
  cairo_rotate(cairo, -style.degrees * std::numbers::pi / 180);
  if (style.halo) {
    cairo_move_to(cairo, dx, dy);
    cairo_text_path(cairo, shown.c_str());
    stroke_path({with_alpha(kWhite, 0.9), 3.5});
  }
  set_color(style.color);
  cairo_move_to(cairo, dx, dy);
  cairo_show_text(cairo, shown.c_str());
  cairo_restore(cairo);
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

void draw_legend_line(Canvas& canvas, std::span<const LegendEntry> entries, Point right_middle) {
  constexpr double kBox = 12, kGap = 6, kBetween = 18;
  const TextStyle style{.size = 13, .align_y = AlignY::kMiddle};
  double x = right_middle.x;
  for (size_t i = entries.size(); i-- > 0;) {
    x -= canvas.text_width(entries[i].name, style);
    canvas.text(entries[i].name, {x, right_middle.y}, style);
    x -= kBox + kGap;
    canvas.fill({x, right_middle.y - kBox / 2, kBox, kBox}, entries[i].color, 2);
    x -= kBetween;
  }
}

}  // namespace heed::rendering
