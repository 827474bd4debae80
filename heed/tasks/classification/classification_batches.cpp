// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/classification/classification_batches.h"

#include <algorithm>

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

namespace heed::tasks {
namespace {

int64_t marks_of(const EncodedText& text) {
  return text.pair.empty() ? 2 : 3;
}

/// How many tokens of two texts fit into `room`: the longer one gives way.
std::pair<int64_t, int64_t> fitting(int64_t first, int64_t second, int64_t room) {
  const int64_t half = room / 2;
  if (first + second <= room) return {first, second};
  if (second <= half) return {room - second, second};
  if (first <= room - half) return {first, room - first};
  return {room - half, half};
}

void append(Tokens& row, const Tokens& text, int64_t count) {
  row.insert(row.end(), text.begin(), text.begin() + count);
}

}  // namespace

int64_t framed_length(const EncodedText& text) {
  return std::ssize(text.text) + std::ssize(text.pair) + marks_of(text);
}

bool is_cut(const EncodedText& text, int64_t max_tokens) {
  return framed_length(text) > max_tokens;
}

Tokens framed(const EncodedText& text, const ClassifierMarks& marks, int64_t max_tokens, bool swapped) {
  TORCH_CHECK(max_tokens > marks_of(text),
              "[classification] max_tokens must be above the number of marks, got ", max_tokens);
  const Tokens& first = swapped ? text.pair : text.text;
  const Tokens& second = swapped ? text.text : text.pair;
  const auto [begin, end] = fitting(std::ssize(first), std::ssize(second), max_tokens - marks_of(text));
  Tokens row{marks.start};
  append(row, first, begin);
  if (!text.pair.empty()) {
    row.push_back(marks.delimiter);
    append(row, second, end);
  }
  row.push_back(marks.classify);
  return row;
}

ClassificationBatch ClassificationBatch::to(at::Device device) const {
  if (device.is_cpu()) return *this;
  return {{input.tokens.to(device), {}, {}}, places.to(device), targets.to(device), labels.to(device)};
}

ClassificationBatch make_classification_batch(const std::vector<EncodedText>& texts,
                                              std::span<const size_t> examples, const ClassifierMarks& marks,
                                              int64_t max_tokens, bool both_orders) {
  std::vector<Tokens> rows;
  for (const bool swapped : {false, true}) {
    if (swapped && !both_orders) break;
    for (const size_t example : examples) rows.push_back(framed(texts[example], marks, max_tokens, swapped));
  }
  const auto longest =
      std::max_element(rows.begin(), rows.end(), [](auto& a, auto& b) { return a.size() < b.size(); });
  const auto count = std::ssize(rows), length = std::ssize(*longest);
  ClassificationBatch batch;
  batch.input.tokens = at::full({count, length}, int64_t{marks.start}, at::kLong);
  batch.targets = at::full({count, length}, kIgnoredTarget, at::kLong);
  batch.places = at::empty({count}, at::kLong);
  batch.labels = at::empty({std::ssize(examples)}, at::kLong);
  for (int64_t r = 0; r < count; ++r) {
    const Tokens& row = rows[static_cast<size_t>(r)];
    std::copy(row.begin(), row.end(), batch.input.tokens.data_ptr<int64_t>() + r * length);
    std::copy(row.begin() + 1, row.end(), batch.targets.data_ptr<int64_t>() + r * length);
    batch.places.data_ptr<int64_t>()[r] = std::ssize(row) - 1;
  }
  for (size_t i = 0; i < examples.size(); ++i) batch.labels.data_ptr<int64_t>()[i] = texts[examples[i]].label;
  return batch;
}

}  // namespace heed::tasks
