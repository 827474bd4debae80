// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/data/music/encoding.h"

namespace heed::music {

/// Encodes performances as events (Oore et al. 2018), see performance.h; drops silence before the first note.
class PerformanceEncoding : public Encoding {
 public:
  const char* name() const override { return "performance"; }
  int32_t vocabulary_size() const override;
  int32_t begin() const override;
  int32_t end() const override;
  int64_t period() const override { return 1; }
  const char* unit() const override { return "event"; }
  Tokens encode(const Score& score) const override;
  Score decode(std::span<const int32_t> body) const override;
  Tokens augment(std::span<const int32_t> body, std::mt19937_64& random) const override;
  std::vector<double> token_seconds(std::span<const int32_t> body) const override;
  double encoded_seconds(const Score& score, double seconds) const override;
  std::optional<int> pitch(int32_t token) const override;
};

}  // namespace heed::music
