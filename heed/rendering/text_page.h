// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "heed/rendering/canvas.h"

// As pango-layout.h declares it, so that whoever includes this header needs no Pango.
typedef struct _PangoLayout PangoLayout;

namespace heed::rendering {

/// A text laid out as a page by Pango, in any script and direction: wrapped at words to a width, with its line
/// ends kept. Canvas::page() draws it.
class TextPage {
 public:
  /// Width of the page and size of the letters in pixels. Bytes that are not UTF-8 are drawn as question marks,
  /// control characters as blanks.
  TextPage(std::string_view text, double width, double size);

  double width() const;  ///< of the longest line
  double height() const;
  size_t lines() const { return lines_.size(); }
  /// First byte of a line; the length of the text for a line past the last.
  size_t line_begin(size_t line) const;

  /// The rectangles that the bytes [begin, end) of the text cover, from the page's upper left corner: one for
  /// each line, and more where a line mixes directions. A range that ends inside a character is extended to all
  /// of it. Line ends cover nothing.
  std::vector<Rect> boxes(size_t begin, size_t end) const;

 private:
  friend class Canvas;
  struct Line {
    size_t begin, end;   // bytes
    double top, height;  // pixels
  };

  std::string text_;
  std::unique_ptr<PangoLayout, void (*)(void*)> layout_;
  std::vector<Line> lines_;
};

}  // namespace heed::rendering
