// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/core/config.h"
#include "heed/decoding/top_tokens.h"
#include "heed/nn/sequence_to_sequence.h"

namespace heed::decoding {

/// What a model may write, whichever way its tokens are chosen. Lengths count the tokens that are predicted,
/// the end mark among them.
struct OutputRules {
  int64_t min_length = 0;       ///< tokens that must come before the end mark
  int64_t max_length = 0;       ///< 0: no bound but the next, and that of the model
  double max_length_ratio = 2;  ///< and at most ratio * source tokens + constant; 0: whatever the source
  int64_t max_length_constant = 30;
  int64_t no_repeat_ngram =
      0;  ///< no n-gram of this many tokens comes twice (Paulus et al. 2017, arXiv:1705.04304)
  int64_t loop_guard = 24;  ///< stop once one n-gram of 1 to 8 tokens fills this many at the end; 0: never
  // What follows comes from the vocabulary and not from a config: it has no field.
  int64_t begin = 1, end = 2;  ///< marks; begin is fed first and never written, unless it is the end mark too
  int64_t pad = -1, unknown = -1;  ///< never written; -1: the vocabulary has none
  std::vector<int64_t> forbidden;  ///< never written either
};
std::vector<Field> fields(OutputRules& rules);

/// The rules for one model, checked once.
class Rules {
 public:
  /// Throws c10::Error, with `caller` before the message, on tokens outside the vocabulary, a max_length
  /// beyond the model's, or sources that are no [batch, length] tokens with lengths from 1 to length and to
  /// the model's bound.
  Rules(const std::string& caller, const OutputRules& rules, const nn::SequenceToSequenceModel& model,
        const nn::Source& source);

  int64_t sentences() const { return static_cast<int64_t>(limits_.size()); }
  int64_t max_length(int64_t sentence) const { return limits_[static_cast<size_t>(sentence)]; }
  int64_t source_length(int64_t sentence) const { return source_lengths_[static_cast<size_t>(sentence)]; }
  int64_t capacity() const;  ///< target tokens that the longest output feeds to the model
  int64_t begin() const { return rules_.begin; }
  int64_t end() const { return rules_.end; }
  std::span<const uint8_t> never() const { return never_; }
  /// What may not follow `written`, beside never().
  std::vector<int64_t> forbidden_after(std::span<const int64_t> written) const;
  bool loops(std::span<const int64_t> written) const;

 private:
  OutputRules rules_;
  std::vector<uint8_t> never_;                    // [vocabulary]
  std::vector<int64_t> source_lengths_, limits_;  // of each sentence
};

}  // namespace heed::decoding
