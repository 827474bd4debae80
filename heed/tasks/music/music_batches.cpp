// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_batches.h"

#include <algorithm>
#include <iterator>

#include "heed/data/music/encoding.h"

namespace heed::tasks {

std::vector<Field> fields(MusicDataOptions& options) {
  auto encodings = music::encoding_names();
  encodings.insert(encodings.begin(), "");
  return {
      {"encoding", &options.encoding, "chorale or performance; empty: that of the data", one_of(encodings)},
      {"crop", &options.crop, "tokens of a training example", at_least(2)},
      {"batch_size", &options.batch_size, "examples of a batch", between(1, 1 << 20)},
      {"packing", &options.packing, "fill rows of short pieces with further pieces"},
      {"augment", &options.augment, "transpose at random, and stretch music that has free timing"},
      {"label_smoothing", &options.label_smoothing, "share of the target spread over all tokens",
       between(0, 0.9)},
      {"validation_window", &options.validation_window,
       "tokens scored together while training; 0: whole pieces", at_least(0)},
      {"validation_tokens", &options.validation_tokens, "tokens to validate on, about; 0: all", at_least(0)},
  };
}

music::Tokens with_marks(const music::Encoding& encoding, std::span<const int32_t> body) {
  music::Tokens tokens{encoding.begin()};
  tokens.insert(tokens.end(), body.begin(), body.end());
  tokens.push_back(encoding.end());
  return tokens;
}

TokenBatches music_batches(std::shared_ptr<const music::Corpus> corpus, const std::string& split,
                           const MusicDataOptions& options, uint64_t seed) {
  const auto& pieces = corpus->split(split);
  std::vector<int64_t> targets;
  for (const auto& piece : pieces) targets.push_back(static_cast<int64_t>(piece.body.size()) + 1);
  const TokenBatchOptions batches{.crop = options.crop,
                                  .batch_size = options.batch_size,
                                  .packing = options.packing,
                                  .period = corpus->encoding->period()};
  const auto piece = [corpus, &pieces, augment = options.augment](size_t index, std::mt19937_64& random) {
    const music::Encoding& encoding = *corpus->encoding;
    const music::Tokens& body = pieces[index].body;
    return with_marks(encoding, augment ? encoding.augment(body, random) : body);
  };
  return {targets, piece, batches, seed};
}

std::vector<TokenCrop> music_windows(const music::Corpus& corpus, const std::string& split, int64_t window) {
  std::vector<TokenCrop> windows;
  for (const auto& piece : corpus.split(split)) {
    auto some = token_windows(with_marks(*corpus.encoding, piece.body), window);
    std::move(some.begin(), some.end(), std::back_inserter(windows));
  }
  return windows;
}

}  // namespace heed::tasks
