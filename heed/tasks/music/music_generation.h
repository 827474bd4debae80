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

/// The opening of a piece that generation goes on from.
struct MusicPrimer {
  std::optional<double> seconds;  ///< how much of the piece; all three absent: all of it
  std::optional<int64_t> bars;
  std::optional<int64_t> events;  ///< tokens of the encoding
};

/// Body tokens of the opening. Bars are those of the file. Throws Error(kData) when the opening holds no
/// note, or bars are asked of a score that has none.
music::Tokens cut_primer(const music::Encoding& encoding, const music::Score& score,
                         const MusicPrimer& primer);

struct MusicRequest {
  music::Tokens primer;  ///< body tokens; empty: from nothing
  MusicLength length;    ///< of the whole piece, primer included
  int64_t count = 1, first_sample = 0, batch_size = 8;
  uint64_t seed = 1;
  decoding::SamplingOptions sampling;
  std::function<void(int64_t drawn)> progress;
  std::stop_token stop = {};  ///< ends the work within one step
};

struct ComposedPiece {
  music::Tokens body;  ///< primer and continuation
  music::Score score;
  double primer_seconds = 0;   ///< where the continuation begins; 0 from nothing
  double log_probability = 0;  ///< of the drawn tokens, nats
};

struct Composition {
  std::vector<ComposedPiece> pieces;
  int64_t events = 0;
  double seconds = 0;
  double events_per_second() const { return seconds > 0 ? static_cast<double>(events) / seconds : 0; }
};

/// Composes; the piece of a sample depends on (weights, primer, length, seed, sampling, its index) alone, not
/// on count or batch.
Composition compose(nn::SequenceModel& model, std::shared_ptr<const music::Encoding> encoding,
                    const MusicRequest& request);

}  // namespace heed::tasks
