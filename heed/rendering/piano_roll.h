// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "heed/data/music/note.h"
#include "heed/rendering/canvas.h"
#include "heed/rendering/roll_layout.h"

namespace heed::rendering {

/// How notes are coloured. Within a colour, louder notes are darker.
enum class NoteColors {
  kOne,     ///< one colour, and another for the primer
  kVoices,  ///< a colour per voice, and one for the rest beyond eight; a shaded background marks the primer
};

struct PianoRollOptions {
  int width = 1600;           ///< pixels; the height depends on the music
  bool bars = false;          ///< axis in bars and rows of whole bars, if the score has any; else in seconds
  double primer_seconds = 0;  ///< end of the primer, whose notes and time are highlighted; 0: none
  double row_seconds = 30;    ///< length of a row; music up to a third longer fits into one row
  NoteColors colors = NoteColors::kOne;
  std::vector<std::string> voice_names =
      {};  ///< for the legend of kVoices; empty: the score's, else "voice 1", ...
  std::string title = {};
};

/// Draws a piano roll as PNG: time to the right, pitch upwards, a keyboard with labelled Cs on the left,
/// light lines at round times or bars; long music is divided into rows. A primer has a light background, and
/// a legend says "primer" and "continuation", as in the figures of Huang et al. 2018, Music Transformer, and
/// that darker notes are louder where loudness varies. Percussion has lanes of its own below the pitches, one
/// for each sound, named as in General MIDI, and marks of one width. A score without notes gives an empty roll.
///
/// Throws Error(kSystem) if the file cannot be written, Error(kUsage) for an invalid width.
void draw_piano_roll(const music::Score& score, const PianoRollOptions& options,
                     const std::filesystem::path& path);

/// Colours of draw_piano_roll, for other pictures.
Color primer_color();
Color continuation_color();
/// Shades `base` for a note's velocity, 1 to 127: light for soft, dark for loud.
Color velocity_shade(Color base, int velocity);

/// Paints lanes, keyboard, time axis and notes, each note in the colour that `color` returns: the background
/// of other pictures of a score.
void paint_roll(Canvas& canvas, const music::Score& score, const RollLayout& layout,
                const PianoRollOptions& options, const std::function<Color(const music::Note&)>& color);

}  // namespace heed::rendering
