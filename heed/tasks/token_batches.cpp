// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/token_batches.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "heed/core/memory.h"
#include "heed/tasks/keyed_random.h"

namespace heed::tasks {
namespace {

/// Some of the windows from everywhere, about `tokens` targets.
std::vector<TokenCrop> thinned(std::vector<TokenCrop> windows, int64_t tokens) {
  int64_t given = 0;
  for (const auto& window : windows) given += window.targets();
  if (tokens <= 0 || given <= tokens) return windows;
  std::vector<TokenCrop> kept;
  for (size_t i = 0; i < windows.size(); i += static_cast<size_t>(given / tokens))
    kept.push_back(std::move(windows[i]));
  return kept;
}

}  // namespace

TokenBatch TokenBatch::to(at::Device device) const {
  if (device.is_cpu()) return *this;
  const auto move = [&](const std::optional<at::Tensor>& tensor) {
    return tensor ? std::make_optional(tensor->to(device)) : std::nullopt;
  };
  return {{input.tokens.to(device), move(input.positions), move(input.segments)}, targets.to(device)};
}

TokenBatch make_token_batch(const std::vector<TokenRow>& rows, int64_t length) {
  const auto count = static_cast<int64_t>(rows.size());
  TokenBatch batch;
  batch.input.tokens = at::zeros({count, length}, at::kLong);
  batch.input.positions = at::zeros({count, length}, at::kLong);
  at::Tensor segments = at::full({count, length}, -1, at::kLong);
  batch.targets = at::full({count, length}, TokenBatch::kIgnore, at::kLong);
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

std::vector<TokenCrop> token_windows(std::span<const int32_t> piece, int64_t window) {
  std::vector<TokenCrop> windows;
  const auto targets = static_cast<int64_t>(piece.size()) - 1;
  const int64_t step = window > 0 ? window : targets;
  for (int64_t start = 0; start < targets; start += step) {
    const int64_t end = std::min(start + step, targets) + 1;
    windows.push_back({Tokens(piece.begin() + start, piece.begin() + end), start});
  }
  return windows;
}

std::vector<std::vector<TokenRow>> validation_batches(std::vector<TokenCrop> windows, int64_t tokens,
                                                      int64_t batch_tokens) {
  windows = thinned(std::move(windows), tokens);
  std::stable_sort(windows.begin(), windows.end(),
                   [](const auto& a, const auto& b) { return a.tokens.size() < b.tokens.size(); });
  std::vector<std::vector<TokenRow>> batches;
  for (auto& window : windows) {
    const auto rows = static_cast<int64_t>(batches.empty() ? 0 : batches.back().size());
    const bool fits = rows > 0 && (rows + 1) * (window.targets() + 1) <= batch_tokens;
    if (!fits) batches.emplace_back();
    batches.back().push_back({std::move(window)});
  }
  return batches;
}

TokenBatches::TokenBatches(const std::vector<int64_t>& targets, Piece piece, const TokenBatchOptions& options,
                           uint64_t seed)
    : piece_(std::move(piece)),
      options_(options),
      seed_(seed),
      slots_(slots_of(targets, options.crop)),
      order_(slots_.size(), seed) {
  constexpr double kLeastBytes =
      64;  // of a token: itself, its target, its place, and the narrowest embedding
  expect_memory(kLeastBytes * static_cast<double>(options.batch_size) * static_cast<double>(options.crop),
                "a batch");
}

std::vector<size_t> TokenBatches::slots_of(const std::vector<int64_t>& targets, int64_t crop) {
  std::vector<size_t> slots;
  for (size_t piece = 0; piece < targets.size(); ++piece)
    slots.insert(slots.end(), static_cast<size_t>((targets[piece] + crop - 1) / crop), piece);
  return slots;
}

int64_t TokenBatches::batches_per_epoch() const {
  return std::max<int64_t>(1, static_cast<int64_t>(slots_.size()) / options_.batch_size);
}

TokenCrop TokenBatches::crop(size_t piece, std::mt19937_64& random, int64_t length) const {
  Tokens tokens = piece_(piece, random);
  const auto targets = static_cast<int64_t>(tokens.size()) - 1;
  if (targets <= length) return {std::move(tokens), 0};
  // Starts are drawn from half a crop before the piece to half a crop past it and then clamped, so that the
  // marks at both ends are seen about as often as other tokens. They keep to whole periods.
  const int64_t period = options_.period;
  const int64_t last = (targets - length + period - 1) / period * period;
  const auto drawn = static_cast<int64_t>(random() % static_cast<uint64_t>(last + length)) - length / 2;
  const int64_t start = std::clamp<int64_t>(drawn, 0, last) / period * period;
  const int64_t end = std::min<int64_t>(start + length + 1, targets + 1);
  return {Tokens(tokens.begin() + start, tokens.begin() + end), start};
}

TokenRow TokenBatches::row(int64_t example) {
  auto random = random_for({seed_, static_cast<uint64_t>(example), 1});
  TokenRow row{crop(slots_[order_.at(example)], random, options_.crop)};
  int64_t room = options_.crop - row.front().targets();
  while (options_.packing && room > options_.period) {
    row.push_back(crop(slots_[random() % slots_.size()], random, room));
    room -= row.back().targets();
  }
  return row;
}

TokenBatch TokenBatches::batch(int64_t index) {
  std::vector<TokenRow> rows;
  for (int64_t r = 0; r < options_.batch_size; ++r) rows.push_back(row(index * options_.batch_size + r));
  return make_token_batch(rows, options_.crop);
}

}  // namespace heed::tasks
