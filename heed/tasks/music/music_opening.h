// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "heed/data/music/encoding.h"

namespace heed::tasks {

/// How much of a piece is the primer. Without any of the three: all of it.
struct MusicPrimer {
  std::optional<double> seconds;
  std::optional<int64_t> bars;
  std::optional<int64_t> events;  ///< tokens of the encoding
};

/// A note of the primer that still sounds where the continuation begins.
struct HeldNote {
  int pitch = 0;
  double end = 0;  ///< where the source ends it, in seconds of the encoding
};

/// The opening of a piece, which a model continues.
struct MusicOpening {
  music::Tokens body;  ///< body tokens; empty: no primer
  std::vector<HeldNote> held;
  music::Score source;     ///< the notes of the opening as they were read, with tempo and metre up to the cut
  double offset = 0;       ///< where second 0 of the encoding lies in the source
  double end_seconds = 0;  ///< where the continuation begins, in seconds of the encoding
};

/// Cuts the opening out of a piece. Bars are those of the file. Throws Error(kData) when the opening has no note, or
/// when bars are wanted and the score has none.
MusicOpening cut_primer(const music::Encoding& encoding, const music::Score& score,
                        const MusicPrimer& primer);

}  // namespace heed::tasks
