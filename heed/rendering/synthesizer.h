// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "heed/data/music/note.h"

// As fluidsynth.h declares them.
typedef struct _fluid_hashtable_t fluid_settings_t;
typedef struct _fluid_synth_t fluid_synth_t;

namespace heed::rendering {

/// FluidSynth without an audio driver: one channel per program and voice of a score, so that parts do not cut
/// off each other's notes, and one for percussion.
class Synthesizer {
 public:
  struct Options {
    std::filesystem::path sound_font;
    int sample_rate = 44100;
    bool reverb = true;
  };
  Synthesizer(const Options& options, std::span<const music::Note> notes);

  /// A key that is struck again while it sounds is released only after every strike has ended.
  void start(const music::Note& note);
  void stop(const music::Note& note);
  /// Fills `samples` (left and right alternating) with the next sound.
  void play(std::span<float> samples);

 private:
  using Part = std::pair<int, int>;  // program, voice; percussion has program -1
  Part part_of(const music::Note& note) const;
  void assign_channels(std::span<const music::Note> notes);

  std::unique_ptr<fluid_settings_t, void (*)(fluid_settings_t*)> settings_;
  std::unique_ptr<fluid_synth_t, void (*)(fluid_synth_t*)> synth_;
  bool voices_apart_ = true;
  std::map<Part, int> channels_;
  std::vector<int> sounding_;  // unfinished strikes, by channel and key
};

}  // namespace heed::rendering
