// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/text_page.h"

#include <algorithm>
#include <cmath>

#include <pango/pangocairo.h>

#include "heed/rendering/drawable_text.h"

namespace heed::rendering {
namespace {

PangoLayout* make_page_layout(const std::string& text, double width, double size) {
  const std::unique_ptr<PangoContext, void (*)(gpointer)> context(
      pango_font_map_create_context(pango_cairo_font_map_get_default()), g_object_unref);
  PangoLayout* layout = pango_layout_new(context.get());
  const std::unique_ptr<PangoFontDescription, void (*)(PangoFontDescription*)> font(
      pango_font_description_new(), pango_font_description_free);
  pango_font_description_set_family_static(font.get(), "DejaVu Sans");
  pango_font_description_set_absolute_size(font.get(), size * PANGO_SCALE);
  pango_layout_set_font_description(layout, font.get());
  pango_layout_set_width(layout, static_cast<int>(width * PANGO_SCALE));
  pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_line_spacing(layout, 1.35F);
  pango_layout_set_text(layout, text.data(), static_cast<int>(text.size()));
  return layout;
}

double pixels(int units) {
  return static_cast<double>(units) / PANGO_SCALE;
}

}  // namespace

TextPage::TextPage(std::string_view text, double width, double size)
    : text_(drawable_in_place(text)), layout_(make_page_layout(text_, width, size), g_object_unref) {
  const std::unique_ptr<PangoLayoutIter, void (*)(PangoLayoutIter*)> at(pango_layout_get_iter(layout_.get()),
                                                                        pango_layout_iter_free);
  do {
    const PangoLayoutLine* line = pango_layout_iter_get_line_readonly(at.get());
    int top = 0, bottom = 0;
    pango_layout_iter_get_line_yrange(at.get(), &top, &bottom);
    const auto begin = static_cast<size_t>(line->start_index);
    lines_.push_back({begin, begin + static_cast<size_t>(line->length), pixels(top), pixels(bottom - top)});
  } while (pango_layout_iter_next_line(at.get()));
}

double TextPage::width() const {
  double widest = 0;
  for (const Rect& box : boxes(0, text_.size())) widest = std::max(widest, box.width);
  return std::ceil(widest);
}

double TextPage::height() const {
  return std::ceil(lines_.back().top + lines_.back().height);
}

size_t TextPage::line_begin(size_t line) const {
  return line < lines_.size() ? lines_[line].begin : text_.size();
}

std::vector<Rect> TextPage::boxes(size_t begin, size_t end) const {
  const auto inside = [&](size_t at) {
    return at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xC0U) == 0x80;
  };
  while (begin > 0 && inside(begin)) --begin;
  while (inside(end)) ++end;
  std::vector<Rect> boxes;
  for (size_t i = 0; i < lines_.size(); ++i) {
    const Line& line = lines_[i];
    const size_t first = std::max(begin, line.begin), last = std::min(end, line.end);
    if (first >= last) continue;
    int *ranges = nullptr, count = 0;
    pango_layout_line_get_x_ranges(pango_layout_get_line_readonly(layout_.get(), static_cast<int>(i)),
                                   static_cast<int>(first), static_cast<int>(last), &ranges, &count);
    for (int k = 0; k < count; ++k) {
      const double left = pixels(ranges[2 * k]), right = pixels(ranges[2 * k + 1]);
      if (right > left) boxes.push_back({left, line.top, right - left, line.height});
    }
    g_free(ranges);
  }
  return boxes;
}

void Canvas::page(const TextPage& page, Point top_left, Color color) {
  set_color(color);
  cairo_move_to(context_.get(), top_left.x, top_left.y);
  pango_cairo_show_layout(context_.get(), page.layout_.get());
}

}  // namespace heed::rendering
