// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "heed/data/music/note.h"

namespace heed::music {

/// Four-part music on a grid of 16th notes. A step holds the MIDI pitch of soprano, alto, tenor and bass;
/// kRest where a voice is silent. The grid does not tell a held note from a repeated one.
struct Chorale {
  static constexpr int kVoices = 4;
  static constexpr int kRest = -1;
  static constexpr int kStepsPerQuarter = 4;
  static constexpr double kQuarterSeconds = 0.6;  ///< the tempo of a grid that tells none
  static constexpr double kStepSeconds = kQuarterSeconds / kStepsPerQuarter;
  using Step = std::array<int, kVoices>;
  std::string name;
  std::vector<Step> steps;
};

/// The JSB chorales' JSON: {"train": [piece, ...], "valid": [...], "test": [...]}, a piece being a list of
/// steps. A step is four numbers S, A, T, B with -1 or null for rests, or the sounding pitches of a chord in
/// any number up to four (sorted from high to low into the voices). Numbers may be written as integers or
/// floats. Throws Error(kData) naming file, split, piece and step.
std::map<std::string, std::vector<Chorale>> parse_chorale_json(std::span<const std::byte> json,
                                                               const std::string& file);
std::map<std::string, std::vector<Chorale>> read_chorale_json(const std::filesystem::path& path);

/// Notes of the four voices; equal pitches in a row are one held note. Bars of four quarters.
Score chorale_score(const Chorale& chorale, double quarter_seconds = Chorale::kQuarterSeconds);

/// Samples a score at every 16th. When its notes come from exactly four voices (tracks), each is a voice,
/// from high to low by mean pitch; otherwise the sounding pitches at each step are sorted from high to low:
/// highest soprano, lowest bass.
Chorale sample_chorale(const Score& score);

}  // namespace heed::music
