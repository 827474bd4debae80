// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/text_arcs.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "heed/rendering/canvas.h"

namespace heed::rendering {
namespace {

constexpr double kTextMargin = 28, kWordGap = 0.5;  // gap as a share of the size
constexpr double kHighestArc = 110, kLowestArc = 16;

/// Where a word stands.
struct WordBox {
  Rect box;  // of its letters
  int line = 0;
  Point above() const { return {box.x + box.width / 2, box.y - 2}; }
  Point below() const { return {box.x + box.width / 2, box.y + box.height + 2}; }
};

struct WordLayout {
  std::vector<WordBox> words;
  double width = 0;  // of the longest line
  int lines = 0;
};

WordLayout lay_out(std::span<const std::string> words, const TextArcsOptions& options) {
  Canvas ruler(1, 1);
  const double room = options.width - 2 * kTextMargin, gap = kWordGap * options.size;
  WordLayout layout;
  double x = 0;
  for (const std::string& word : words) {
    const double width = ruler.text_width(word, {.size = options.size, .max_width = room});
    if (x > 0 && x + width > room) {
      x = 0;
      ++layout.lines;
    }
    layout.words.push_back({{x, 0, width, 1.2 * options.size}, layout.lines});
    layout.width = std::max(layout.width, x + width);
    x += width + gap;
  }
  ++layout.lines;
  return layout;
}

/// The height of the highest arc within a line above `line`.
double reach_of(double distance, double longest) {
  return std::lerp(kLowestArc, kHighestArc, std::sqrt(std::min(1.0, distance / longest)));
}

/// Moves the words down so that every line has room for its arcs. Returns the height of all lines.
double place_lines(WordLayout& layout, std::span<const AttentionArc> arcs, double longest, double top) {
  std::vector<double> room(static_cast<size_t>(layout.lines), kLowestArc + 8);
  for (const AttentionArc& arc : arcs) {
    const WordBox &from = layout.words[static_cast<size_t>(arc.from)],
                  &to = layout.words[static_cast<size_t>(arc.to)];
    const double needed =
        from.line == to.line ? reach_of(std::abs(from.above().x - to.above().x), longest) : kHighestArc / 2;
    auto& line = room[static_cast<size_t>(std::max(from.line, to.line))];
    line = std::max(line, needed + 16);  // and the shift of heads
  }
  double y = top;
  std::vector<double> tops;
  for (const double space : room) {
    tops.push_back(y + space);
    y += space + (layout.words.empty() ? 0 : layout.words.front().box.height + 8);
  }
  for (WordBox& word : layout.words) {
    word.box.y = tops[static_cast<size_t>(word.line)];
    word.box.x += kTextMargin;
  }
  return y - top;
}

/// How far to the right the arcs of a head stand, so that those of several between two words are seen.
double head_shift(const ArcChoice& choice, int head) {
  const double step = std::min(5.0, 20.0 / static_cast<double>(choice.heads()));
  return (static_cast<double>(choice.index(head)) - static_cast<double>(choice.heads() - 1) / 2) * step;
}

void paint_arc(Canvas& canvas, const WordBox& from, const WordBox& to, double longest,
               const AttentionArc& arc, const ArcChoice& choice) {
  const Stroke stroke = choice.stroke(arc);
  const double shift = head_shift(choice, arc.head);
  const auto beside = [&](Point point) { return Point{point.x + shift, point.y}; };
  if (arc.from == arc.to) {
    canvas.outline_circle({from.above().x + shift, from.above().y - 7}, 5, stroke);
    return;
  }
  if (from.line == to.line) {
    // A cubic reaches three quarters of the height of its control points.
    const Point a = from.above(), b = beside(to.above());
    const double control = a.y - reach_of(std::abs(a.x - b.x), longest) * 4 / 3 - shift;
    const double lean = 0.15 * (b.x - a.x);
    canvas.curve(a, {a.x + lean, control}, {b.x - lean, control}, b, stroke);
    choice.paint_key(canvas, b, arc);
    return;
  }
  const bool upwards = to.line < from.line;
  const Point a = upwards ? from.above() : from.below(), b = beside(upwards ? to.below() : to.above());
  const double middle = (a.y + b.y) / 2;
  canvas.curve(a, {a.x, middle}, {b.x, middle}, b, stroke);
  choice.paint_key(canvas, b, arc);
}

double longest_in_line(const WordLayout& layout, std::span<const AttentionArc> arcs) {
  double longest = 200;
  for (const AttentionArc& arc : arcs) {
    const WordBox &from = layout.words[static_cast<size_t>(arc.from)],
                  &to = layout.words[static_cast<size_t>(arc.to)];
    if (from.line == to.line) longest = std::max(longest, std::abs(from.above().x - to.above().x));
  }
  return longest;
}

}  // namespace

void draw_text_arcs(std::span<const std::string> words, std::span<const AttentionArc> arcs,
                    const TextArcsOptions& options, const std::filesystem::path& path) {
  const ArcChoice choice(arcs, static_cast<int64_t>(words.size()), options.threshold, options.top,
                         "draw_text_arcs");
  WordLayout layout = lay_out(words, options);
  const int width = std::clamp(static_cast<int>(layout.width + 2 * kTextMargin), std::min(720, options.width),
                               options.width);
  const double longest = longest_in_line(layout, choice.kept());
  const Heading heading(options.title, choice.legend(), width - 2 * kTextMargin);
  const double height = place_lines(layout, choice.kept(), longest, heading.height());
  Canvas canvas(width, static_cast<int>(heading.height() + height + 16));
  heading.draw(canvas, kTextMargin);
  for (const int query : choice.queries()) {
    Rect box = layout.words[static_cast<size_t>(query)].box;
    box = {box.x - 3, box.y - 1, box.width + 6, box.height + 2};
    canvas.fill(box, {0.93, 0.94, 0.96}, 3);
    canvas.outline(box, {kAxis, 1}, 3);
  }
  for (const AttentionArc& arc : choice.kept()) {
    paint_arc(canvas, layout.words[static_cast<size_t>(arc.from)], layout.words[static_cast<size_t>(arc.to)],
              longest, arc, choice);
  }
  for (size_t i = 0; i < words.size(); ++i) {
    const Rect& box = layout.words[i].box;
    canvas.text(words[i], {box.x, box.y + box.height / 2},
                {.size = options.size,
                 .align_y = AlignY::kMiddle,
                 .halo = true,
                 .max_width = options.width - 2 * kTextMargin});
  }
  canvas.write_png(path);
}

}  // namespace heed::rendering
