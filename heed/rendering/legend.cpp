// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/legend.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace heed::rendering {
namespace {

constexpr double kBox = 12, kBoxGap = 6, kBetween = 18, kLongestName = 240;
constexpr double kHeadHeight = 48, kLineHeight = 22, kTitleMiddle = 24;
constexpr TextStyle kTitleStyle{.size = 17, .align_y = AlignY::kMiddle, .bold = true};
constexpr TextStyle kEntryStyle{.size = 13, .align_y = AlignY::kMiddle, .max_width = kLongestName};

double box_width(const LegendEntry& entry) {
  return kBox * static_cast<double>(std::max<size_t>(entry.colors.size(), 1));
}

}  // namespace

Heading::Heading(std::string title, std::vector<LegendEntry> legend, double width)
    : title_(std::move(title)), legend_(std::move(legend)), width_(width) {
  Canvas ruler(1, 1);
  title_width_ = title_.empty() ? 0 : ruler.text_width(title_, kTitleStyle);
  for (const LegendEntry& entry : legend_)
    entry_widths_.push_back(box_width(entry) + kBoxGap + ruler.text_width(entry.name, kEntryStyle));
  for (size_t i = 0; i < legend_.size(); ++i) {
    const bool fits = !lines_.empty() && lines_.back().width + kBetween + entry_widths_[i] <= width;
    if (fits) {
      lines_.back().width += kBetween + entry_widths_[i];
      ++lines_.back().end;
    } else {
      lines_.push_back({i, i + 1, entry_widths_[i]});
    }
  }
  const double beside = lines_.size() == 1 ? lines_.front().width + 2 * kBetween : 0;
  beside_ = lines_.size() <= 1 && std::min(title_width_, width / 2) + beside <= width;
}

double Heading::height() const {
  if (title_.empty() && legend_.empty()) return 0;
  const size_t below = beside_ ? 0 : lines_.size() - (title_.empty() ? 1 : 0);
  return kHeadHeight + kLineHeight * static_cast<double>(below);
}

void Heading::draw(Canvas& canvas, double left) const {
  TextStyle style = kTitleStyle;
  style.max_width = width_;
  if (beside_ && !lines_.empty()) style.max_width -= lines_.front().width + 2 * kBetween;
  canvas.text(title_, {left, kTitleMiddle}, style);
  if (beside_) {
    if (!lines_.empty())
      draw_line(canvas, lines_.front(), {left + width_ - lines_.front().width, kTitleMiddle});
    return;
  }
  double middle = kTitleMiddle + (title_.empty() ? 0 : kLineHeight);
  for (const Line& line : lines_) {
    draw_line(canvas, line, {left, middle});
    middle += kLineHeight;
  }
}

void Heading::draw_line(Canvas& canvas, const Line& line, Point left_middle) const {
  double x = left_middle.x;
  for (size_t i = line.begin; i < line.end; ++i) {
    const LegendEntry& entry = legend_[i];
    double box = x;
    for (const Color& color : entry.colors) {
      canvas.fill({box, left_middle.y - kBox / 2, kBox, kBox}, color, entry.colors.size() == 1 ? 2 : 0);
      box += kBox;
    }
    canvas.text(entry.name, {x + box_width(entry) + kBoxGap, left_middle.y}, kEntryStyle);
    x += entry_widths_[i] + kBetween;
  }
}

}  // namespace heed::rendering
