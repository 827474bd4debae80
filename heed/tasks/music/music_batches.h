// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "heed/core/field.h"
#include "heed/data/music/corpus.h"
#include "heed/tasks/token_batches.h"

namespace heed::tasks {

/// Section [data] of a music run.
struct MusicDataOptions {
  std::string encoding;  ///< chorale or performance; empty: that of the data
  int64_t crop = 512;
  int64_t batch_size = 8;
  bool packing = false;
  bool augment = true;
  double label_smoothing = 0;
  int64_t validation_window = 0;
  int64_t validation_tokens = 0;
};
std::vector<Field> fields(MusicDataOptions& options);

/// Crops of the pieces of a split (see TokenBatches), transposed and stretched if the options ask for it.
TokenBatches music_batches(std::shared_ptr<const music::Corpus> corpus, const std::string& split,
                           const MusicDataOptions& options, uint64_t seed);

/// Every token of a split once (see token_windows).
std::vector<TokenCrop> music_windows(const music::Corpus& corpus, const std::string& split, int64_t window);

/// Begin mark, body, end mark.
music::Tokens with_marks(const music::Encoding& encoding, std::span<const int32_t> body);

}  // namespace heed::tasks
