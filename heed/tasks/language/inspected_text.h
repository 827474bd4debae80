// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/core/field.h"
#include "heed/tasks/language/language_model.h"

namespace heed::tasks {

/// Which text a picture shows.
struct InspectedTextOptions {
  std::filesystem::path input;  ///< text file, plain or packed
  std::string text;             ///< text in place of a file
  int64_t begin = 0, end = 0;   ///< tokens [begin, end); an end of 0: to the last
};
Fields fields(InspectedTextOptions& options);
/// Throws Error(kUsage) unless there is a file or a text, and a range.
void check(const InspectedTextOptions& options, const std::vector<std::string>& given);

/// A text in tokens, up to the end of the range, and the first token of the range.
struct InspectedText {
  text::Tokens tokens;
  size_t begin = 0;
};
/// Reads at most `most` tokens of the range; 0: all. Throws Error(kData) for a file without text, Error(kUsage) for a
/// range beyond the text. Warns of tokens that are not in the vocabulary.
InspectedText read_inspected_text(const LanguageModel& model, const InspectedTextOptions& options,
                                  int64_t most = 0);

}  // namespace heed::tasks
