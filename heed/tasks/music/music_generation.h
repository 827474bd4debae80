// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "heed/data/music/encoding.h"
#include "heed/decoding/generate.h"
#include "heed/nn/sequence_model.h"
#include "heed/tasks/music/music_grammar.h"

namespace heed::tasks {

struct MusicRequest {
  MusicOpening opening;  ///< what the pieces continue; empty: nothing
  MusicRules rules;      ///< lengths include the opening, in seconds of the encoding
  int64_t count = 1, first_sample = 0, batch_size = 8;
  uint64_t seed = 1;
  decoding::SamplingOptions sampling;
  std::function<void(int64_t drawn)> progress;
  std::stop_token stop = {};  ///< ends the work within one step
};

struct ComposedPiece {
  music::Tokens body;  ///< opening and continuation
  /// Opening and continuation, in the time of the opening's source. A performance keeps the notes, tempo and metre of
  /// the source; new notes join the voice that has the most notes there.
  music::Score score;
  std::vector<music::Note> new_notes;  ///< the notes of `score` that the model added
  double primer_seconds = 0;           ///< start of the continuation; 0 without a primer
  double log_probability = 0;          ///< ln p of the drawn tokens
};

/// What is new in a piece, as a score of its own that begins with the bar in which the continuation begins; with the
/// continuation itself where bars are not known.
music::Score continuation_of(const ComposedPiece& piece);

struct Composition {
  std::vector<ComposedPiece> pieces;
  int64_t events = 0;
  double seconds = 0;
  double events_per_second() const { return seconds > 0 ? static_cast<double>(events) / seconds : 0; }
};

/// Composes pieces. A piece depends on weights, opening, rules, seed, sampling and its index alone, not on count or batch
/// size.
Composition compose(nn::SequenceModel& model, std::shared_ptr<const music::Encoding> encoding,
                    const MusicRequest& request);

}  // namespace heed::tasks
