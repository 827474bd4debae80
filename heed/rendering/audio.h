// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "heed/data/music/note.h"

namespace heed::rendering {

struct AudioOptions {
  int sample_rate = 44100;  ///< 8,000 to 96,000
  double gain = 1;  ///< 1 brings the loudest sample to 0.89 of full scale (-1 dB), 0.5 to half of that
  std::filesystem::path sound_font = {};  ///< empty: see find_sound_font
  double tail_seconds = 1.5;              ///< after the last note, for its sound to die away
  bool reverb = true;
};

/// Plays the score with FluidSynth, offline and faster than it sounds, into a WAV file of 16-bit stereo.
///
/// Programs and percussion are honoured; voices do not cut each other's notes off. The music starts at second
/// 0 of the file, which lasts the score's duration plus the tail. The whole is scaled by one factor, so that
/// it never clips and loud stays loud against soft; faint music is raised by at most 60 dB. The same score,
/// font and options give the same bytes. Memory does not grow with the length: samples wait in a nameless
/// scratch file beside `path`, 8 bytes a frame.
///
/// Throws Error(kData, kSystem) as find_sound_font does; Error(kUsage) for a rate or gain out of range;
/// Error(kData) for more than a WAV file can hold (6.7 hours); Error(kSystem) when the disk refuses, and then
/// leaves nothing under `path` that was not there before. What FluidSynth complains about goes to heed::warn.
void render_wav(const music::Score& score, const std::filesystem::path& path,
                const AudioOptions& options = {});

}  // namespace heed::rendering
