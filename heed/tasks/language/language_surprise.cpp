// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/language_surprise.h"

#include <algorithm>

#include "heed/core/files.h"
#include "heed/core/json_text.h"
#include "heed/data/text/token_words.h"

namespace heed::tasks {

std::vector<TokenSurprise> token_surprise(const LanguageModel& model, const InspectedText& text,
                                          evaluation::WindowOptions windows) {
  if (windows.context == 0) windows.context = model.context();
  windows.restart_positions = true;
  const auto context = static_cast<size_t>(windows.context);
  std::vector<int64_t> stream{model.vocabulary->end_of_text()};
  stream.insert(stream.end(), text.tokens.begin(), text.tokens.end());
  const size_t from = text.begin - std::min(text.begin, context);  // of the stream
  const auto nll = evaluation::token_nll(model.model(), std::span(stream).subspan(from), windows);
  const auto texts = text::token_texts(*model.vocabulary, text.tokens);
  std::vector<TokenSurprise> result;
  size_t at = 0;
  for (size_t i = 0; i < text.tokens.size(); ++i) {
    const size_t end = at + texts[i].size();
    if (i >= text.begin) result.push_back({text.tokens[i], texts[i], at, end, nll[i - from]});
    at = end;
  }
  return result;
}

void write_surprise(const std::vector<TokenSurprise>& tokens, const std::filesystem::path& path) {
  write_atomically(path, [&](FileWriter& file) {
    for (const auto& token : tokens) {
      const nlohmann::ordered_json line{{"token", token.token},
                                        {"text", token.text},
                                        {"begin", token.begin},
                                        {"end", token.end},
                                        {"nll", token.nll}};
      file.write(json_text(line) + "\n");
    }
  });
}

}  // namespace heed::tasks
