// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/data/music/chorale_grid.h"
#include "heed/data/music/encoding.h"

namespace heed::music {

/// Encodes the chorale grid as tokens: soprano, alto, tenor and bass of each 16th in turn. Huang et al. 2018,
/// section 4.1. Tokens: 0 padding, 1 begin, 2 end, 3 rest, 4 + MIDI pitch.
class ChoraleEncoding : public Encoding {
 public:
  static constexpr int32_t kPad = 0, kBegin = 1, kEnd = 2, kRest = 3, kFirstPitch = 4;
  static constexpr int32_t kVocabulary = kFirstPitch + 128;

  const char* name() const override { return "chorale"; }
  int32_t vocabulary_size() const override { return kVocabulary; }
  int32_t begin() const override { return kBegin; }
  int32_t end() const override { return kEnd; }
  int64_t period() const override { return Chorale::kVoices; }
  const char* unit() const override { return "token"; }
  Tokens encode(const Score& score) const override;
  Score decode(std::span<const int32_t> body) const override;
  Tokens augment(std::span<const int32_t> body, std::mt19937_64& random) const override;
  std::vector<double> token_seconds(std::span<const int32_t> body) const override;
  double encoded_seconds(const Score& score, double seconds) const override;
  std::optional<int> pitch(int32_t token) const override;

  static Tokens encode_grid(const Chorale& chorale);
  static Chorale decode_grid(std::span<const int32_t> body);
};

}  // namespace heed::music
