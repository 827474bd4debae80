// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <string>

#include <pango/pangocairo.h>

#include "heed/rendering/canvas.h"
#include "heed/rendering/drawable_text.h"

namespace heed::rendering {
namespace {

using Layout = std::unique_ptr<PangoLayout, void (*)(gpointer)>;

// One line of text. Pango takes the glyphs that DejaVu Sans does not have from other fonts, joins letters and orders
// words from right to left where the script asks for it.
Layout make_text_layout(cairo_t* cairo, const std::string& utf8, const TextStyle& style) {
  Layout layout(pango_cairo_create_layout(cairo), g_object_unref);
  const std::unique_ptr<PangoFontDescription, void (*)(PangoFontDescription*)> font(
      pango_font_description_new(), pango_font_description_free);
  pango_font_description_set_family_static(font.get(), "DejaVu Sans");
  pango_font_description_set_weight(font.get(), style.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_font_description_set_absolute_size(font.get(), style.size * PANGO_SCALE);
  pango_layout_set_font_description(layout.get(), font.get());
  pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
  const std::string shown = drawable(utf8);
  pango_layout_set_text(layout.get(), shown.data(), static_cast<int>(shown.size()));
  int width = 0;
  pango_layout_get_size(layout.get(), &width, nullptr);
  if (style.max_width > 0 && width > style.max_width * PANGO_SCALE) {
    pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
    pango_layout_set_width(layout.get(), static_cast<int>(style.max_width * PANGO_SCALE));
  }
  return layout;
}

// Left edge and width of a line. Text from right to left does not begin at 0.
struct Extent {
  double left, width;
};
Extent extent_of(PangoLayout* layout) {
  PangoRectangle logical;
  pango_layout_get_extents(layout, nullptr, &logical);
  return {static_cast<double>(logical.x) / PANGO_SCALE, static_cast<double>(logical.width) / PANGO_SCALE};
}

}  // namespace

double Canvas::text_width(const std::string& utf8, const TextStyle& style) {
  return extent_of(make_text_layout(context_.get(), utf8, style).get()).width;
}

void Canvas::text(const std::string& utf8, Point at, const TextStyle& style) {
  if (!std::isfinite(at.x) || !std::isfinite(at.y) || utf8.empty()) return;
  cairo_t* cairo = context_.get();
  const Layout layout = make_text_layout(cairo, utf8, style);
  const auto [left, width] = extent_of(layout.get());
  // Heights depend on the size, not on the letters, so that neighbouring labels share a baseline.
  const double cap_height = 0.73 * style.size, descent = 0.22 * style.size;
  const double dx = style.align_x == AlignX::kLeft     ? 0
                    : style.align_x == AlignX::kCenter ? -width / 2
                                                       : -width;
  const double dy = style.align_y == AlignY::kTop      ? cap_height
                    : style.align_y == AlignY::kMiddle ? cap_height / 2
                    : style.align_y == AlignY::kBottom ? -descent
                                                       : 0;
  const double baseline = static_cast<double>(pango_layout_get_baseline(layout.get())) / PANGO_SCALE;
  cairo_save(cairo);
  cairo_translate(cairo, at.x, at.y);
  cairo_rotate(cairo, -style.degrees * std::numbers::pi / 180);
  pango_cairo_update_layout(cairo, layout.get());
  if (style.halo) {
    cairo_move_to(cairo, dx - left, dy - baseline);
    pango_cairo_layout_path(cairo, layout.get());
    stroke_path({with_alpha(kWhite, 0.9), 3.5});
  }
  set_color(style.color);
  cairo_move_to(cairo, dx - left, dy - baseline);
  pango_cairo_show_layout(cairo, layout.get());
  cairo_restore(cairo);
}

}  // namespace heed::rendering
