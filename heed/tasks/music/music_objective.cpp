// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_objective.h"

#include <span>
#include <utility>

#include "heed/core/crc32c.h"

namespace heed::tasks {

std::unique_ptr<LanguageObjective> make_music_objective(std::shared_ptr<nn::SequenceModel> model,
                                                        std::shared_ptr<const music::Corpus> corpus,
                                                        const MusicDataOptions& options, uint64_t seed,
                                                        at::Device device) {
  const LanguageOptions language{.label_smoothing = options.label_smoothing,
                                 .validation_tokens = options.validation_tokens,
                                 .end = corpus->encoding->end()};
  return std::make_unique<LanguageObjective>(
      std::move(model), std::make_unique<TokenBatches>(music_batches(corpus, "train", options, seed)),
      music_windows(*corpus, "valid", options.validation_window), language, device);
}

toml::table music_data_card(const music::Corpus& corpus) {
  constexpr int32_t kEnd = -1;  // not a token: the checksum depends on where pieces end
  toml::table card{{"encoding", corpus.encoding->name()}};
  for (const auto& [split, pieces] : corpus.splits) {
    Crc32c crc;
    for (const auto& piece : pieces) {
      crc.add(std::as_bytes(std::span(piece.body)));
      crc.add(std::as_bytes(std::span(&kEnd, 1)));
    }
    card.insert(split, toml::table{{"pieces", static_cast<int64_t>(pieces.size())},
                                   {"tokens", corpus.tokens(split)},
                                   {"crc32c", int64_t{crc.value()}}});
  }
  return card;
}

}  // namespace heed::tasks
