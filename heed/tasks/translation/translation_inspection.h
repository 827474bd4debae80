// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/nn/sequence_to_sequence.h"
#include "heed/tasks/translation/translator.h"

namespace heed::tasks {

struct TranslationAttentionOptions {
  std::string part = "cross";  ///< encoder, decoder or cross
  int64_t layer = 0;
  std::vector<int64_t> heads;  ///< none: all
  std::string title;
};

/// What stands beside the rows and under the columns of a map.
struct PairLabels {
  std::vector<std::string> rows, keys;
};
/// Pieces: columns are what is looked at. A row of cross attention is named by the piece that it predicts,
/// the end mark last, so that words stand beside what they translate; rows of the others by the piece that
/// asks.
PairLabels pair_labels(nn::AttentionPart part, const EncodedPair& pair,
                       const TranslationVocabulary& vocabulary);

/// Heat maps of a pair's attention as PNG, a panel for each head, labelled by pair_labels(). An empty target
/// stands for the model's own translation. Returns the target that was drawn.
///
/// Throws Error(kUsage) for a part, layer or head that the model does not have, and for a source of blanks.
std::string draw_translation_attention(const Translator& translator, const std::string& source,
                                       const std::string& target, const TranslationAttentionOptions& options,
                                       const std::filesystem::path& path);

}  // namespace heed::tasks
