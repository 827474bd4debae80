// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "heed/data/music/note.h"
#include "heed/rendering/legend.h"

namespace heed::rendering {

/// Which colour of series_color each voice of a score has: its own for the eight voices with the most notes, in the
/// order of their numbers; the last of the eight colours for all others where there are more. Percussion is no voice.
class VoiceColors {
 public:
  /// `names` by voice; empty: the score's.
  VoiceColors(const music::Score& score, const std::vector<std::string>& names);

  /// Number of voices with notes.
  size_t count() const { return voices_.size() + others_; }
  Color color(int voice) const;
  /// Voices by name, or "voice 3" where the third has none, and "5 others".
  std::vector<LegendEntry> legend() const;

 private:
  std::string name_of(int voice) const;

  std::vector<std::string> names_;
  std::set<int> voices_;  // those with their own colour
  size_t others_ = 0;
};

}  // namespace heed::rendering
