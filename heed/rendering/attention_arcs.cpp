// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/attention_arcs.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include "heed/rendering/canvas.h"
#include "heed/rendering/legend.h"
#include "heed/rendering/piano_roll.h"
#include "heed/rendering/roll_layout.h"

namespace heed::rendering {
namespace {

constexpr double kHeadroom = 96;  // height in pixels for the arcs above the roll
constexpr Color kGreyNote{0.70, 0.72, 0.75};

void check_arcs(std::span<const ArcPoint> points, std::span<const AttentionArc> arcs) {
  const auto count = static_cast<int64_t>(points.size());
  for (const AttentionArc& arc : arcs) {
    if (arc.from < 0 || arc.to < 0 || arc.from >= count || arc.to >= count) {
      throw std::invalid_argument("[draw_attention_arcs] an arc joins tokens " + std::to_string(arc.from) +
                                  " and " + std::to_string(arc.to) + ", there are " + std::to_string(count));
    }
  }
}

// Selects the arcs to draw, light ones first so that heavy ones are on top.
std::vector<AttentionArc> select_arcs(std::span<const AttentionArc> arcs,
                                      const AttentionArcsOptions& options) {
  std::vector<AttentionArc> kept;
  for (const AttentionArc& arc : arcs) {
    if (std::isfinite(arc.weight) && arc.weight > 0 && arc.weight >= options.threshold) kept.push_back(arc);
  }
  std::stable_sort(kept.begin(), kept.end(),
                   [](const auto& a, const auto& b) { return a.weight > b.weight; });
  if (options.top > 0) {
    std::map<std::pair<int, int>, int> seen;
    std::erase_if(kept, [&](const auto& arc) { return ++seen[{arc.from, arc.head}] > options.top; });
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

std::vector<int> heads_of(std::span<const AttentionArc> arcs) {
  std::set<int> heads;
  for (const AttentionArc& arc : arcs) heads.insert(arc.head);
  return {heads.begin(), heads.end()};
}

Point pixel_of(const RollLayout& layout, const ArcPoint& point) {
  const RollRow& row = layout.rows.front();
  const bool on_roll = point.pitch >= layout.low_pitch && point.pitch <= layout.high_pitch;
  return {layout.x(row, point.seconds), on_roll ? layout.y(row, point.pitch) : layout.bottom(row)};
}

class ArcPainter {
 public:
  ArcPainter(Canvas& canvas, const RollLayout& layout, std::span<const ArcPoint> points,
             std::vector<int> heads)
      : canvas_(canvas), layout_(layout), points_(points), heads_(std::move(heads)) {}

  /// Call it before painting: the longest of these arcs gets the greatest height.
  void measure(std::span<const AttentionArc> arcs) {
    for (const AttentionArc& arc : arcs) {
      const double from = points_[static_cast<size_t>(arc.from)].seconds;
      const double length =
          std::abs(from - points_[static_cast<size_t>(arc.to)].seconds) * layout_.width / layout_.seconds;
      if (std::isfinite(length)) longest_ = std::max(longest_, std::min(length, layout_.width));
    }
  }

  Color color(int head) const {
    return series_color(
        static_cast<size_t>(std::lower_bound(heads_.begin(), heads_.end(), head) - heads_.begin()));
  }

  // `share` is the weight relative to the heaviest one, 0 to 1.
  void paint(const AttentionArc& arc, double share) {
    const Point from = pixel_of(layout_, points_[static_cast<size_t>(arc.from)]);
    const Point to = pixel_of(layout_, points_[static_cast<size_t>(arc.to)]);
    const Stroke stroke{with_alpha(color(arc.head), 0.18 + 0.72 * share), 0.8 + 3.2 * std::sqrt(share)};
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
    canvas_.fill_circle(to, 1.6 + 1.8 * std::sqrt(share), with_alpha(color(arc.head), 0.35 + 0.6 * share));
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
  std::vector<int> heads_;
  double longest_ = 100;  // pixels
};

// A colour for each head, as ArcPainter::color gives it. A head whose attention is spread thin has no arc, which is said.
std::vector<LegendEntry> head_legend(std::span<const int> heads, std::span<const AttentionArc> kept,
                                     double threshold) {
  std::vector<LegendEntry> legend;
  for (size_t i = 0; i < heads.size(); ++i) {
    const auto of_head = [&](const AttentionArc& arc) { return arc.head == heads[i]; };
    std::string name = "head " + std::to_string(heads[i]);
    if (std::none_of(kept.begin(), kept.end(), of_head)) {
      char note[48] = " (no weight)";
      if (threshold > 0) std::snprintf(note, sizeof note, " (no weight of %g %%)", 100 * threshold);
      name += note;
    }
    legend.push_back({name, {series_color(i)}});
  }
  return legend;
}

}  // namespace

void draw_attention_arcs(const music::Score& score, std::span<const ArcPoint> points,
                         std::span<const AttentionArc> arcs, const AttentionArcsOptions& options,
                         const std::filesystem::path& path) {
  check_arcs(points, arcs);
  const std::vector<AttentionArc> kept = select_arcs(arcs, options);
  const std::vector<int> heads = heads_of(arcs);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Heading heading(options.title, head_legend(heads, kept, options.threshold),
                        roll_width(options.width));
  const RollLayout layout =
      layout_roll(score, {.width = options.width,
                          .row_seconds = kInfinity,
                          .begin_seconds = options.begin_seconds,
                          .end_seconds = options.end_seconds > 0 ? options.end_seconds : kInfinity,
                          .margin_top = std::max(14.0, heading.height() - 4),
                          .headroom = kHeadroom});
  Canvas canvas(options.width, layout.picture_height);
  paint_roll(canvas, score, layout, {.bars = options.bars}, [](const music::Note&) { return kGreyNote; });

  ArcPainter painter(canvas, layout, points, heads);
  painter.measure(kept);
  heading.draw(canvas, layout.left);
  const RollRow& row = layout.rows.front();
  canvas.clip({layout.left - 4, row.top - kHeadroom, layout.right(row) - layout.left + 10,
               kHeadroom + layout.row_height() + 6});
  const double heaviest = kept.empty() ? 1 : kept.back().weight;
  for (const AttentionArc& arc : kept) painter.paint(arc, arc.weight / heaviest);
  std::set<int> queries;
  for (const AttentionArc& arc : kept) queries.insert(arc.from);
  for (const int token : queries) painter.paint_query(token);
  canvas.unclip();
  canvas.write_png(path);
}

}  // namespace heed::rendering
