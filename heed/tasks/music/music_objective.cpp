// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_objective.h"

#include <algorithm>
#include <span>

#include "heed/core/crc32c.h"
#include "heed/tasks/token_loss.h"

namespace heed::tasks {
MusicObjective::MusicObjective(std::shared_ptr<nn::SequenceModel> model,
                               std::shared_ptr<const music::Corpus> corpus, const MusicDataOptions& options,
                               uint64_t seed, at::Device device)
    : model_(std::move(model)),
      corpus_(std::move(corpus)),
      options_(options),
      device_(device),
      batches_(*corpus_, "train", options, seed),
      batches_ahead_([this](int64_t index) { return batches_.batch(index); }) {
  plan_validation();
}

void MusicObjective::plan_validation() {
  auto windows = music_windows(*corpus_, "valid", options_.validation_window);
  int64_t tokens = 0;
  for (const auto& window : windows) tokens += static_cast<int64_t>(window.tokens.size()) - 1;
  if (options_.validation_tokens > 0 && tokens > options_.validation_tokens) {
    const auto every = static_cast<size_t>(tokens / options_.validation_tokens);
    std::vector<MusicCrop> kept;
    for (size_t i = 0; i < windows.size(); i += std::max<size_t>(every, 1))
      kept.push_back(std::move(windows[i]));
    windows = std::move(kept);
  }
  // Rows of like length together, so that little is padding.
  std::stable_sort(windows.begin(), windows.end(),
                   [](const auto& a, const auto& b) { return a.tokens.size() < b.tokens.size(); });
  for (auto& window : windows) {
    const bool ends = window.tokens.back() == corpus_->encoding->end();
    validation_units_ += static_cast<int64_t>(window.tokens.size()) - 1 - (ends ? 1 : 0);
    const size_t rows = validation_.empty() ? 0 : validation_.back().size();
    const auto length = window.tokens.size();
    const bool fits = rows > 0 && (rows + 1) * length <= static_cast<size_t>(tokens_per_index());
    if (!fits) validation_.emplace_back();
    validation_.back().push_back({std::move(window)});
  }
}

training::Loss MusicObjective::training_loss(int64_t index) {
  const MusicBatch batch = batches_ahead_.take(index).to(device_);
  const int64_t targets = batch.targets.ne(MusicBatch::kIgnore).sum().item<int64_t>();
  return {summed_token_loss(model_->forward(batch.input), batch.targets, options_.label_smoothing), targets};
}

training::Validation MusicObjective::validate() {
  double total = 0;
  for (const auto& rows : validation_) {
    const auto length = static_cast<int64_t>(rows.back().front().tokens.size()) - 1;
    const MusicBatch batch = make_music_batch(rows, length).to(device_);
    total += summed_token_loss(model_->forward(batch.input), batch.targets, 0).item<double>();
  }
  return {.metrics = {{"nll", total / static_cast<double>(validation_units_)}}};
}

toml::table music_data_card(const music::Corpus& corpus) {
  constexpr int32_t kEnd = -1;  // no token: pieces that are cut elsewhere give another checksum
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
