// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "heed/data/music/note.h"

namespace heed::rendering {

struct AudioOptions {
  int sample_rate = 44100;  ///< in Hz, 8,000 to 96,000
  double gain = 1;          ///< 1 scales the peak to 0.89 of full scale (-1 dB), 0.5 to half of that
  std::filesystem::path sound_font = {};  ///< empty: see find_sound_font
  double tail_seconds = 1.5;              ///< seconds after the last note in which its sound decays
  bool reverb = true;
};

/// Renders a score with FluidSynth, offline and faster than real time, to a WAV file of 16-bit stereo.
///
/// Uses programs and percussion; voices do not cut off each other's notes. The music starts at second 0 of
/// the file, which lasts for the score's duration plus the tail. One factor scales the whole piece, so that
/// it never clips and keeps its dynamics; quiet music is amplified by at most 60 dB. The same score, font and
/// options give the same bytes. Memory does not grow with the length: samples are buffered in an unnamed
/// scratch file beside `path`, 8 bytes per frame.
///
/// Throws Error(kData, kSystem) like find_sound_font; Error(kUsage) for a rate or gain out of range;
/// Error(kData) for more than fits into a WAV file (6.7 hours); Error(kSystem) if the disk fails. On failure
/// it leaves `path` as it was. FluidSynth's warnings go to heed::warn.
void render_wav(const music::Score& score, const std::filesystem::path& path,
                const AudioOptions& options = {});

}  // namespace heed::rendering
