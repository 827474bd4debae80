// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/roll_layout.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

namespace heed::rendering {
namespace {

constexpr double kKeyboardWidth = 58, kMarginRight = 22, kBelowRow = 36, kMaxHeight = 16000;
constexpr double kDrumsGap = 8;

struct Span {
  double begin, end;
};

Span shown_span(const music::Score& score, const RollLayoutOptions& options) {
  constexpr double kStrikeSeconds = 0.1;  // percussion needs room, and often has no length
  double end = 0;
  for (const music::Note& note : score.notes) {
    const double shown_end = note.drum ? std::max(note.end, note.start + kStrikeSeconds) : note.end;
    if (std::isfinite(shown_end)) end = std::max(end, shown_end);
  }
  const double begin = std::clamp(options.begin_seconds, 0.0, end);
  return {begin, std::max(begin + 1, std::min(end, options.end_seconds))};
}

void choose_pitches(const music::Score& score, Span span, RollLayout& layout) {
  constexpr int kMargin = 2, kLeastSpan = 24;
  int low = 128, high = -1;
  std::set<int, std::greater<>> drums;
  for (const music::Note& note : score.notes) {
    if (note.start >= span.end || note.end < span.begin) continue;
    if (note.drum) {
      drums.insert(note.pitch);
      continue;
    }
    low = std::min(low, note.pitch);
    high = std::max(high, note.pitch);
  }
  layout.drums.assign(drums.begin(), drums.end());
  if (high < 0 && !drums.empty()) layout.low_pitch = 0, layout.high_pitch = -1;
  if (high < 0) return;
  const int missing = std::max(0, kLeastSpan - (high - low + 2 * kMargin));
  layout.low_pitch = std::clamp(low - kMargin - (missing + 1) / 2, 0, 127);
  layout.high_pitch = std::clamp(high + kMargin + missing / 2, layout.low_pitch, 127);
}

// Whole pixels keep the lanes sharp.
double choose_key_height(const RollLayout& layout, bool one_row) {
  const double lanes = std::max(1, layout.high_pitch - layout.low_pitch + 1);
  return std::floor(one_row ? std::clamp(400 / lanes, 5.0, 11.0) : std::clamp(290 / lanes, 4.0, 9.0));
}

// A last row of less than a third is distributed among the others.
std::vector<Span> rows_of_seconds(Span span, double row_seconds) {
  const double length = span.end - span.begin;
  const double count = std::max(1.0, std::ceil(length / row_seconds - 1.0 / 3));
  row_seconds = std::max(row_seconds, std::ceil(length / count));
  std::vector<Span> rows;
  for (double begin = span.begin; begin < span.end - 1e-6; begin += row_seconds) {
    rows.push_back({begin, std::min(begin + row_seconds, span.end)});
  }
  return rows;
}

std::vector<Span> rows_of_bars(Span span, double row_seconds, const std::vector<double>& bar_lines) {
  std::vector<double> bars;
  std::copy_if(bar_lines.begin(), bar_lines.end(), std::back_inserter(bars),
               [&](double line) { return line >= span.begin && line < span.end - 1e-6; });
  if (bars.size() < 2) return {span};
  const double bar_seconds = (bars.back() - bars.front()) / static_cast<double>(bars.size() - 1);
  auto count = static_cast<size_t>(std::clamp(row_seconds / std::max(bar_seconds, 1e-3) + 1e-6, 1.0, 1e6));
  if (count >= 4) count -= count % 4;
  std::vector<Span> rows;
  double begin = span.begin;  // an upbeat belongs to the first row
  for (size_t bar = count; bar < bars.size(); bar += count) {
    rows.push_back({begin, bars[bar]});
    begin = bars[bar];
  }
  rows.push_back({begin, span.end});
  if (rows.size() > 1 && span.end - begin < row_seconds / 4) {
    rows.pop_back();
    rows.back().end = span.end;
  }
  return rows;
}

}  // namespace

double RollLayout::drum_y(const RollRow& row, int key) const {
  const auto lane = std::find(drums.begin(), drums.end(), key) - drums.begin();
  return drums_top(row) + (static_cast<double>(lane) + 0.5) * drum_height;
}

double RollLayout::row_height() const {
  const double gap = drums.empty() || high_pitch < low_pitch ? 0 : kDrumsGap;
  return pitches_height() + gap + drums_height();
}

double roll_width(int picture_width) {
  return std::max(40.0, picture_width - kKeyboardWidth - kMarginRight);
}

RollLayout layout_roll(const music::Score& score, const RollLayoutOptions& options) {
  RollLayout layout;
  const Span span = shown_span(score, options);
  choose_pitches(score, span, layout);
  layout.left = kKeyboardWidth;
  layout.width = roll_width(options.width);

  const double length = span.end - span.begin;
  double row_seconds = std::max(options.row_seconds, 1e-3);
  const bool one_row = length <= row_seconds * 4 / 3;
  layout.key_height = choose_key_height(layout, one_row);
  const double pitch_of_rows = options.headroom + layout.row_height() + kBelowRow;
  row_seconds = std::max(row_seconds, length / std::max(1.0, std::floor(kMaxHeight / pitch_of_rows)));

  std::vector<Span> spans{span};
  if (!one_row) {
    spans = options.break_at_bars ? rows_of_bars(span, row_seconds, score.bar_lines)
                                  : rows_of_seconds(span, row_seconds);
  }
  layout.seconds = 0;
  double top = options.margin_top;
  for (const Span& row : spans) {
    layout.rows.push_back({row.begin, row.end, top + options.headroom});
    layout.seconds = std::max(layout.seconds, row.end - row.begin);
    top += pitch_of_rows;
  }
  layout.picture_height = static_cast<int>(std::lround(top)) + 8;
  return layout;
}

}  // namespace heed::rendering
