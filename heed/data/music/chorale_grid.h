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

/// Four-part music on a grid of 16th notes. A step has the MIDI pitches of soprano, alto, tenor and bass, or
/// kRest for a silent voice. The grid does not distinguish a held note from a repeated one.
struct Chorale {
  static constexpr int kVoices = 4;
  static constexpr int kRest = -1;
  static constexpr int kStepsPerQuarter = 4;
  static constexpr double kQuarterSeconds = 0.6;  ///< default tempo of a grid, in seconds per quarter
  static constexpr double kStepSeconds = kQuarterSeconds / kStepsPerQuarter;
  using Step = std::array<int, kVoices>;
  std::string name;
  std::vector<Step> steps;
};

/// Parses the JSON format of the JSB chorales: {"train": [piece, ...], "valid": [...], "test": [...]}, where
/// a piece is a list of steps. A step is either four numbers S, A, T, B with -1 or null for rests, or a chord
/// of up to four sounding pitches, which are sorted from high to low into the voices. Numbers may be integers
/// or floats. Throws Error(kData) with file, split, piece and step.
std::map<std::string, std::vector<Chorale>> parse_chorale_json(std::span<const std::byte> json,
                                                               const std::string& file);
std::map<std::string, std::vector<Chorale>> read_chorale_json(const std::filesystem::path& path);

/// Converts the four voices to notes. Equal consecutive pitches become one held note. Bars have four
/// quarters.
Score chorale_score(const Chorale& chorale, double quarter_seconds = Chorale::kQuarterSeconds);

/// Samples a score at every 16th. If its notes come from exactly four voices (tracks), these become the four
/// voices, from high to low by mean pitch. Otherwise the pitches that sound at each step are sorted from high
/// (soprano) to low (bass).
Chorale sample_chorale(const Score& score);

}  // namespace heed::music
