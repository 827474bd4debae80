// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/core/field.h"
#include "heed/decoding/top_tokens.h"
#include "heed/nn/sequence_model.h"
#include "heed/nn/sequence_to_sequence.h"

namespace heed::decoding {

/// Rules for the output of a translation or language model, independent of the search. Lengths count predicted tokens,
/// including the end mark.
struct OutputRules {
  int64_t min_length = 0;       ///< minimum number of tokens before the end mark
  int64_t max_length = 0;       ///< maximum number of tokens; 0: only the limits below and of the model
  double max_length_ratio = 2;  ///< limit of ratio * source tokens + constant; 0: off
  int64_t max_length_constant = 30;
  int64_t no_repeat_ngram = 0;  ///< length of n-grams that must not repeat (Paulus et al. 2017,
                                ///< arXiv:1705.04304); 0: off
  int64_t loop_guard = 24;      ///< stop once a repeated n-gram of 1 to 8 tokens fills this many; 0: never
  // The rest comes from the vocabulary, not from a config, and has no fields.
  int64_t begin = 1,
          end = 2;  ///< marks; begin is fed first and never written, unless it equals end; -1: none
  int64_t pad = -1, unknown = -1;  ///< never written; -1: not in the vocabulary
  std::vector<int64_t> forbidden;  ///< further tokens that are never written
};
std::vector<Field> fields(OutputRules& rules);

/// The rules for one model and its sources or prompts, checked once.
class Rules {
 public:
  /// Throws c10::Error, with `caller` in front of the message, for tokens outside the vocabulary, a
  /// max_length above the model's, or sources that are not [batch, length] tokens with lengths from 1 to
  /// length and the model's limit.
  Rules(const std::string& caller, const OutputRules& rules, const nn::SequenceToSequenceModel& model,
        const nn::Source& source);

  /// For a language model: an output follows each prompt. Limits by the source's length do not apply; without a
  /// max_length, what fits behind the prompt does. no_repeat_ngram covers the prompt, too. Throws c10::Error for tokens
  /// outside the vocabulary, an empty prompt, one that leaves no room, and outputs without a maximum length.
  Rules(const std::string& caller, const OutputRules& rules, const nn::SequenceModel& model,
        const std::vector<std::vector<int64_t>>& prompts);

  int64_t sentences() const { return static_cast<int64_t>(limits_.size()); }
  int64_t max_length(int64_t sentence) const { return limits_[static_cast<size_t>(sentence)]; }
  int64_t source_length(int64_t sentence) const { return source_lengths_[static_cast<size_t>(sentence)]; }
  int64_t capacity() const;  ///< tokens that the longest output feeds to the model, with its prompt
  int64_t begin() const { return rules_.begin; }
  int64_t end() const { return rules_.end; }
  std::span<const uint8_t> never() const { return never_; }
  /// Returns the tokens that must not follow `written`, besides never().
  std::vector<int64_t> forbidden_after(int64_t sentence, std::span<const int64_t> written) const;
  bool loops(std::span<const int64_t> written) const;

 private:
  OutputRules rules_;
  std::vector<uint8_t> never_;                    // [vocabulary]
  std::vector<int64_t> source_lengths_, limits_;  // per sentence
  std::vector<std::vector<int64_t>> prompts_;     // of a language model
};

}  // namespace heed::decoding
