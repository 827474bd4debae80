// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/voice_colors.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>

namespace heed::rendering {
namespace {

constexpr size_t kOwnColors = 8;

}  // namespace

VoiceColors::VoiceColors(const music::Score& score, const std::vector<std::string>& names)
    : names_(names.empty() ? score.voice_names : names) {
  std::map<int, int64_t> notes;
  for (const music::Note& note : score.notes) {
    if (!note.drum) ++notes[note.voice];
  }
  std::vector<std::pair<int64_t, int>> most;
  for (const auto& [voice, count] : notes) most.emplace_back(-count, voice);
  std::sort(most.begin(), most.end());
  if (most.size() > kOwnColors) others_ = most.size() - (kOwnColors - 1);
  for (size_t i = 0; i < most.size() - others_; ++i) voices_.insert(most[i].second);
}

Color VoiceColors::color(int voice) const {
  const auto at = voices_.find(voice);
  const auto index = static_cast<size_t>(std::distance(voices_.begin(), at));
  return series_color(at == voices_.end() ? kOwnColors - 1 : index);
}

std::vector<LegendEntry> VoiceColors::legend() const {
  std::vector<LegendEntry> entries;
  for (const int voice : voices_) entries.push_back({name_of(voice), {color(voice)}});
  if (others_ > 0) entries.push_back({std::to_string(others_) + " others", {series_color(kOwnColors - 1)}});
  return entries;
}

std::string VoiceColors::name_of(int voice) const {
  const auto index = static_cast<size_t>(std::max(voice, 0));
  const bool named = index < names_.size() && !names_[index].empty();
  return named ? names_[index] : "voice " + std::to_string(voice + 1);
}

}  // namespace heed::rendering
