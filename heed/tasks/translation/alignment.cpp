// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/alignment.h"

#include <algorithm>
#include <numeric>

#include <ATen/ops/empty.h>

#include "heed/attention/attention.h"
#include "heed/nn/inference_scope.h"

namespace heed::tasks {
namespace {

constexpr const char* kBlank = "\xE2\x96\x81";  // U+2581, how SentencePiece writes the blank before a word

/// The word of each target piece.
std::vector<size_t> words_of(std::span<const int64_t> tokens, const text::SubwordVocabulary& vocabulary) {
  std::vector<size_t> words;
  for (const int64_t token : tokens) {
    const bool begins = vocabulary.piece(static_cast<int32_t>(token)).starts_with(kBlank);
    words.push_back(words.empty() ? 0 : words.back() + (begins ? 1 : 0));
  }
  return words;
}

/// The decoder's input: the begin mark and all tokens but the last.
at::Tensor target_input(std::span<const int64_t> tokens, int32_t begin) {
  const at::Tensor input = at::empty({1, static_cast<int64_t>(tokens.size())}, at::kLong);
  auto* data = input.mutable_data_ptr<int64_t>();
  *data = begin;
  std::copy(tokens.begin(), tokens.end() - 1, data + 1);
  return input;
}

}  // namespace

SoftAlignment::SoftAlignment(nn::SequenceToSequenceModel& model, const TranslationVocabulary& vocabulary,
                             const std::string& source, std::span<const int64_t> tokens,
                             const AlignmentOptions& options)
    : source_(vocabulary.source.pieces(source)), target_word_(words_of(tokens, vocabulary.target)) {
  for (const auto word : text::split_words(source)) source_words_.emplace_back(word);
  std::vector<int32_t> ids;
  for (const auto& piece : source_) {
    ids.push_back(piece.id);
    unknown_.push_back(vocabulary.source.is_unknown(piece.id));
  }
  const int64_t layers = model.attention_layers(nn::AttentionPart::kCross);
  const int64_t layer = options.layer >= 0 ? options.layer : std::max<int64_t>(layers - 2, 0);
  const nn::InferenceScope scope(model);
  const std::vector<std::span<const int32_t>> sentence{ids};
  const at::Device device = nn::device_of(model);
  nn::Source batch = make_source(sentence, vocabulary.marks().source);
  batch = {batch.tokens.to(device), batch.lengths.to(device)};
  const auto trace = model.trace(batch, target_input(tokens, vocabulary.target.begin()).to(device),
                                 nn::AttentionPart::kCross, layer);
  std::vector<int64_t> heads(static_cast<size_t>(options.head >= 0 ? 1 : trace.query.size(1))),
      rows(tokens.size());
  std::iota(heads.begin(), heads.end(), std::max<int64_t>(options.head, 0));
  std::iota(rows.begin(), rows.end(), 0);  // row t predicts piece t
  weights_ = attention::attention_weights(trace.query, trace.key, trace.spec, heads, rows)
                 .mean(1)[0]  // [target pieces, source pieces and end mark]
                 .narrow(1, 0, static_cast<int64_t>(source_.size()))
                 .to(at::kCPU, at::kDouble)
                 .contiguous();
}

std::vector<double> SoftAlignment::word_weights(size_t piece) const {
  std::vector<double> words(source_words_.size());
  const double* row = weights_.const_data_ptr<double>() + piece * source_.size();
  for (size_t i = 0; i < source_.size(); ++i) words[source_[i].word] += row[i];
  return words;
}

std::vector<WordLink> SoftAlignment::links() const {
  std::vector<WordLink> links;
  if (source_words_.empty()) return links;
  for (size_t first = 0; first < target_word_.size();) {
    std::vector<double> sums(source_words_.size());
    size_t end = first;
    for (; end < target_word_.size() && target_word_[end] == target_word_[first]; ++end) {
      const auto words = word_weights(end);
      for (size_t i = 0; i < sums.size(); ++i) sums[i] += words[i];
    }
    const auto best = std::max_element(sums.begin(), sums.end());
    links.push_back({static_cast<size_t>(best - sums.begin()), target_word_[first],
                     *best / static_cast<double>(end - first)});
    first = end;
  }
  return links;
}

SoftAlignment::Original SoftAlignment::original(size_t piece) const {
  const double* row = weights_.const_data_ptr<double>() + piece * source_.size();
  size_t best = source_.size();
  for (size_t i = 0; i < source_.size(); ++i) {
    if (unknown_[i] && (best == source_.size() || row[i] > row[best])) best = i;
  }
  if (best < source_.size()) return {source_[best].text, best};
  const auto words = word_weights(piece);
  if (words.empty()) return {"", best};
  const auto word = static_cast<size_t>(std::max_element(words.begin(), words.end()) - words.begin());
  return {source_words_[word], source_.size() + word};
}

std::string pharaoh(const std::vector<WordLink>& links) {
  std::string text;
  for (const auto& link : links) {
    if (!text.empty()) text += ' ';
    text += std::to_string(link.source) + "-" + std::to_string(link.target);
  }
  return text;
}

}  // namespace heed::tasks
