// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/note_limits.h"

#include <algorithm>
#include <cmath>
#include <queue>
#include <string_view>
#include <vector>

#include "heed/data/music/performance.h"

namespace heed::tasks {
namespace {

constexpr double kLongShare = 0.999, kManyShare = 0.99;
constexpr NoteLimits kPianoLimits{
    .longest_seconds = 9, .lowest_pitch = 21, .highest_pitch = 108, .most_notes = 28};

bool is_performance(const music::Encoding& encoding) {
  return std::string_view(encoding.name()) == "performance";
}

/// The smallest value that `share` of all values do not exceed.
double percentile(std::vector<double>& values, double share) {
  const auto rank = static_cast<ptrdiff_t>(std::ceil(share * static_cast<double>(values.size()))) - 1;
  const auto at = values.begin() + std::clamp<ptrdiff_t>(rank, 0, std::ssize(values) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Appends how many notes sound when each note is struck, itself included. The notes are sorted by start.
void count_sounding(const std::vector<music::Note>& notes, std::vector<double>& counts) {
  std::priority_queue<double, std::vector<double>, std::greater<>> ends;
  for (const music::Note& note : notes) {
    while (!ends.empty() && ends.top() <= note.start) ends.pop();
    ends.push(note.end);
    counts.push_back(static_cast<double>(ends.size()));
  }
}

}  // namespace

std::optional<NoteLimits> measure_note_limits(const music::Corpus& corpus) {
  const auto train = corpus.splits.find("train");
  if (!is_performance(*corpus.encoding) || train == corpus.splits.end()) return std::nullopt;
  std::vector<double> lengths, counts;
  NoteLimits limits{.lowest_pitch = 127, .highest_pitch = 0};
  for (const auto& piece : train->second) {
    const auto notes = music::decode_performance(piece.body);
    count_sounding(notes, counts);
    for (const music::Note& note : notes) {
      lengths.push_back(note.end - note.start);
      limits.lowest_pitch = std::min<int64_t>(limits.lowest_pitch, note.pitch);
      limits.highest_pitch = std::max<int64_t>(limits.highest_pitch, note.pitch);
    }
  }
  if (lengths.empty()) return std::nullopt;
  limits.longest_seconds = percentile(lengths, kLongShare);
  limits.most_notes = static_cast<int64_t>(percentile(counts, kManyShare));
  return limits;
}

toml::table note_limits_table(const NoteLimits& limits) {
  return toml::table{{"longest_seconds", limits.longest_seconds},
                     {"lowest_pitch", limits.lowest_pitch},
                     {"highest_pitch", limits.highest_pitch},
                     {"most_at_once", limits.most_notes}};
}

NoteLimits trained_note_limits(const toml::table& config, const music::Encoding& encoding) {
  if (!is_performance(encoding)) return {};
  const auto about = config["about"]["notes"];
  NoteLimits limits = kPianoLimits;
  limits.longest_seconds = std::max(0.0, about["longest_seconds"].value_or(limits.longest_seconds));
  limits.lowest_pitch = about["lowest_pitch"].value_or(limits.lowest_pitch);
  limits.highest_pitch = about["highest_pitch"].value_or(limits.highest_pitch);
  limits.most_notes = std::max<int64_t>(0, about["most_at_once"].value_or(limits.most_notes));
  return limits;
}

}  // namespace heed::tasks
