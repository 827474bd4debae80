// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "heed/data/music/encoding.h"
#include "heed/decoding/constraint.h"

namespace heed::tasks {

/// The length of a generated piece, in the time of the encoding.
struct MusicLength {
  double least_seconds = 0;  ///< the piece does not end before
  double most_seconds = 60;  ///< after this only tokens that end the piece properly are allowed
};

/// The grammar of music tokens as a constraint on sampling. Padding and begin marks are forbidden. A chorale ends only
/// after a whole step, a performance only when no note sounds. A note is released only while it sounds and struck only
/// while it does not. After `most_seconds`, sounding notes are released and the piece ends.
decoding::ConstraintFactory music_grammar(std::shared_ptr<const music::Encoding> encoding,
                                          const MusicLength& length);

}  // namespace heed::tasks
