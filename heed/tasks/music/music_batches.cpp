// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_batches.h"

#include <algorithm>
#include <numeric>

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "heed/data/music/encoding.h"
#include "heed/tasks/keyed_random.h"

namespace heed::tasks {

std::vector<Field> fields(MusicDataOptions& options) {
  auto encodings = music::encoding_names();
  encodings.insert(encodings.begin(), "");
  return {
      {"encoding", &options.encoding, "chorale or performance; empty: what the data is in",
       one_of(encodings)},
      {"crop", &options.crop, "tokens of a training example", at_least(2)},
      {"batch_size", &options.batch_size, "examples of a batch", at_least(1)},
      {"packing", &options.packing, "fill the room behind short pieces with further ones"},
      {"augment", &options.augment, "transpose (and stretch, where there is time) at random"},
      {"label_smoothing", &options.label_smoothing, "share of the target spread over all tokens",
       between(0, 0.9)},
      {"validation_window", &options.validation_window,
       "tokens scored together while training; 0: whole pieces", at_least(0)},
      {"validation_tokens", &options.validation_tokens, "about how many tokens to validate on; 0: all",
       at_least(0)},
  };
}

MusicBatch MusicBatch::to(at::Device device) const {
  if (device.is_cpu()) return *this;
  const auto move = [&](const std::optional<at::Tensor>& tensor) {
    return tensor ? std::make_optional(tensor->to(device)) : std::nullopt;
  };
  return {{input.tokens.to(device), move(input.positions), move(input.segments)}, targets.to(device)};
}

music::Tokens with_marks(const music::Encoding& encoding, std::span<const int32_t> body) {
  music::Tokens tokens{encoding.begin()};
  tokens.insert(tokens.end(), body.begin(), body.end());
  tokens.push_back(encoding.end());
  return tokens;
}

MusicBatch make_music_batch(const std::vector<std::vector<MusicCrop>>& rows, int64_t length) {
  const auto count = static_cast<int64_t>(rows.size());
  MusicBatch batch;
  batch.input.tokens = at::zeros({count, length}, at::kLong);
  batch.input.positions = at::zeros({count, length}, at::kLong);
  at::Tensor segments = at::full({count, length}, -1, at::kLong);
  batch.targets = at::full({count, length}, MusicBatch::kIgnore, at::kLong);
  bool packed = false;
  for (int64_t r = 0; r < count; ++r) {
    auto* tokens = batch.input.tokens.data_ptr<int64_t>() + r * length;
    auto* positions = batch.input.positions->data_ptr<int64_t>() + r * length;
    auto* segment = segments.data_ptr<int64_t>() + r * length;
    auto* targets = batch.targets.data_ptr<int64_t>() + r * length;
    int64_t place = 0, number = 0;
    for (const auto& crop : rows[static_cast<size_t>(r)]) {
      packed = packed || number > 0;
      for (size_t i = 0; i + 1 < crop.tokens.size() && place < length; ++i, ++place) {
        tokens[place] = crop.tokens[i];
        targets[place] = crop.tokens[i + 1];
        positions[place] = crop.position + static_cast<int64_t>(i);
        segment[place] = number;
      }
      ++number;
    }
  }
  if (packed) batch.input.segments = segments;
  return batch;
}

MusicBatches::MusicBatches(const music::Corpus& corpus, const std::string& split,
                           const MusicDataOptions& options, uint64_t seed)
    : encoding_(*corpus.encoding), pieces_(corpus.split(split)), options_(options), seed_(seed) {
  for (size_t piece = 0; piece < pieces_.size(); ++piece) {
    const auto targets = static_cast<int64_t>(pieces_[piece].body.size()) + 1;
    slots_.insert(slots_.end(), static_cast<size_t>((targets + options.crop - 1) / options.crop), piece);
  }
}

int64_t MusicBatches::batches_per_epoch() const {
  return std::max<int64_t>(1, static_cast<int64_t>(slots_.size()) / options_.batch_size);
}

size_t MusicBatches::slot(int64_t example) {
  const auto count = static_cast<int64_t>(slots_.size());
  const int64_t epoch = example / count;
  if (epoch != epoch_) {
    order_.resize(slots_.size());
    std::iota(order_.begin(), order_.end(), size_t{0});
    auto random = random_for({seed_, static_cast<uint64_t>(epoch)});
    for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random() % i]);
    epoch_ = epoch;
  }
  return slots_[order_[static_cast<size_t>(example % count)]];
}

MusicCrop MusicBatches::crop(size_t piece, std::mt19937_64& random, int64_t length) const {
  const auto& body = pieces_[piece].body;
  music::Tokens tokens = with_marks(encoding_, options_.augment ? encoding_.augment(body, random) : body);
  const auto targets = static_cast<int64_t>(tokens.size()) - 1;
  if (targets <= length) return {std::move(tokens), 0};
  // Starts are drawn from half a crop before the piece to half a crop past it and then clamped, so that the
  // marks at both ends are seen about as often as other tokens. They keep to whole steps.
  const int64_t last = (targets - length + encoding_.period() - 1) / encoding_.period() * encoding_.period();
  const auto drawn = static_cast<int64_t>(random() % static_cast<uint64_t>(last + length)) - length / 2;
  const int64_t start = std::clamp<int64_t>(drawn, 0, last) / encoding_.period() * encoding_.period();
  const int64_t end = std::min<int64_t>(start + length + 1, targets + 1);
  return {music::Tokens(tokens.begin() + start, tokens.begin() + end), start};
}

MusicBatch MusicBatches::batch(int64_t index) {
  std::vector<std::vector<MusicCrop>> rows;
  for (int64_t r = 0; r < options_.batch_size; ++r) {
    const int64_t example = index * options_.batch_size + r;
    auto random = random_for({seed_, static_cast<uint64_t>(example), 1});
    std::vector<MusicCrop> row{crop(slot(example), random, options_.crop)};
    auto room = options_.crop - static_cast<int64_t>(row.front().tokens.size()) + 1;
    while (options_.packing && room > encoding_.period()) {
      row.push_back(crop(slots_[random() % slots_.size()], random, room));
      room -= static_cast<int64_t>(row.back().tokens.size()) - 1;
    }
    rows.push_back(std::move(row));
  }
  return make_music_batch(rows, options_.crop);
}

std::vector<MusicCrop> music_windows(const music::Corpus& corpus, const std::string& split, int64_t window) {
  std::vector<MusicCrop> windows;
  for (const auto& piece : corpus.split(split)) {
    const music::Tokens tokens = with_marks(*corpus.encoding, piece.body);
    const auto targets = static_cast<int64_t>(tokens.size()) - 1;
    const int64_t step = window > 0 ? window : targets;
    for (int64_t start = 0; start < targets; start += step) {
      const int64_t end = std::min(start + step, targets) + 1;
      windows.push_back({music::Tokens(tokens.begin() + start, tokens.begin() + end), start});
    }
  }
  return windows;
}

}  // namespace heed::tasks
