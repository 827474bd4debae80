// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heed/data/text/token_words.h"
#include "heed/tasks/language/inspected_text.h"
#include "heed/tasks/language/language_model.h"

namespace heed::tasks {

/// What the rows and keys of an attention map stand for.
enum class AttentionUnit { kToken, kWord };
AttentionUnit parse_attention_unit(const std::string& name);
std::vector<std::string> attention_unit_names();

/// The attention of a language model over a text, in tokens or in words (text::token_words()): the weight from one
/// word to another is the sum over the key's tokens and the mean over the query's. The first unit is the end-of-text
/// mark before the text, "(start)".
class TextAttention {
 public:
  /// Throws Error(kUsage) for a model without attention, and a text longer than it can read; warns of one that is
  /// longer than it was trained on.
  TextAttention(const LanguageModel& model, const InspectedText& text, AttentionUnit unit);

  const std::vector<text::TokenWord>& units() const { return units_; }
  std::vector<std::string> labels() const;
  int64_t layers() const { return model_.model().attention_layers(); }

  /// Index of the unit with this text: the `occurrence`-th, from 1; 0: the last. Throws Error(kUsage), for field
  /// `at`, when there is none.
  size_t find(const std::string& text, int64_t occurrence) const;

  /// The weights [heads, rows, units] float32 on the CPU from the units `rows`. No heads: all. Memory: some megabytes
  /// besides the result, whatever the length. Throws Error(kUsage) for a layer or head that the model does not have.
  at::Tensor weights(int64_t layer, std::vector<int64_t> heads, const std::vector<int64_t>& rows) const;

 private:
  void check_layer(int64_t layer) const;

  const LanguageModel& model_;
  std::vector<text::TokenWord> units_;
  at::Tensor tokens_;         ///< [1, length] int64
  at::Tensor unit_of_token_;  ///< [length] int64, on the CPU
};

}  // namespace heed::tasks
