// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/nn/sequence_to_sequence.h"
#include "heed/tasks/translation/translator.h"

namespace heed::tasks {

/// "encoder", "decoder", "cross". Throws Error(kUsage) for another name.
nn::AttentionPart parse_attention_part(const std::string& name);

struct TranslationAttentionOptions {
  std::string part = "cross";  ///< encoder, decoder or cross
  int64_t layer = 0;
  std::vector<int64_t> heads;  ///< empty: all
  bool arcs = false;           ///< arcs over the pieces instead of maps; encoder and decoder only
  int64_t top = 2;             ///< heaviest arcs of each piece and head
  std::string title;
};

/// Labels of the rows and columns of a map.
struct PairLabels {
  std::vector<std::string> rows, keys;
};
/// Labels by pieces. Columns are keys. A row of cross attention is labelled by the piece that it predicts, the end mark
/// last, so that words stand beside their translation; other rows by the query's piece.
PairLabels pair_labels(nn::AttentionPart part, const EncodedPair& pair,
                       const TranslationVocabulary& vocabulary);

/// Draws heat maps of the attention over a pair as PNG, one panel for each head, labelled by pair_labels(), or arcs over
/// the pieces. With an empty target it uses the model's own translation. Returns the target.
///
/// Throws Error(kUsage) for a part, layer or head that the model does not have, for arcs between two languages, and for a
/// blank source.
std::string draw_translation_attention(const Translator& translator, const std::string& source,
                                       const std::string& target, const TranslationAttentionOptions& options,
                                       const std::filesystem::path& path);

}  // namespace heed::tasks
