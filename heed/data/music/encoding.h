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

/// How music becomes tokens and back. Two forms: "chorale" (Huang et al. 2018: voices of a 16th-note grid,
/// serialised) and "performance" (Oore et al. 2018). A piece in tokens is begin, its body, end.
class Encoding {
 public:
  virtual ~Encoding() = default;
  virtual const char* name() const = 0;
  virtual int32_t vocabulary_size() const = 0;
  virtual int32_t begin() const = 0;
  virtual int32_t end() const = 0;
  /// Tokens that belong together in time: 4 voices of a step, 1 event.
  virtual int64_t period() const = 0;
  /// "token" or "event", what a negative log-likelihood is divided by; end marks are not among them.
  virtual const char* unit() const = 0;

  /// Body tokens of a score, and back. Lenient backwards: marks are passed over, an incomplete last step is
  /// dropped.
  virtual Tokens encode(const Score& score) const = 0;
  virtual Score decode(std::span<const int32_t> body) const = 0;
  /// A body changed at random as training wants it: transposed, and stretched in time where the encoding has
  /// time.
  virtual Tokens augment(std::span<const int32_t> body, std::mt19937_64& random) const = 0;
  /// Seconds at which each body token acts: for pictures, and for cutting primers.
  virtual std::vector<double> token_seconds(std::span<const int32_t> body) const = 0;
  /// Where a moment of the score lies on the clock of token_seconds: a grid has a tempo of its own, and
  /// leading silence may go.
  virtual double encoded_seconds(const Score& score, double seconds) const = 0;
  /// MIDI pitch of a token that starts or holds a note, else nothing.
  virtual std::optional<int> pitch(int32_t token) const = 0;
};

/// Throws Error(kConfig), naming the nearest, when there is no such encoding.
std::shared_ptr<const Encoding> make_encoding(const std::string& name);
std::vector<std::string> encoding_names();

}  // namespace heed::music
