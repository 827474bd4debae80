// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/translation_batches.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include "heed/core/error.h"
#include "heed/tasks/epoch_order.h"

namespace heed::tasks {
namespace {

constexpr int64_t kMark = 1;  // each side of a pair has one

// Lengths of a pair, marks included. Sorted so that neighbours are similar: by target, and within a target length by
// source, ascending and descending in turn.
struct Lengths {
  int64_t target = 0, source = 0;
  bool operator==(const Lengths&) const = default;
  bool operator<(const Lengths& other) const {
    if (target != other.target) return target < other.target;
    return target % 2 == 0 ? source < other.source : other.source < source;
  }
};

Lengths lengths_of(const EncodedPair& pair) {
  return {static_cast<int64_t>(pair.target.size()) + kMark, static_cast<int64_t>(pair.source.size()) + kMark};
}

// The longest length of each class: exact up to 20, then each a tenth above the one before.
class LengthClasses {
 public:
  explicit LengthClasses(int64_t longest) {
    for (int64_t length = 1; longest_.empty() || longest_.back() < longest;
         length += std::max<int64_t>(1, length / 10))
      longest_.push_back(length);
  }
  int64_t of(int64_t length) const {
    return std::lower_bound(longest_.begin(), longest_.end(), length) - longest_.begin();
  }
  Lengths of(const Lengths& lengths) const { return {of(lengths.target), of(lengths.source)}; }
  Lengths longest(const Lengths& classes) const {
    return {longest_[static_cast<size_t>(classes.target)], longest_[static_cast<size_t>(classes.source)]};
  }

