// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "heed/rendering/canvas.h"

namespace heed::rendering {

/// A name with a box in one colour, or in several from left to right.
struct LegendEntry {
  std::string name;
  std::vector<Color> colors;
};

/// The head of a picture: a title, and a legend on its right. Where both do not fit into one line, the legend
/// continues in lines below; long names, and a title wider than the picture, end in an ellipsis.
class Heading {
 public:
  /// `width` is that of the head in pixels.
  Heading(std::string title, std::vector<LegendEntry> legend, double width);

  /// Height in pixels; 0 without a title and a legend.
  double height() const;
  /// Draws at the top of the picture, from `left` to `left + width`.
  void draw(Canvas& canvas, double left) const;

 private:
  struct Line {
    size_t begin = 0, end = 0;  ///< entries
    double width = 0;
  };
  void draw_line(Canvas& canvas, const Line& line, Point left_middle) const;

  std::string title_;
  std::vector<LegendEntry> legend_;
  double width_, title_width_ = 0;
  std::vector<double> entry_widths_;
  std::vector<Line> lines_;
  bool beside_ = true;  ///< the legend is beside the title
};

}  // namespace heed::rendering
