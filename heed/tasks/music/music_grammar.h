// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "heed/data/music/encoding.h"
#include "heed/decoding/constraint.h"
#include "heed/tasks/music/music_opening.h"
#include "heed/tasks/music/note_limits.h"

namespace heed::tasks {

/// The length of a generated piece, in the time of the encoding.
struct MusicLength {
  double least_seconds = 0;  ///< the piece does not end before
  double most_seconds = 60;  ///< after this only tokens that end the piece properly are allowed
};

struct MusicRules {
  MusicLength length;
  NoteLimits notes;
};

/// The grammar of music tokens as a constraint on sampling. Padding and begin marks are forbidden. A chorale ends only
/// after a whole step, a performance only when no note sounds. A note is released only while it sounds and struck only
/// while it does not. After `most_seconds`, sounding notes are released and the piece ends.
///
/// In a performance the strikes together are as likely as the model says, and so are the releases and the shifts: the
/// share of those that are forbidden goes to the allowed ones of their kind. A model that has learned little releases
/// keys that do not sound; without this its notes would hardly ever end.
///
/// No drawn note leaves the range of pitches. In a performance no note is struck while `most_notes` sound, and a note
/// that has lasted for `longest_seconds` is released before time goes on. Notes that the opening leaves sounding are
/// released where their source ends them, unless the piece ends before. `opening` is what each prompt has behind its
/// begin mark, or empty where its notes do not matter.
decoding::ConstraintFactory music_grammar(std::shared_ptr<const music::Encoding> encoding,
                                          const MusicRules& rules, const MusicOpening& opening = {});

}  // namespace heed::tasks
