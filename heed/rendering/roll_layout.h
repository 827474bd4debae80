// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <vector>

#include "heed/data/music/note.h"

namespace heed::rendering {

/// One line of a piano roll: the time it shows and the pixel row where its highest pitch begins.
struct RollRow {
  double begin = 0, end = 0;  ///< seconds
  double top = 0;
};

/// Where time and pitch stand in a picture of a score. Long music runs over several rows, as systems of a
/// printed score do; all rows share one scale, so that equal lengths look equal.
struct RollLayout {
  double left = 0, width = 0;           ///< pixels: where time begins, and the length of a full row
  double seconds = 1;                   ///< what a full row shows
  int low_pitch = 48, high_pitch = 84;  ///< both shown
  double key_height = 8;                ///< pixels for a semitone
  std::vector<RollRow> rows;
  int picture_height = 0;

  double x(const RollRow& row, double at_seconds) const {
    return left + (at_seconds - row.begin) * width / seconds;
  }
  /// The middle of the pitch's lane.
  double y(const RollRow& row, double pitch) const {
    return row.top + (high_pitch - pitch + 0.5) * key_height;
  }
  double row_height() const { return (high_pitch - low_pitch + 1) * key_height; }
  double bottom(const RollRow& row) const { return row.top + row_height(); }
  double right(const RollRow& row) const { return x(row, row.end); }
};

struct RollLayoutOptions {
  int width = 1600;          ///< pixels of the whole picture
  double row_seconds = 30;   ///< music up to a third longer still stands in one row
  double begin_seconds = 0;  ///< what is shown
  double end_seconds = std::numeric_limits<double>::infinity();
  bool break_at_bars = false;  ///< rows hold whole bars, four, eight, ... of them where they fit
  double margin_top = 14;      ///< pixels above the first row
  double headroom = 0;         ///< pixels above every row
};

/// The pitch range is that of the notes shown and two semitones around it, never less than two octaves. A
/// piece so long that its picture would be higher than about 16,000 pixels gets longer rows.
RollLayout layout_roll(const music::Score& score, const RollLayoutOptions& options);

}  // namespace heed::rendering
