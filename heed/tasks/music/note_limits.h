// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <toml++/toml.h>

#include "heed/data/music/corpus.h"

namespace heed::tasks {

/// What the notes of a generated performance may be. The default allows everything.
struct NoteLimits {
  double longest_seconds = 0;  ///< a note is released at the latest after this; 0: no limit
  int64_t lowest_pitch = 0, highest_pitch = 127;
  int64_t most_notes = 0;  ///< notes that sound at once; 0: no limit
};

/// Measures the training split: the lowest and highest pitch, the 99.9th percentile of the length of notes, and the
/// 99th percentile of how many notes sound when one is struck. A model that has learned little holds notes for ever
/// and strikes any key; a trained one rarely meets these limits. Nothing for chorales, whose four voices and grid
/// need none, and without notes.
std::optional<NoteLimits> measure_note_limits(const music::Corpus& corpus);

/// The limits as a table of the config, [about.notes].
toml::table note_limits_table(const NoteLimits& limits);

/// The limits of a trained model: those in its config; for a performance model without them, those of the piano
/// performances of ASAP: pitches 21 to 108, 9 s, 28 notes; for other models none.
NoteLimits trained_note_limits(const toml::table& config, const music::Encoding& encoding);

}  // namespace heed::tasks
