// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/attention_arcs.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "heed/rendering/canvas.h"
#include "heed/rendering/legend.h"
#include "heed/rendering/piano_roll.h"
#include "heed/rendering/roll_layout.h"

namespace heed::rendering {
namespace {

constexpr double kHeadroom = 96;  // height in pixels for the arcs above the roll
constexpr Color kGreyNote{0.70, 0.72, 0.75};

Point pixel_of(const RollLayout& layout, const ArcPoint& point) {
  const RollRow& row = layout.rows.front();
  const bool on_roll = point.pitch >= layout.low_pitch && point.pitch <= layout.high_pitch;
  return {layout.x(row, point.seconds), on_roll ? layout.y(row, point.pitch) : layout.bottom(row)};
}

class ArcPainter {
 public:
  /// The longest arc gets the greatest height.
  ArcPainter(Canvas& canvas, const RollLayout& layout, std::span<const ArcPoint> points,
             const ArcChoice& choice)
      : canvas_(canvas), layout_(layout), points_(points), choice_(choice) {
    for (const AttentionArc& arc : choice.kept()) {
      const double from = points_[static_cast<size_t>(arc.from)].seconds;
      const double length =
          std::abs(from - points_[static_cast<size_t>(arc.to)].seconds) * layout_.width / layout_.seconds;
      if (std::isfinite(length)) longest_ = std::max(longest_, std::min(length, layout_.width));
    }
  }

  void paint(const AttentionArc& arc) {
    const Point from = pixel_of(layout_, points_[static_cast<size_t>(arc.from)]);
    const Point to = pixel_of(layout_, points_[static_cast<size_t>(arc.to)]);
    const Stroke stroke = choice_.stroke(arc);
    if (arc.from == arc.to) {
      canvas_.outline_circle(from, 8, stroke);
      return;
    }
    // Near keys get low arcs; the farthest one fills the free space above the roll. A cubic reaches three
    // quarters of the height of its control points.
    const double higher = std::min(from.y, to.y), highest = layout_.rows.front().top - kHeadroom + 8;
    const double reach = std::sqrt(std::min(1.0, std::abs(to.x - from.x) / longest_));
    const double control = higher + std::lerp(-20.0, highest - higher, reach) * 4 / 3;
    const double lean = 0.15 * (to.x - from.x);
    canvas_.curve(from, {from.x + lean, control}, {to.x - lean, control}, to, stroke);
    choice_.paint_key(canvas_, to, arc);
  }

  void paint_query(int token) {
    const Point at = pixel_of(layout_, points_[static_cast<size_t>(token)]);
    canvas_.fill_circle(at, 5, kWhite);
    canvas_.outline_circle(at, 5, {kInk, 1.8});
  }

 private:
  Canvas& canvas_;
  const RollLayout& layout_;
  std::span<const ArcPoint> points_;
  const ArcChoice& choice_;
  double longest_ = 100;  // pixels
};

}  // namespace

void draw_attention_arcs(const music::Score& score, std::span<const ArcPoint> points,
                         std::span<const AttentionArc> arcs, const AttentionArcsOptions& options,
                         const std::filesystem::path& path) {
  const ArcChoice choice(arcs, static_cast<int64_t>(points.size()), options.threshold, options.top,
                         "draw_attention_arcs");
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Heading heading(options.title, choice.legend(), roll_width(options.width));
  const RollLayout layout =
      layout_roll(score, {.width = options.width,
                          .row_seconds = kInfinity,
                          .begin_seconds = options.begin_seconds,
                          .end_seconds = options.end_seconds > 0 ? options.end_seconds : kInfinity,
                          .margin_top = std::max(14.0, heading.height() - 4),
                          .headroom = kHeadroom});
  Canvas canvas(options.width, layout.picture_height);
  paint_roll(canvas, score, layout, {.bars = options.bars}, [](const music::Note&) { return kGreyNote; });

  ArcPainter painter(canvas, layout, points, choice);
  heading.draw(canvas, layout.left);
  const RollRow& row = layout.rows.front();
  canvas.clip({layout.left - 4, row.top - kHeadroom, layout.right(row) - layout.left + 10,
               kHeadroom + layout.row_height() + 6});
  for (const AttentionArc& arc : choice.kept()) painter.paint(arc);
  for (const int token : choice.queries()) painter.paint_query(token);
  canvas.unclip();
  canvas.write_png(path);
}

}  // namespace heed::rendering
