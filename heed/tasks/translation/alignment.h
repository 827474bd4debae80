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

/// Which attention says what was translated by what.
struct AlignmentOptions {
  int64_t layer = -1;  ///< of the decoder, from 0; -1: the last but one
  int64_t head = -1;   ///< -1: the mean of all
};

/// A target word and the source word it stands for; words are parted by blanks, counted from 0.
struct WordLink {
  size_t source = 0, target = 0;
  double weight = 0;  ///< share of the target word's attention that the source word has
};

/// What the cross attention of the steps that write a target piece says about where it comes from. The last
/// layer but one, its heads averaged, tells best (Garg et al. 2019, arXiv:1909.02074).
class SoftAlignment {
 public:
  /// Runs the pair; tokens are the target's without marks. Throws c10::Error when there is no such layer or
  /// head.
  SoftAlignment(nn::SequenceToSequenceModel& model, const TranslationVocabulary& vocabulary,
                const std::string& source, std::span<const int64_t> tokens,
                const AlignmentOptions& options = {});

  /// For every target word the source word with the largest weight.
  std::vector<WordLink> links() const;
  struct Original {
    std::string text;
    size_t place;  ///< equal for equal places of the source alone
  };
  /// What to write for the unknown piece at `place` of the target: the unknown source piece it attends to
  /// most, else the source word.
  Original original(size_t place) const;

 private:
  std::vector<double> word_weights(size_t place) const;

  std::vector<text::SubwordPiece> source_;
  std::vector<std::string> source_words_;
  std::vector<size_t> target_word_;  ///< of each target piece
  std::vector<bool> unknown_;        ///< each source piece
  at::Tensor weights_;               ///< [target pieces, source pieces] float64
};

/// "0-0 1-2": Pharaoh's form.
std::string pharaoh(const std::vector<WordLink>& links);

}  // namespace heed::tasks
