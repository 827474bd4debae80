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

/// What tells notes apart; within a colour, louder notes are darker.
enum class NoteColors {
  kOne,     ///< one colour, a second one for the primer
  kVoices,  ///< a colour for each voice up to eight, then they repeat; the primer is told by its shaded
            ///< ground
};

struct PianoRollOptions {
  int width = 1600;  ///< pixels; the height follows from the music
  bool bars =
      false;  ///< bars along the time axis, and rows of whole bars; seconds when the score has no bars
  double primer_seconds =
      0;  ///< notes that start earlier are the primer, its time is shaded; 0 means no primer
  double row_seconds = 30;  ///< length of a row; music up to a third longer stands in one
  NoteColors colors = NoteColors::kOne;
  std::vector<std::string> voice_names = {};  ///< for the legend of kVoices; "voice 1" ... without
  std::string title = {};
};

/// A piano roll as PNG: time to the right, pitch upwards, a keyboard with the Cs named at the left, light
/// lines at round times or bars, long music in several rows. With a primer, a legend says "primer" and
/// "continuation" and its time has a light ground, as in the figures of Huang et al. 2018, Music Transformer.
/// Percussion is grey. A score without notes gives an empty roll.
///
/// Throws Error(kSystem) when the file cannot be written, Error(kUsage) for a width that cannot be drawn.
void draw_piano_roll(const music::Score& score, const PianoRollOptions& options,
                     const std::filesystem::path& path);

/// The colours draw_piano_roll uses, for other pictures that go with it.
Color primer_color();
Color continuation_color();
/// `base` for a note of this velocity, 1 to 127: light when soft, dark when loud.
Color velocity_shade(Color base, int velocity);

/// Lanes, keyboard, time axis and notes, each note in the colour asked for it: the ground for other pictures
/// of a score.
void paint_roll(Canvas& canvas, const music::Score& score, const RollLayout& layout,
                const PianoRollOptions& options, const std::function<Color(const music::Note&)>& color);

}  // namespace heed::rendering
