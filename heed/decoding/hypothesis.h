// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace heed::decoding {

/// An output of an encoder-decoder model.
struct Hypothesis {
  std::vector<int64_t> tokens;  ///< without begin and end marks
  double log_probability = 0;   ///< ln p of the tokens, including the end mark if it ended
  double score = 0;             ///< log_probability / length penalty + coverage penalty
  bool ended = false;           ///< whether the end mark ended it
  bool looped = false;          ///< whether the loop guard stopped it

  /// Number of predicted tokens, including the end mark.
  int64_t length() const { return static_cast<int64_t>(tokens.size()) + (ended ? 1 : 0); }
};

/// ((5 + length) / 6)^alpha: Wu et al. 2016, arXiv:1609.08144, equation 14. Equals 1 for alpha 0.
inline double length_penalty(int64_t length, double alpha) {
  return std::pow((5.0 + static_cast<double>(length)) / 6.0, alpha);
}

/// Whether a ranks before b: ended hypotheses, then those cut off by max_length, then loops; ties broken by
/// score.
inline bool better(const Hypothesis& a, const Hypothesis& b) {
  if (a.ended != b.ended) return a.ended;
  if (a.looped != b.looped) return b.looped;
  return a.score > b.score;
}

}  // namespace heed::decoding
