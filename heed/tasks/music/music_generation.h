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

/// How much of a piece is the primer. Without any of the three: all of it.
struct MusicPrimer {
  std::optional<double> seconds;
  std::optional<int64_t> bars;
  std::optional<int64_t> events;  ///< tokens of the encoding
};

/// Body tokens of the opening. Bars are those of the file. Throws Error(kData) when the opening has no note, or when
/// bars are wanted and the score has none.
music::Tokens cut_primer(const music::Encoding& encoding, const music::Score& score,
                         const MusicPrimer& primer);

struct MusicRequest {
  music::Tokens primer;  ///< body tokens; empty: no primer
  MusicLength length;    ///< of the piece, primer included
  int64_t count = 1, first_sample = 0, batch_size = 8;
  uint64_t seed = 1;
  decoding::SamplingOptions sampling;
  std::function<void(int64_t drawn)> progress;
  std::stop_token stop = {};  ///< ends the work within one step
};

struct ComposedPiece {
  music::Tokens body;  ///< primer and continuation
  music::Score score;
  double primer_seconds = 0;   ///< start of the continuation; 0 without a primer
  double log_probability = 0;  ///< ln p of the drawn tokens
};

struct Composition {
  std::vector<ComposedPiece> pieces;
  int64_t events = 0;
  double seconds = 0;
  double events_per_second() const { return seconds > 0 ? static_cast<double>(events) / seconds : 0; }
};

/// Composes pieces. A piece depends on weights, primer, length, seed, sampling and its index alone, not on count or batch
/// size.
Composition compose(nn::SequenceModel& model, std::shared_ptr<const music::Encoding> encoding,
                    const MusicRequest& request);

}  // namespace heed::tasks
