// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/evaluation/sequence_nll.h"
#include "heed/tasks/language/inspected_text.h"
#include "heed/tasks/language/language_model.h"

namespace heed::tasks {

/// A token with its place and its surprise.
struct TokenSurprise {
  int32_t token = 0;
  std::string text;           ///< what it spells; may end inside a character
  size_t begin = 0, end = 0;  ///< bytes of the text that the tokens spell together, from its first token
  double nll = 0;             ///< -ln p given the tokens before it, in nats
};

/// Scores the tokens from text.begin on, in sliding windows, as evaluate_language() does; those before it are context,
/// and the end-of-text mark precedes the first. A context of 0 is the model's.
std::vector<TokenSurprise> token_surprise(const LanguageModel& model, const InspectedText& text,
                                          evaluation::WindowOptions windows);

/// Writes a JSON object for each token on a line: "token", "text", "begin", "end", "nll".
void write_surprise(const std::vector<TokenSurprise>& tokens, const std::filesystem::path& path);

}  // namespace heed::tasks
