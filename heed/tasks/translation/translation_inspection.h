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

/// Heat maps of a pair's attention as PNG, a panel for each head: rows are what asks, columns what is looked
/// at, pieces as labels. An empty target stands for the model's own translation. Returns the target that was
/// drawn.
///
/// Throws Error(kUsage) for a part, layer or head that the model does not have, and for a source of blanks.
std::string draw_translation_attention(Translator& translator, const std::string& source,
                                       const std::string& target, const TranslationAttentionOptions& options,
                                       const std::filesystem::path& path);

}  // namespace heed::tasks
