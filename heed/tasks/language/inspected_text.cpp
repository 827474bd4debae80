// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/inspected_text.h"

#include <algorithm>
#include <limits>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/data/text/text_parts.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

void warn_of_unknown(const text::TextVocabulary& vocabulary, const text::Tokens& tokens) {
  if (!vocabulary.unknown()) return;
  const auto unknown = std::count(tokens.begin(), tokens.end(), *vocabulary.unknown());
  if (unknown > 0) {
    warn(std::to_string(unknown) + " of " + std::to_string(tokens.size()) +
         " tokens are not in the model's vocabulary: they are shown as its unknown token");
  }
}

/// The tokens of a file, up to `most` of them.
text::Tokens read_tokens(const text::TextVocabulary& vocabulary, const std::filesystem::path& file,
                         size_t most) {
  text::Tokens tokens;
  text::TextFileReader reader(file);
  for (std::string part; tokens.size() < most && reader.next(part);) vocabulary.encode(part, tokens);
  return tokens;
}

}  // namespace

Fields fields(InspectedTextOptions& options) {
  return {excludes({"input", &options.input, "text file"}, {"text"}),
          {"text", &options.text, "text, in place of a file"},
          {"begin", &options.begin, "first token to look at", at_least(0)},
          default_text({"end", &options.end, "token to stop before", at_least(0)}, "the end of the text")};
}

void check(const InspectedTextOptions& options, const std::vector<std::string>& given) {
  if (!is_given(given, "input") && !is_given(given, "text"))
    throw Error(ErrorKind::kUsage, "is required, or a text itself (text)", FieldName{"input"});
  if (options.input.empty() && options.text.empty())
    throw Error(ErrorKind::kUsage, "must contain a character", FieldName{"text"});
  if (options.end > 0 && options.end <= options.begin)
    throw Error(ErrorKind::kUsage, "must be more than the begin, " + std::to_string(options.begin),
                FieldName{"end"});
}

InspectedText read_inspected_text(const LanguageModel& model, const InspectedTextOptions& options,
                                  int64_t most) {
  const auto& vocabulary = *model.vocabulary;
  int64_t stop = options.end > 0 ? options.end : std::numeric_limits<int64_t>::max();
  if (most > 0) stop = std::min(stop, options.begin + most);
  const auto limit = static_cast<size_t>(stop);
  InspectedText text;
  text.tokens =
      options.input.empty() ? vocabulary.encode(options.text) : read_tokens(vocabulary, options.input, limit);
  const std::string place = options.input.empty() ? "the text" : options.input.string();
  if (text.tokens.empty()) throw Error(ErrorKind::kData, "contains no text", place);
  if (options.begin >= static_cast<int64_t>(text.tokens.size())) {
    throw Error(ErrorKind::kUsage,
                place + " has only " + std::to_string(text.tokens.size()) + " tokens, counted from 0",
                FieldName{"begin"});
  }
  text.begin = static_cast<size_t>(options.begin);
  text.tokens.resize(std::min(text.tokens.size(), limit));
  warn_of_unknown(vocabulary, text.tokens);
  return text;
}

}  // namespace heed::tasks
