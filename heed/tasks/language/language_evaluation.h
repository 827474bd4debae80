// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "heed/data/text/text_vocabulary.h"
#include "heed/data/text/token_stream.h"
#include "heed/evaluation/sequence_nll.h"
#include "heed/nn/sequence_model.h"

namespace heed::tasks {

/// The likelihood of a text.
struct LanguageEvaluation {
  evaluation::NllTotal total;

  double nll() const { return total.mean(); }  ///< nats a token
  double perplexity() const;                   ///< e^nll
  double bits_per_character(int64_t characters) const;
};

/// Scores every token of a stream (see LanguageCorpus) in sliding windows; positions count from 0 in each
/// window. Marks between documents are context and not scored; in `words`, line ends are. Memory: some
/// megabytes and a batch of windows, whatever the length. `progress` gets the tokens done and the mean so far.
LanguageEvaluation evaluate_language(nn::SequenceModel& model, const text::TextVocabulary& vocabulary,
                                     const text::TokenStream& stream, evaluation::WindowOptions windows,
                                     const std::function<void(int64_t done, double nll)>& progress);

/// Whether the tokens of both mean the same.
bool is_same_vocabulary(const text::TextVocabulary& one, const text::TextVocabulary& other);
/// Throws Error(kData) if the tokens of prepared text mean something else than those of a model.
void check_same_vocabulary(const text::TextVocabulary& prepared, const text::TextVocabulary& model,
                           const std::string& place);

}  // namespace heed::tasks
