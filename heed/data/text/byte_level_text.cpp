// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/byte_level_text.h"

#include "heed/core/error.h"
#include "heed/data/text/byte_level_trainer.h"

namespace heed::text {

ByteLevelText::ByteLevelText(ByteLevelBpe pieces, const std::string& place)
    : pieces_(std::move(pieces)), end_(pieces_.end_of_text().value_or(-1)) {
  if (end_ < 0) {
    throw Error(
        ErrorKind::kData,
        "the vocabulary has no token that ends a text, such as <|endoftext|>; a language model needs one",
        place);
  }
}

TextVocabularyPtr ByteLevelText::load(const std::filesystem::path& file) {
  return std::make_shared<ByteLevelText>(ByteLevelBpe::load(file), file.string());
}

TextVocabularyPtr ByteLevelText::learn(int64_t size, const EachText& text) {
  ByteLevelBpeOptions options;
  options.size = size;
  ByteLevelTrainer trainer(options);
  text([&](std::string_view part) { trainer.add(part); });
  return std::make_shared<ByteLevelText>(trainer.train(), "vocabulary");
}

void ByteLevelText::encode(std::string_view text, Tokens& tokens) const {
  const Tokens some = pieces_.encode(text);
  tokens.insert(tokens.end(), some.begin(), some.end());
}

std::string ByteLevelText::token_bytes(int32_t token) const {
  return token == end_ ? std::string() : std::string(pieces_.token_bytes(token));
}

}  // namespace heed::text
