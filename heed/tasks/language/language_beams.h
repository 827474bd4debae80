// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heed/decoding/beam_search.h"
#include "heed/tasks/language/language_model.h"

namespace heed::tasks {

/// A continuation that beam search found.
struct BeamText {
  std::string text;
  decoding::Hypothesis hypothesis;
};

/// The best continuations of each prompt by beam search, `n_best` of them. The unknown token is never written.
/// Throws Error(kUsage) for a prompt that leaves no room in the model's context.
std::vector<std::vector<BeamText>> search_text(const LanguageModel& model,
                                               const std::vector<std::string>& prompts, int64_t max_tokens,
                                               decoding::BeamOptions options);

}  // namespace heed::tasks
