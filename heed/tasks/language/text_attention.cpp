// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/text_attention.h"

#include <algorithm>
#include <numeric>

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "heed/attention/attention.h"
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/names.h"
#include "heed/nn/inference_scope.h"

namespace heed::tasks {
namespace {

constexpr int64_t kWeightsAtOnce = 1 << 22;

/// The text of a token as a label: blanks at its beginning are visible.
std::string token_label(const std::string& text) {
  std::string label;
  for (const char byte : text) {
    if (byte == '\n')
      label += "\u21B5";
    else if (byte == ' ')
      label += "\u2423";
    else
      label += byte;
  }
  return label;
}

std::vector<text::TokenWord> single_tokens(const text::TextVocabulary& vocabulary,
                                           const text::Tokens& tokens) {
  std::vector<text::TokenWord> units;
  for (const std::string& text : text::token_texts(vocabulary, tokens))
    units.push_back({token_label(text), units.size(), units.size() + 1});
  return units;
}

at::Tensor units_of_tokens(const std::vector<text::TokenWord>& units) {
  std::vector<int64_t> list;
  for (size_t i = 0; i < units.size(); ++i)
    list.insert(list.end(), units[i].end - units[i].begin, static_cast<int64_t>(i));
  return at::tensor(list, at::kLong);
}

void check_heads(const std::vector<int64_t>& heads, int64_t count) {
  for (const int64_t head : heads) {
    if (head >= 0 && head < count) continue;
    throw Error(ErrorKind::kUsage,
                "the model has heads 0 to " + std::to_string(count - 1) + ", got " + std::to_string(head),
                FieldName{"heads"});
  }
}

/// The tokens of chosen units, and for each the index of its unit among those chosen.
struct QueryTokens {
  std::vector<int64_t> tokens, rows;
};

QueryTokens query_tokens(const std::vector<text::TokenWord>& units, const std::vector<int64_t>& rows) {
  QueryTokens queries;
  for (size_t row = 0; row < rows.size(); ++row) {
    const auto& unit = units[static_cast<size_t>(rows[row])];
    for (size_t token = unit.begin; token < unit.end; ++token) {
      queries.tokens.push_back(static_cast<int64_t>(token));
      queries.rows.push_back(static_cast<int64_t>(row));
    }
  }
  return queries;
}

}  // namespace

std::vector<std::string> attention_unit_names() {
  return {"token", "word"};
}

AttentionUnit parse_attention_unit(const std::string& name) {
  if (name == "token") return AttentionUnit::kToken;
  if (name == "word") return AttentionUnit::kWord;
  throw Error(ErrorKind::kUsage, unknown_name_message("unit", name, attention_unit_names()),
              FieldName{"unit"});
}

TextAttention::TextAttention(const LanguageModel& model, const InspectedText& text, AttentionUnit unit)
    : model_(model) {
  if (layers() == 0)
    throw Error(ErrorKind::kUsage,
                "is a model without attention, " + model.trained.folder.string() +
                    ": see what it predicts with inspect surprise",
                FieldName{"model"});
  text::Tokens tokens(text.tokens.begin() + static_cast<std::ptrdiff_t>(text.begin), text.tokens.end());
  tokens.insert(tokens.begin(), model.vocabulary->end_of_text());
  const auto length = static_cast<int64_t>(tokens.size());
  const int64_t most = model.model().max_length();
  if (most > 0 && length > most) {
    throw Error(ErrorKind::kUsage,
                "the text has " + std::to_string(length) +
                    " tokens with its begin mark, and the model reads at most " + std::to_string(most) +
                    ": choose a part of it (begin, end)",
                FieldName{"end"});
  }
  if (length > model.context()) {
    warn("the text has " + std::to_string(length) + " tokens; the model was trained on " +
         std::to_string(model.context()) + " at once");
  }
  units_ = unit == AttentionUnit::kWord ? text::token_words(*model.vocabulary, tokens)
                                        : single_tokens(*model.vocabulary, tokens);
  units_.front().text = "(start)";
  unit_of_token_ = units_of_tokens(units_);
  tokens_ = at::tensor(std::vector<int64_t>(tokens.begin(), tokens.end()), at::kLong)
                .unsqueeze(0)
                .to(nn::device_of(model.model()));
}

std::vector<std::string> TextAttention::labels() const {
  std::vector<std::string> labels;
  for (const auto& unit : units_) labels.push_back(unit.text);
  return labels;
}

size_t TextAttention::find(const std::string& text, int64_t occurrence) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < units_.size(); ++i)
    if (units_[i].text == text) found.push_back(i);
  const auto count = static_cast<int64_t>(found.size());
  if (count == 0) throw Error(ErrorKind::kUsage, "the text has no '" + text + "'", FieldName{"at"});
  if (occurrence > count) {
    throw Error(
        ErrorKind::kUsage,
        "the text has '" + text + "' " + std::to_string(count) + " times, got " + std::to_string(occurrence),
        FieldName{"occurrence"});
  }
  return occurrence > 0 ? found[static_cast<size_t>(occurrence - 1)] : found.back();
}

void TextAttention::check_layer(int64_t layer) const {
  if (layer >= 0 && layer < layers()) return;
  throw Error(ErrorKind::kUsage,
              "the model has layers 0 to " + std::to_string(layers() - 1) + ", got " + std::to_string(layer),
              FieldName{"layer"});
}

at::Tensor TextAttention::weights(int64_t layer, std::vector<int64_t> heads,
                                  const std::vector<int64_t>& rows) const {
  check_layer(layer);
  const nn::InferenceScope scope(model_.model());
  const nn::AttentionTrace trace = model_.model().trace({tokens_, {}, {}}, layer);
  if (heads.empty()) {
    heads.resize(static_cast<size_t>(trace.query.size(1)));
    std::iota(heads.begin(), heads.end(), 0);
  }
  check_heads(heads, trace.query.size(1));
  const auto count = static_cast<int64_t>(heads.size());
  const auto row_count = static_cast<int64_t>(rows.size()), unit_count = static_cast<int64_t>(units_.size());
  at::Tensor result = at::zeros({count, row_count, unit_count}, at::kFloat);
  const QueryTokens queries = query_tokens(units_, rows);
  const auto all = static_cast<int64_t>(queries.tokens.size());
  const int64_t step = std::max<int64_t>(1, kWeightsAtOnce / (count * tokens_.size(1)));
  for (int64_t first = 0; first < all; first += step) {
    const auto part = static_cast<size_t>(std::min(step, all - first));
    const at::IntArrayRef chosen(queries.tokens.data() + first, part),
        into(queries.rows.data() + first, part);
    const at::Tensor by_token =
        attention::attention_weights(trace.query, trace.key, trace.spec, heads, chosen)[0].to(at::kCPU,
                                                                                              at::kFloat);
    const at::Tensor by_unit = at::zeros({count, static_cast<int64_t>(part), unit_count}, at::kFloat)
                                   .index_add_(2, unit_of_token_, by_token);
    result.index_add_(1, at::tensor(into, at::kLong), by_unit);
  }
  for (int64_t row = 0; row < row_count; ++row) {
    const auto& unit = units_[static_cast<size_t>(rows[static_cast<size_t>(row)])];
    result.select(1, row).div_(static_cast<double>(unit.end - unit.begin));
  }
  return result;
}

}  // namespace heed::tasks
