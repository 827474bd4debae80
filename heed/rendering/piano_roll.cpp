// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/piano_roll.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "heed/rendering/axis.h"
#include "heed/rendering/drum_names.h"
#include "heed/rendering/legend.h"
#include "heed/rendering/voice_colors.h"

namespace heed::rendering {
namespace {

constexpr Color kPrimerGround{0.996, 0.945, 0.890};
constexpr Color kBlackLane{0.962, 0.965, 0.970};
constexpr Color kDrum{0.55, 0.56, 0.58};
constexpr double kKeyboardStrip = 24;

bool is_black_key(int pitch) {
  return ((1 << pitch % 12) & 0b010101001010) != 0;
}

void paint_lanes(Canvas& canvas, const RollLayout& layout, const RollRow& row, double primer_seconds) {
  const double width = layout.right(row) - layout.left;
  const double primer = std::min(primer_seconds, row.end) - row.begin;
  if (primer > 0) {
    const double shown = primer * layout.width / layout.seconds;
    canvas.fill({layout.left, row.top, shown, layout.pitches_height()}, kPrimerGround);
    canvas.fill({layout.left, layout.drums_top(row), shown, layout.drums_height()}, kPrimerGround);
  }
  for (int pitch = layout.low_pitch; pitch <= layout.high_pitch; ++pitch) {
    const double top = layout.y(row, pitch) - layout.key_height / 2;
    if (is_black_key(pitch)) {
      canvas.fill({layout.left, top, width, layout.key_height}, {0.2, 0.22, 0.28, 0.045});
    }
    const double bottom = std::round(top + layout.key_height) - 0.5;
    if (pitch % 12 == 0) canvas.line({layout.left, bottom}, {layout.left + width, bottom}, {kGrid, 1});
  }
}

void paint_keyboard(Canvas& canvas, const RollLayout& layout, const RollRow& row) {
  const double x = layout.left - kKeyboardStrip - 2;
  canvas.fill({x, row.top, kKeyboardStrip, layout.pitches_height()}, kWhite);
  for (int pitch = layout.low_pitch; pitch <= layout.high_pitch; ++pitch) {
    const double middle = layout.y(row, pitch), half = layout.key_height / 2;
    if (is_black_key(pitch)) {
      canvas.fill({x, middle - half, kKeyboardStrip * 0.6, layout.key_height}, {0.25, 0.26, 0.28});
      canvas.line({x + kKeyboardStrip * 0.6, middle}, {x + kKeyboardStrip, middle}, {kAxis, 0.6});
    } else if (pitch % 12 == 0 || pitch % 12 == 5) {  // there is no black key below C and F
      canvas.line({x, middle + half}, {x + kKeyboardStrip, middle + half}, {kAxis, 0.6});
    }
    if (pitch % 12 == 0) {
      canvas.text(std::string("C").append(std::to_string(pitch / 12 - 1)), {x - 5, middle},
                  {.size = 11, .color = kMuted, .align_x = AlignX::kRight, .align_y = AlignY::kMiddle});
    }
  }
  canvas.outline({x, row.top, kKeyboardStrip, layout.pitches_height()}, {kAxis, 0.8});
}

// A line between the lanes of percussion, and the name of each.
void paint_drum_lanes(Canvas& canvas, const RollLayout& layout, const RollRow& row) {
  const double width = layout.right(row) - layout.left;
  for (const int key : layout.drums) {
    const double middle = layout.drum_y(row, key), bottom = std::round(middle + layout.drum_height / 2) - 0.5;
    canvas.line({layout.left, bottom}, {layout.left + width, bottom}, {kGrid, 1});
    canvas.text(drum_name(key), {layout.left - 5, middle},
                {.size = 10, .color = kMuted, .align_x = AlignX::kRight, .align_y = AlignY::kMiddle});
  }
}

void paint_mark(Canvas& canvas, const RollLayout& layout, const RollRow& row, double seconds) {
  const double x = std::round(layout.x(row, seconds)) + 0.5;
  canvas.line({x, row.top}, {x, row.top + layout.pitches_height()}, {{0.25, 0.27, 0.3, 0.16}, 1});
  if (!layout.drums.empty())
    canvas.line({x, layout.drums_top(row)}, {x, layout.bottom(row)}, {{0.25, 0.27, 0.3, 0.16}, 1});
}

void paint_label(Canvas& canvas, Point at, const std::string& label) {
  canvas.text(label, at, {.size = 12, .color = kMuted, .align_x = AlignX::kCenter, .align_y = AlignY::kTop});
}

bool shows_minutes(const RollLayout& layout) {
  return layout.rows.back().end >= 100;
}

void paint_seconds(Canvas& canvas, const RollLayout& layout, const RollRow& row) {
  const int most = std::max(2, static_cast<int>(layout.width / 64));
  const Ticks ticks = time_ticks(row.begin, row.begin + layout.seconds, most, shows_minutes(layout));
  for (size_t i = 0; i < ticks.values.size() && ticks.values[i] <= row.end + 1e-6; ++i) {
    paint_mark(canvas, layout, row, ticks.values[i]);
    paint_label(canvas, {layout.x(row, ticks.values[i]), layout.bottom(row) + 7}, ticks.labels[i]);
  }
}

void paint_bars(Canvas& canvas, const RollLayout& layout, const RollRow& row,
                const std::vector<double>& bar_lines) {
  constexpr double kLeastSpace = 30, kLeastLines = 4;
  const auto first = std::lower_bound(bar_lines.begin(), bar_lines.end(), row.begin - 1e-6);
  double last_label = -1e9, last_line = -1e9;
  for (auto line = first; line != bar_lines.end() && *line <= row.end + 1e-6; ++line) {
    const double x = layout.x(row, *line);
    if (x - last_line < kLeastLines) continue;
    paint_mark(canvas, layout, row, *line);
    last_line = x;
    const bool labelled = x - last_label >= kLeastSpace && *line < row.end - 1e-6;
    if (!labelled) continue;
    paint_label(canvas, {x, layout.bottom(row) + 7}, std::to_string(line - bar_lines.begin() + 1));
    last_label = x;
  }
}

void paint_note(Canvas& canvas, const RollLayout& layout, const RollRow& row, const music::Note& note,
                Color color) {
  constexpr double kLeastWidth = 2, kGap = 0.8;
  const double left = layout.x(row, std::max(note.start, row.begin));
  const double right = layout.x(row, std::min(note.end, row.end));
  const double height = layout.key_height > 5 ? layout.key_height - 1 : layout.key_height;
  const Rect rect{left, layout.y(row, note.pitch) - height / 2, std::max(kLeastWidth, right - left - kGap),
                  height};
  canvas.fill(rect, color, std::min(2.0, height / 3));
}

// A strike of percussion: a mark of one width, whatever the note's length says.
void paint_strike(Canvas& canvas, const RollLayout& layout, const RollRow& row, const music::Note& note,
                  Color color) {
  constexpr double kWidth = 4;
  const double height = layout.drum_height - 3;
  const double left = std::min(layout.x(row, note.start), layout.right(row) - kWidth);
  canvas.fill({left, layout.drum_y(row, note.pitch) - height / 2, kWidth, height}, color, 1);
}

void paint_notes(Canvas& canvas, const music::Score& score, const RollLayout& layout, const RollRow& row,
                 const std::function<Color(const music::Note&)>& color) {
  for (const music::Note& note : score.notes) {
    const bool begins_here = note.start >= row.begin && note.start < row.end;
    if (note.drum) {
      if (begins_here) paint_strike(canvas, layout, row, note, color(note));
      continue;
    }
    const bool goes_on_here = note.start < row.begin && note.end > row.begin;
    const bool has_lane = note.pitch >= layout.low_pitch && note.pitch <= layout.high_pitch;
    if ((begins_here || goes_on_here) && has_lane) paint_note(canvas, layout, row, note, color(note));
  }
}

bool shows_bars(const music::Score& score, const PianoRollOptions& options) {
  return options.bars && !score.bar_lines.empty();
}

bool varies_in_velocity(const music::Score& score) {
  const auto differs = [&](const music::Note& note) { return note.velocity != score.notes.front().velocity; };
  return std::any_of(score.notes.begin(), score.notes.end(), differs);
}

std::vector<LegendEntry> legend_of(const music::Score& score, const PianoRollOptions& options,
                                   const VoiceColors& voices) {
  std::vector<LegendEntry> entries;
  Color usual = continuation_color();
  if (options.colors == NoteColors::kVoices && voices.count() > 1) {
    entries = voices.legend();
    usual = entries.front().colors.front();
    if (options.primer_seconds > 0) entries.push_back({"primer", {mix(kPrimerGround, primer_color(), 0.12)}});
  } else if (options.primer_seconds > 0) {
    entries = {{"primer", {primer_color()}}, {"continuation", {continuation_color()}}};
  }
  const auto drum = [](const music::Note& note) { return note.drum; };
  const bool drums = std::any_of(score.notes.begin(), score.notes.end(), drum);
  if (drums && voices.count() > 0) entries.push_back({"percussion", {kDrum}});
  if (drums && voices.count() == 0) usual = kDrum;
  if (varies_in_velocity(score)) {
    entries.push_back({"darker is louder",
                       {velocity_shade(usual, 20), velocity_shade(usual, 64), velocity_shade(usual, 110)}});
  }
  return entries;
}

Color color_of(const music::Note& note, const PianoRollOptions& options, const VoiceColors& voices) {
  if (note.drum) return velocity_shade(kDrum, note.velocity);
  if (options.colors == NoteColors::kVoices) return velocity_shade(voices.color(note.voice), note.velocity);
  const bool primer = note.start < options.primer_seconds;
  return velocity_shade(primer ? primer_color() : continuation_color(), note.velocity);
}

}  // namespace

Color primer_color() {
  return series_color(1);
}
Color continuation_color() {
  return series_color(0);
}

Color velocity_shade(Color base, int velocity) {
  constexpr double kUsual = 80;  // velocity that shows the base colour itself
  const double loudness = std::clamp(velocity, 1, 127);
  if (loudness <= kUsual) return mix(mix(kWhite, base, 0.30), base, loudness / kUsual);
  return mix(base, mix({0, 0, 0}, base, 0.42), (loudness - kUsual) / (127 - kUsual));
}

void paint_roll(Canvas& canvas, const music::Score& score, const RollLayout& layout,
                const PianoRollOptions& options, const std::function<Color(const music::Note&)>& color) {
  for (const RollRow& row : layout.rows) {
    paint_lanes(canvas, layout, row, options.primer_seconds);
    paint_drum_lanes(canvas, layout, row);
    if (shows_bars(score, options)) {
      paint_bars(canvas, layout, row, score.bar_lines);
    } else {
      paint_seconds(canvas, layout, row);
    }
    paint_notes(canvas, score, layout, row, color);
    const double width = layout.right(row) - layout.left;
    if (layout.high_pitch >= layout.low_pitch) {
      paint_keyboard(canvas, layout, row);
      canvas.outline({layout.left, row.top, width, layout.pitches_height()}, {kAxis, 0.8});
    }
    if (!layout.drums.empty())
      canvas.outline({layout.left, layout.drums_top(row), width, layout.drums_height()}, {kAxis, 0.8});
  }
  const char* unit = shows_bars(score, options) ? "bar" : shows_minutes(layout) ? "time" : "sec";
  canvas.text(unit, {layout.left - 20, layout.bottom(layout.rows.back()) + 7},
              {.size = 12, .color = kMuted, .align_x = AlignX::kRight, .align_y = AlignY::kTop});
}

void draw_piano_roll(const music::Score& score, const PianoRollOptions& options,
                     const std::filesystem::path& path) {
  const VoiceColors voices(score, options.voice_names);
  const Heading heading(options.title, legend_of(score, options, voices), roll_width(options.width));
  const RollLayout layout = layout_roll(score, {.width = options.width,
                                                .row_seconds = options.row_seconds,
                                                .break_at_bars = shows_bars(score, options),
                                                .margin_top = std::max(14.0, heading.height())});
  Canvas canvas(options.width, layout.picture_height);
  heading.draw(canvas, layout.left);
  paint_roll(canvas, score, layout, options,
             [&](const music::Note& note) { return color_of(note, options, voices); });
  canvas.write_png(path);
}

}  // namespace heed::rendering
