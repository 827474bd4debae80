// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/core/config.h"
#include "heed/data/music/corpus.h"
#include "heed/nn/sequence_model.h"
#include "heed/tasks/token_loss.h"

namespace heed::tasks {

/// Section [data] of a music run.
struct MusicDataOptions {
  std::string encoding;  ///< empty: what the data is in
  int64_t crop = 512;
  int64_t batch_size = 8;
  bool packing = false;
  bool augment = true;
  double label_smoothing = 0;
  int64_t validation_window = 0;
  int64_t validation_tokens = 0;
};
std::vector<Field> fields(MusicDataOptions& options);

/// Input and what should follow each of its tokens; kIgnore where nothing is learned (padding).
struct MusicBatch {
  static constexpr int64_t kIgnore = kIgnoredTarget;
  nn::Sequence input;
  at::Tensor targets;  ///< [batch, length] int64
  MusicBatch to(at::Device device) const;
};

/// A stretch of a piece: tokens[i + 1] follows tokens[i]; the first stands at `position` of its piece.
struct MusicCrop {
  music::Tokens tokens;
  int64_t position = 0;
};

/// Rows of crops as tensors. `length` targets a row, shorter rows padded; crops of one row become segments.
MusicBatch make_music_batch(const std::vector<std::vector<MusicCrop>>& rows, int64_t length);

/// Training batches as a pure function of (seed, index). Every epoch visits each piece once for each crop
/// that it holds, in an order of (seed, epoch); crops start at random places, so that begin and end marks are
/// seen as often as other tokens.
class MusicBatches {
 public:
  MusicBatches(const music::Corpus& corpus, const std::string& split, const MusicDataOptions& options,
               uint64_t seed);

  MusicBatch batch(int64_t index);
  int64_t batches_per_epoch() const;

 private:
  size_t slot(int64_t example);
  MusicCrop crop(size_t piece, std::mt19937_64& random, int64_t length) const;

  const music::Encoding& encoding_;
  const std::vector<music::EncodedPiece>& pieces_;
  MusicDataOptions options_;
  uint64_t seed_;
  std::vector<size_t> slots_;  ///< piece of each slot
  std::vector<size_t> order_;  ///< permutation of the epoch at hand
  int64_t epoch_ = -1;
};

/// Every token of a split once, in windows of `window` targets (0: whole pieces) that see nothing before
/// themselves.
std::vector<MusicCrop> music_windows(const music::Corpus& corpus, const std::string& split, int64_t window);

/// begin, body, end.
music::Tokens with_marks(const music::Encoding& encoding, std::span<const int32_t> body);

}  // namespace heed::tasks
