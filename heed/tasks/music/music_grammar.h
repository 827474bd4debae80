// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "heed/data/music/encoding.h"
#include "heed/decoding/constraint.h"

namespace heed::tasks {

/// How long a generated piece should be, in the encoding's own time.
struct MusicLength {
  double least_seconds = 0;  ///< the piece may not end before
  double most_seconds = 60;  ///< after this only what is needed to end well may come
};

/// The grammar of music tokens as a rule for sampling. Padding and begin marks never come; a piece ends only
/// on a whole step (chorale) or once no note sounds (performance); a note is released only while it sounds
/// and struck only while it does not; past `most_seconds` sounding notes are released and the piece ends.
decoding::ConstraintFactory music_grammar(std::shared_ptr<const music::Encoding> encoding,
                                          const MusicLength& length);

}  // namespace heed::tasks
