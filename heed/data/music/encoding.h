// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "heed/data/music/note.h"

namespace heed::music {

using Tokens = std::vector<int32_t>;

/// Converts music to tokens and back. Two encodings: "chorale" (Huang et al. 2018: the voices of a 16th-note
/// grid, serialised) and "performance" (Oore et al. 2018). An encoded piece is the begin mark, a body and the
/// end mark.
class Encoding {
 public:
  virtual ~Encoding() = default;
  virtual const char* name() const = 0;
  virtual int32_t vocabulary_size() const = 0;
  virtual int32_t begin() const = 0;
  virtual int32_t end() const = 0;
  /// Number of consecutive tokens that share a time: 4 voices of a step, 1 event.
  virtual int64_t period() const = 0;
  /// The unit of a negative log-likelihood, "token" or "event"; end marks are not counted.
  virtual const char* unit() const = 0;

  /// Converts a score to body tokens and back. decode() accepts any tokens: it skips marks and drops an
  /// incomplete last step.
  virtual Tokens encode(const Score& score) const = 0;
  virtual Score decode(std::span<const int32_t> body) const = 0;
  /// Returns a randomly changed body for training: transposed, and stretched in time if the encoding
  /// represents time.
  virtual Tokens augment(std::span<const int32_t> body, std::mt19937_64& random) const = 0;
  /// Returns the time in seconds of each body token, for drawing and for cutting primers.
  virtual std::vector<double> token_seconds(std::span<const int32_t> body) const = 0;
  /// Converts a time in the score to the time scale of token_seconds, both in seconds. They differ because a
  /// grid has a tempo of its own and an encoding may drop leading silence.
  virtual double encoded_seconds(const Score& score, double seconds) const = 0;
  /// Returns the MIDI pitch if the token starts or holds a note.
  virtual std::optional<int> pitch(int32_t token) const = 0;
};

/// Throws Error(kConfig), with the nearest name, if there is no such encoding.
std::shared_ptr<const Encoding> make_encoding(const std::string& name);
std::vector<std::string> encoding_names();

}  // namespace heed::music
