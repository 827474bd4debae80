// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/language_beams.h"

#include "heed/core/error.h"
#include "heed/data/text/utf8_stream.h"

namespace heed::tasks {
namespace {

std::vector<int64_t> with_mark(const LanguageModel& model, const std::string& prompt, int64_t max_tokens) {
  text::Tokens tokens{model.vocabulary->end_of_text()};
  model.vocabulary->encode(prompt, tokens);
  const int64_t most = model.model().max_length();
  const auto given = static_cast<int64_t>(tokens.size());
  if (most > 0 && given + max_tokens > most) {
    throw Error(ErrorKind::kUsage,
                "has " + std::to_string(given) + " tokens; with " + std::to_string(max_tokens) +
                    " new ones they are more than the " + std::to_string(most) +
                    " of the model's context: beams do not shift it",
                FieldName{"prompt"});
  }
  return {tokens.begin(), tokens.end()};
}

}  // namespace

std::vector<std::vector<BeamText>> search_text(const LanguageModel& model,
                                               const std::vector<std::string>& prompts, int64_t max_tokens,
                                               decoding::BeamOptions options) {
  const auto& vocabulary = *model.vocabulary;
  options.output.max_length = max_tokens;
  options.output.begin = options.output.end = vocabulary.end_of_text();
  options.output.unknown = vocabulary.unknown().value_or(-1);
  for (int64_t token = vocabulary.size(); token < model.model().vocabulary_size(); ++token)
    options.output.forbidden.push_back(token);
  std::vector<std::vector<int64_t>> tokens;
  for (const auto& prompt : prompts) tokens.push_back(with_mark(model, prompt, max_tokens));
  std::vector<std::vector<BeamText>> texts;
  for (auto& hypotheses : decoding::beam_search(model.model(), tokens, options)) {
    const auto& prompt = tokens[texts.size()];
    auto& found = texts.emplace_back();
    for (auto& hypothesis : hypotheses) {
      text::TokenText text(vocabulary);
      std::string bytes;
      for (const int64_t token : prompt) text.add(static_cast<int32_t>(token));
      for (const int64_t token : hypothesis.tokens) bytes += text.add(static_cast<int32_t>(token));
      found.push_back({text::replace_malformed_parts(bytes), std::move(hypothesis)});
    }
  }
  return texts;
}

}  // namespace heed::tasks
