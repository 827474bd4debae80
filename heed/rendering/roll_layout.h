// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <vector>

#include "heed/data/music/note.h"

namespace heed::rendering {

/// A row of a piano roll: its time range and the pixel row of its top.
struct RollRow {
  double begin = 0, end = 0;  ///< seconds
  double top = 0;
};

/// Maps time and pitch to pixels in a picture of a score. Long music is divided into rows, like the systems
/// of a printed score; all rows have the same scale.
struct RollLayout {
  double left = 0, width = 0;  ///< pixels: start of the time axis, and length of a full row
  double seconds = 1;          ///< duration of a full row
  int low_pitch = 48,
      high_pitch = 84;      ///< range of pitches, inclusive; high below low: no pitches, percussion only
  double key_height = 8;    ///< pixels per semitone
  std::vector<int> drums;   ///< keys of the percussion shown, highest first; each has a lane
  double drum_height = 12;  ///< pixels per lane of percussion
  std::vector<RollRow> rows;
  int picture_height = 0;

  double x(const RollRow& row, double at_seconds) const {
    return left + (at_seconds - row.begin) * width / seconds;
  }
  /// Returns the middle of a pitch's lane.
  double y(const RollRow& row, double pitch) const {
    return row.top + (high_pitch - pitch + 0.5) * key_height;
  }
  /// Returns the middle of a percussion lane; the lanes are below the pitches. `key` is one of `drums`.
  double drum_y(const RollRow& row, int key) const;
  double pitches_height() const { return (high_pitch - low_pitch + 1) * key_height; }
  double drums_top(const RollRow& row) const { return row.top + row_height() - drums_height(); }
  double drums_height() const { return static_cast<double>(drums.size()) * drum_height; }
  /// Height of a row, with the gap between pitches and percussion.
  double row_height() const;
  double bottom(const RollRow& row) const { return row.top + row_height(); }
  double right(const RollRow& row) const { return x(row, row.end); }
};

struct RollLayoutOptions {
  int width = 1600;          ///< width of the whole picture in pixels
  double row_seconds = 30;   ///< music up to a third longer still fits into one row
  double begin_seconds = 0;  ///< range shown
  double end_seconds = std::numeric_limits<double>::infinity();
  bool break_at_bars = false;  ///< rows contain whole bars, four, eight, ... of them if they fit
  double margin_top = 14;      ///< pixels above the first row
  double headroom = 0;         ///< pixels above every row
};

/// Width in pixels of the time axis in a picture of this width.
double roll_width(int picture_width);

/// The pitch range covers the notes shown and two semitones more on either side, at least two octaves. Rows
/// become longer if the picture would be higher than about 16,000 pixels.
RollLayout layout_roll(const music::Score& score, const RollLayoutOptions& options);

}  // namespace heed::rendering
