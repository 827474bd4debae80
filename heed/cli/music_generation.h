// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "heed/cli/generation.h"
#include "heed/cli/verb.h"

namespace heed::cli {

/// heed generate by models of music.
struct MusicGeneration {
  std::string primer;
  double primer_seconds = 0, seconds = 60, least_seconds = -1;
  int64_t primer_bars = 0, primer_events = 0;
  bool wav = false, no_picture = false;
};

/// The heading of its options in the help.
inline constexpr const char* kMusicGeneration = "Music";
void add_music_generation(CLI::App* verb, MusicGeneration& options);
int generate_music(const Common& common, const Generation& generation, const MusicGeneration& options);

}  // namespace heed::cli
