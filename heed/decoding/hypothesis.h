// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace heed::decoding {

/// One output of an encoder-decoder model.
struct Hypothesis {
  std::vector<int64_t> tokens;  ///< without begin and end
  double log_probability = 0;   ///< ln p of the tokens, and of the end mark where it ended
  double score = 0;             ///< that over the length penalty, and the coverage penalty
  bool ended = false;           ///< by the end mark
  bool looped = false;          ///< stopped by the loop guard

  /// Tokens that were predicted, the end mark among them.
  int64_t length() const { return static_cast<int64_t>(tokens.size()) + (ended ? 1 : 0); }
};

/// ((5 + length) / 6)^alpha: Wu et al. 2016, arXiv:1609.08144, equation 14. 1 with alpha 0.
inline double length_penalty(int64_t length, double alpha) {
  return std::pow((5.0 + static_cast<double>(length)) / 6.0, alpha);
}

/// Whether a comes before b: what ended, then what max_length cut off, then loops; of a kind, by score.
inline bool better(const Hypothesis& a, const Hypothesis& b) {
  if (a.ended != b.ended) return a.ended;
  if (a.looped != b.looped) return b.looped;
  return a.score > b.score;
}

}  // namespace heed::decoding
