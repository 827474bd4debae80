// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <string>

#include <pango/pangocairo.h>

#include "heed/rendering/canvas.h"

namespace heed::rendering {
namespace {

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

void append_latin1(unsigned char byte, std::string& utf8) {
  if (byte < 0xA0) {
    utf8 += '?';  // a control character
  } else {
    utf8 += static_cast<char>(0xC0 | byte >> 6);
    utf8 += static_cast<char>(0x80 | (byte & 0x3F));
  }
}

// Makes text that Pango takes without a warning on stderr. A byte that is not UTF-8 is read as Latin-1, in which old
// files name their tracks; control characters become spaces.
std::string drawable(const std::string& text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const size_t length = sequence_length(text, at);
    const bool control = length == 1 && (static_cast<unsigned char>(text[at]) < 0x20 || text[at] == 0x7F);
    if (length == 0) {
      append_latin1(static_cast<unsigned char>(text[at]), result);
    } else if (control) {
      result += ' ';
    } else {
      result.append(text, at, length);
    }
    at += std::max<size_t>(length, 1);
  }
  return result;
}

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
