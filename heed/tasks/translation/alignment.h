// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/nn/sequence_to_sequence.h"
#include "heed/tasks/translation/translation_data.h"

namespace heed::tasks {

/// Which attention aligns words.
struct AlignmentOptions {
  int64_t layer = -1;  ///< decoder layer, from 0; -1: the last but one
  int64_t head = -1;   ///< its head, from 0; -1: the mean of all
};

/// A target word and the source word that it translates. Words are separated by blanks and counted from 0.
struct WordLink {
  size_t source = 0, target = 0;
  double weight = 0;  ///< share of the target word's attention that falls on the source word
};

/// Where each target piece comes from, by the cross attention of the step that predicts it. The mean of the heads of the
/// last layer but one aligns best (Garg et al. 2019, arXiv:1909.02074).
class SoftAlignment {
 public:
  /// Runs the model on the pair. `tokens` are those of the target, without marks. Throws c10::Error when there is no such
  /// layer or head.
  SoftAlignment(nn::SequenceToSequenceModel& model, const TranslationVocabulary& vocabulary,
                const std::string& source, std::span<const int64_t> tokens,
                const AlignmentOptions& options = {});

  /// For each target word, the source word with the largest weight.
  std::vector<WordLink> links() const;
  struct Original {
    std::string text;
    size_t source;  ///< identifies the place in the source that the text comes from
  };
  /// The source text for the unknown piece at index `piece` of the target: the unknown source piece that it attends to
  /// most, else the source word.
  Original original(size_t piece) const;

 private:
  std::vector<double> word_weights(size_t piece) const;

  std::vector<text::SubwordPiece> source_;
  std::vector<std::string> source_words_;
  std::vector<size_t> target_word_;  ///< word of each target piece
  std::vector<bool> unknown_;        ///< for each source piece
  at::Tensor weights_;               ///< [target pieces, source pieces] float64
};

/// "0-0 1-2", the format of Pharaoh.
std::string pharaoh(const std::vector<WordLink>& links);

}  // namespace heed::tasks
