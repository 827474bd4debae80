// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/chorale_encoding.h"

#include <algorithm>

namespace heed::music {
namespace {
/// Range of transpositions in training, in semitones: one into each key. A piece that would leave the MIDI
/// range is not transposed.
constexpr int kLowestShift = -5, kHighestShift = 6;
}  // namespace

Tokens ChoraleEncoding::encode_grid(const Chorale& chorale) {
  Tokens tokens;
  tokens.reserve(chorale.steps.size() * Chorale::kVoices);
  for (const auto& step : chorale.steps) {
    for (const int pitch : step) tokens.push_back(pitch == Chorale::kRest ? kRest : kFirstPitch + pitch);
  }
  return tokens;
}

Chorale ChoraleEncoding::decode_grid(std::span<const int32_t> body) {
  std::vector<int> pitches;
  for (const int32_t token : body) {
    if (token >= kRest) pitches.push_back(token == kRest ? Chorale::kRest : token - kFirstPitch);
  }
  Chorale chorale;
  for (size_t i = 0; i + Chorale::kVoices <= pitches.size(); i += Chorale::kVoices) {
    chorale.steps.push_back({pitches[i], pitches[i + 1], pitches[i + 2], pitches[i + 3]});
  }
  return chorale;
}

Tokens ChoraleEncoding::encode(const Score& score) const {
  return encode_grid(sample_chorale(score));
}

Score ChoraleEncoding::decode(std::span<const int32_t> body) const {
  return chorale_score(decode_grid(body));
}

Tokens ChoraleEncoding::augment(std::span<const int32_t> body, std::mt19937_64& random) const {
  const auto shift = static_cast<int32_t>(random() % (kHighestShift - kLowestShift + 1)) + kLowestShift;
  Tokens moved(body.begin(), body.end());
  const auto inside = [&](int32_t token) {
    return token < kFirstPitch || (token + shift >= kFirstPitch && token + shift < kVocabulary);
  };
  if (!std::all_of(moved.begin(), moved.end(), inside)) return moved;
  for (int32_t& token : moved) {
    if (token >= kFirstPitch) token += shift;
  }
  return moved;
}

std::vector<double> ChoraleEncoding::token_seconds(std::span<const int32_t> body) const {
  std::vector<double> seconds(body.size());
  for (size_t i = 0; i < body.size(); ++i) {
    seconds[i] = static_cast<double>(i / Chorale::kVoices) * Chorale::kStepSeconds;
  }
  return seconds;
}

double ChoraleEncoding::encoded_seconds(const Score& score, double seconds) const {
  return seconds / score.quarter_seconds * Chorale::kQuarterSeconds;
}

std::optional<int> ChoraleEncoding::pitch(int32_t token) const {
  if (token < kFirstPitch) return std::nullopt;
  return token - kFirstPitch;
}

}  // namespace heed::music