 private:
  std::vector<int64_t> longest_;
};

// Where batches begin in a sequence of pairs of these lengths, then its end.
std::vector<size_t> cut(size_t count, const TranslationBatchOptions& options, const auto& lengths_at) {
  std::vector<size_t> starts{0};
  Lengths longest;
  for (size_t i = 0; i < count; ++i) {
    const Lengths lengths = lengths_at(i);
    const Lengths with{std::max(longest.target, lengths.target), std::max(longest.source, lengths.source)};
    const auto rows = static_cast<int64_t>(i - starts.back()) + 1;
    const bool fits = rows * (with.target + with.source) <= options.max_tokens &&
                      (options.max_sentences == 0 || rows <= options.max_sentences);
    if (rows > 1 && !fits) starts.push_back(i);
    longest = rows > 1 && !fits ? lengths : with;
  }
  if (count > 0) starts.push_back(count);
  return starts;
}

using Views = std::vector<std::span<const int32_t>>;

// [sentences] int64, marks included.
at::Tensor marked_lengths(const Views& sentences) {
  const at::Tensor lengths = at::empty({static_cast<int64_t>(sentences.size())}, at::kLong);
  auto* length = lengths.mutable_data_ptr<int64_t>();
  for (const auto sentence : sentences) *length++ = static_cast<int64_t>(sentence.size()) + kMark;
  return lengths;
}

int64_t longest(std::span<const std::span<const int32_t>> sentences) {
  size_t length = 0;
  for (const auto sentence : sentences) length = std::max(length, sentence.size());
  return static_cast<int64_t>(length);
}

// Rows of tokens from column `first` on, and `filling` elsewhere.
at::Tensor padded(const Views& sentences, int64_t first, int64_t filling) {
  const int64_t length = longest(sentences) + kMark;
  at::Tensor result = at::full({static_cast<int64_t>(sentences.size()), length}, filling, at::kLong);
  auto* row = result.data_ptr<int64_t>();
  for (const auto sentence : sentences) {
    std::copy(sentence.begin(), sentence.end(), row + first);
    row += length;
  }
  return result;
}

// Writes the end mark after each sentence; sentences begin in the first column.
void end_with(const at::Tensor& tokens, const Views& sentences, int64_t end) {
  auto* row = tokens.data_ptr<int64_t>();
  for (const auto sentence : sentences) {
    row[sentence.size()] = end;
    row += tokens.size(1);
  }
}

}  // namespace

std::vector<Field> fields(TranslationBatchOptions& options) {
  return {
      {"max_tokens", &options.max_tokens, "source and target tokens of a batch, padding included",
       at_least(4)},
      {"max_sentences", &options.max_sentences, "sentence pairs of a batch; 0: no limit", at_least(0)},
      {"max_length", &options.max_length,
       "longest source or target, mark included; longer pairs are left out", at_least(2)},
  };
}

TranslationBatch TranslationBatch::to(at::Device device) const {
  if (device.is_cpu()) return *this;
  return {{source.tokens.to(device), source.lengths.to(device)},
          target_input.to(device),
          target_lengths.to(device),
          target_output.to(device),
          target_tokens};
}

nn::Source make_source(std::span<const std::span<const int32_t>> sentences, const TokenMarks& marks) {
  const Views views(sentences.begin(), sentences.end());
  const nn::Source source{padded(views, 0, marks.pad), marked_lengths(views)};
  end_with(source.tokens, views, marks.end);
  return source;
}

TranslationBatch make_translation_batch(const std::vector<EncodedPair>& pairs,
                                        std::span<const size_t> indices, const TranslationMarks& marks) {
  Views sources, targets;
  TranslationBatch batch;
  for (const size_t index : indices) {
    const EncodedPair& pair = pairs.at(index);
    sources.emplace_back(pair.source);
    targets.emplace_back(pair.target);
    batch.target_tokens += static_cast<int64_t>(pair.target.size()) + kMark;
  }
  batch.source = make_source(sources, marks.source);
  batch.target_input = padded(targets, 1, marks.target.pad);
  batch.target_input.select(1, 0).fill_(marks.target.begin);
  batch.target_lengths = marked_lengths(targets);
  batch.target_output = padded(targets, 0, TranslationBatch::kIgnore);
  end_with(batch.target_output, targets, marks.target.end);
  return batch;
}

TranslationBatches::TranslationBatches(const std::vector<EncodedPair>& pairs,
                                       const TranslationBatchOptions& options, const TranslationMarks& marks,
                                       uint64_t seed)
    : pairs_(pairs), marks_(marks), seed_(seed) {
  TORCH_CHECK(pairs.size() <= std::numeric_limits<uint32_t>::max(), "[TranslationBatches] too many pairs");
  const LengthClasses classes(options.max_length);
  std::vector<Lengths> class_of(pairs.size());
  for (size_t i = 0; i < pairs.size(); ++i) {
    const Lengths lengths = lengths_of(pairs[i]);
    class_of[i] = classes.of(lengths);
    if (std::max(lengths.source, lengths.target) <= options.max_length)
      sorted_.push_back(static_cast<uint32_t>(i));
  }
  left_out_ = static_cast<int64_t>(pairs.size() - sorted_.size());
  if (sorted_.empty())
    throw Error(ErrorKind::kData, "no sentence pair is left of " + std::to_string(pairs.size()) +
                                      "; the longest allowed is " + std::to_string(options.max_length));
  std::stable_sort(sorted_.begin(), sorted_.end(),
                   [&](uint32_t a, uint32_t b) { return class_of[a] < class_of[b]; });
  for (size_t i = 0; i < sorted_.size(); ++i)
    if (i == 0 || !(class_of[sorted_[i]] == class_of[sorted_[i - 1]])) classes_.push_back(i);
  classes_.push_back(sorted_.size());
  // The longest pair of a class decides, so that any of its pairs fit the budget.
  starts_ = cut(sorted_.size(), options, [&](size_t i) { return classes.longest(class_of[sorted_[i]]); });
}

void TranslationBatches::begin_epoch(int64_t epoch) {
  if (epoch == epoch_) return;
  auto random = random_for({seed_, static_cast<uint64_t>(epoch)});
  order_ = sorted_;
  for (size_t i = 0; i + 1 < classes_.size(); ++i)
    shuffle(std::span(order_).subspan(classes_[i], classes_[i + 1] - classes_[i]), random);
  batches_.resize(starts_.size() - 1);
  std::iota(batches_.begin(), batches_.end(), uint32_t{0});
  shuffle(std::span(batches_), random);
  epoch_ = epoch;
}

std::vector<size_t> TranslationBatches::rows(int64_t index) {
  TORCH_CHECK(index >= 0, "[TranslationBatches] index must not be negative, got ", index);
  begin_epoch(index / batches_per_epoch());
  const size_t batch = batches_[static_cast<size_t>(index % batches_per_epoch())];
  return {order_.begin() + static_cast<ptrdiff_t>(starts_[batch]),
          order_.begin() + static_cast<ptrdiff_t>(starts_[batch + 1])};
}

TranslationBatch TranslationBatches::batch(int64_t index) {
  return make_translation_batch(pairs_, rows(index), marks_);
}

std::vector<std::vector<size_t>> batches_by_length(const std::vector<EncodedPair>& pairs,
                                                   const TranslationBatchOptions& options) {
  std::vector<size_t> sorted(pairs.size());
  std::iota(sorted.begin(), sorted.end(), size_t{0});
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](size_t a, size_t b) { return lengths_of(pairs[a]) < lengths_of(pairs[b]); });
  const auto starts = cut(sorted.size(), options, [&](size_t i) { return lengths_of(pairs[sorted[i]]); });
  std::vector<std::vector<size_t>> batches;
  for (size_t i = 0; i + 1 < starts.size(); ++i)
    batches.emplace_back(sorted.begin() + static_cast<ptrdiff_t>(starts[i]),
                         sorted.begin() + static_cast<ptrdiff_t>(starts[i + 1]));
  return batches;
}

}  // namespace heed::tasks
