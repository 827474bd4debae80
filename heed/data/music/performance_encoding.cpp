// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/performance_encoding.h"

#include <algorithm>

#include "heed/data/music/performance.h"

namespace heed::music {

int32_t PerformanceEncoding::vocabulary_size() const {
  return performance::kVocabulary;
}
int32_t PerformanceEncoding::begin() const {
  return performance::kBegin;
}
int32_t PerformanceEncoding::end() const {
  return performance::kEnd;
}

Tokens PerformanceEncoding::encode(const Score& score) const {
  return encode_performance(score.notes);
}

Score PerformanceEncoding::decode(std::span<const int32_t> body) const {
  Score score;
  score.notes = decode_performance(body);
  return score;
}

Tokens PerformanceEncoding::augment(std::span<const int32_t> body, std::mt19937_64& random) const {
  const int shift = static_cast<int>(random() % (2 * kLargestTransposition + 1)) - kLargestTransposition;
  const double factor = kStretches[random() % kStretches.size()];
  return encode_performance(stretch(transpose(decode_performance(body), shift), factor));
}

std::vector<double> PerformanceEncoding::token_seconds(std::span<const int32_t> body) const {
  return event_seconds(body);
}

double PerformanceEncoding::encoded_seconds(const Score& score, double seconds) const {
  const auto played =
      std::find_if(score.notes.begin(), score.notes.end(), [](const Note& note) { return !note.drum; });
  return played == score.notes.end() ? seconds : seconds - played->start;
}

std::optional<int> PerformanceEncoding::pitch(int32_t token) const {
  if (token < performance::kNoteOn || token >= performance::kNoteOn + performance::kPitches)
    return std::nullopt;
  return token - performance::kNoteOn;
}

}  // namespace heed::music
