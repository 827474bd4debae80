// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

// As cairo.h declares them, so that whoever includes this header needs no Cairo.
typedef struct _cairo cairo_t;
typedef struct _cairo_surface cairo_surface_t;

namespace heed::rendering {

/// A colour with components from 0 to 1.
struct Color {
  double red = 0, green = 0, blue = 0, alpha = 1;
  bool operator==(const Color&) const = default;
};

inline constexpr Color kWhite{1, 1, 1};
inline constexpr Color kInk{0.13, 0.14, 0.16};    ///< text
inline constexpr Color kMuted{0.40, 0.42, 0.46};  ///< tick labels, notes
inline constexpr Color kGrid{0.885, 0.89, 0.90};  ///< light grid
inline constexpr Color kAxis{0.55, 0.57, 0.60};   ///< frames and axes

/// Returns `from` for amount 0 and `to` for amount 1.
Color mix(Color from, Color to, double amount);
Color with_alpha(Color color, double alpha);

/// Returns one of eight colours that people with any common colour blindness can distinguish (Okabe and Ito
/// 2008, yellow replaced by grey and olive, which are readable on white). Index 8 repeats the first.
Color series_color(size_t index);

struct Point {
  double x = 0, y = 0;
};
struct Rect {
  double x = 0, y = 0, width = 0, height = 0;
};
struct Stroke {
  Color color = kInk;
  double width = 1;
  std::vector<double> dashes = {};  ///< lengths on, off, on, ...; empty: solid
};

enum class AlignX { kLeft, kCenter, kRight };
enum class AlignY { kTop, kMiddle, kBaseline, kBottom };
struct TextStyle {
  double size = 13;
  Color color = kInk;
  AlignX align_x = AlignX::kLeft;
  AlignY align_y = AlignY::kBaseline;
  double degrees = 0;  ///< counterclockwise
  bool bold = false;
  bool halo = false;     ///< white outline, for text over lines
  double max_width = 0;  ///< pixels; longer text is cut and ends in an ellipsis; 0: no limit
};

class TextPage;

/// A picture of `width` x `height` pixels, x to the right and y down, on an opaque white background, drawn
/// with cairo. Skips points that are not finite. Text is one line in any script, by Pango: in DejaVu Sans, or in
/// another installed font where that has no glyph; a character that no font has becomes a box with its code. A
/// byte that is not valid UTF-8 is read as Latin-1.
///
/// Throws Error(kUsage) unless each side is 1 to 32,000 pixels, Error(kSystem) if there is not enough memory.
class Canvas {
 public:
  enum class Kind { kPixels, kVectors };  ///< for PNG, for SVG

  Canvas(int width, int height, Color background = kWhite, Kind kind = Kind::kPixels);
  int width() const { return width_; }
  int height() const { return height_; }

  void fill(Rect rect, Color color, double radius = 0);
  void outline(Rect rect, const Stroke& stroke, double radius = 0);
  void fill_circle(Point center, double radius, Color color);
  void outline_circle(Point center, double radius, const Stroke& stroke);
  void fill_polygon(std::span<const Point> corners, Color color);
  void line(Point from, Point to, const Stroke& stroke);
  void polyline(std::span<const Point> points, const Stroke& stroke);
  /// Draws a cubic curve with control points `near_from` and `near_to`.
  void curve(Point from, Point near_from, Point near_to, Point to, const Stroke& stroke);

  void text(const std::string& utf8, Point at, const TextStyle& style = {});
  double text_width(const std::string& utf8, const TextStyle& style = {});

  /// Draws a page of text from its upper left corner.
  void page(const TextPage& page, Point top_left, Color color = kInk);

  /// Clips drawing to `rect` until `unclip`. Does not nest.
  void clip(Rect rect);
  void unclip();

  /// Writes aside and renames. Throws Error(kSystem) on failure; `path` then stays unchanged.
  void write_png(const std::filesystem::path& path) const;
  /// Does the same with a canvas of either kind: PNG or SVG. Nothing can be drawn afterwards.
  void write(const std::filesystem::path& path);

 private:
  void trace(Rect rect, double radius);
  void stroke_path(const Stroke& stroke);
  void set_color(Color color);

  int width_, height_;
  std::unique_ptr<std::string> svg_;  ///< what is written so far; null for pixels
  std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t*)> surface_;
  std::unique_ptr<cairo_t, void (*)(cairo_t*)> context_;
};

}  // namespace heed::rendering
