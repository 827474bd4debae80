// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/field.h"

namespace heed::text {

using Tokens = std::vector<int32_t>;

/// How a language model writes text as tokens, line ends included. Members are safe to call from several
/// threads.
class TextVocabulary {
 public:
  virtual ~TextVocabulary() = default;

  virtual std::string kind() const = 0;  ///< as configs say it: "characters"
  virtual std::string unit()
      const = 0;  ///< what a token is, for losses: "character", "byte", "word", "token"
  virtual int32_t size() const = 0;
  /// The mark between documents. It stands before the first token of a document, so that an empty prompt is
  /// this mark alone. Text never yields it, except in `words`, where it is the end of a line as well.
  virtual int32_t end_of_text() const = 0;
  /// The token of what the vocabulary cannot write; absent if it can write everything.
  virtual std::optional<int32_t> unknown() const { return std::nullopt; }

  /// Appends the tokens of a text of any length, in UTF-8. A text may be cut at a place that text_cut()
  /// returns, and its parts encoded one after another.
  virtual void encode(std::string_view text, Tokens& tokens) const = 0;
  Tokens encode(std::string_view text) const;

  /// The bytes that a token stands for. They may end inside a character. Marks give none. Throws
  /// Error(kData) for a token outside the vocabulary.
  virtual std::string token_bytes(int32_t token) const = 0;
  /// Whether the tokens of a line's first word begin with a blank that is not in the text.
  virtual bool adds_blank_to_lines() const { return false; }
  /// The text of tokens. Bytes that are not UTF-8 stay as they are.
  std::string decode(std::span<const int32_t> tokens) const;

  /// Writes the vocabulary's files into a folder, for load_text_vocabulary().
  virtual void write(const std::filesystem::path& folder) const = 0;

 protected:
  void check_token(int32_t token) const;
};

using TextVocabularyPtr = std::shared_ptr<const TextVocabulary>;

/// The bytes of a text that arrives token by token.
class TokenText {
 public:
  explicit TokenText(const TextVocabulary& vocabulary) : vocabulary_(vocabulary) {}
  /// The bytes that the token adds.
  std::string add(int32_t token);

 private:
  const TextVocabulary& vocabulary_;
  bool at_line_start_ = true;
};

/// Loads a vocabulary that write() wrote, or one of another program: a folder (a run, prepared text, a
/// downloaded model) or a file. Reads byte-level BPE (byte_level_files.h), SentencePiece models and the
/// vocabularies of characters, bytes and words of heed. Throws Error(kData) when there is none.
TextVocabularyPtr load_text_vocabulary(const std::filesystem::path& path);

struct TextVocabularyOptions {
  std::string kind;            ///< see vocabulary_kinds(); empty: chosen for the text
  int64_t size = 0;            ///< number of tokens; 0: chosen for the text
  std::filesystem::path file;  ///< a vocabulary to use instead
};
std::vector<Field> fields(TextVocabularyOptions& options);
std::vector<std::string> vocabulary_kinds();

/// Calls its argument with every part of the text to learn from (see TextPart), each time in the same order.
using EachText = std::function<void(const std::function<void(std::string_view)>&)>;

/// Learns a vocabulary of the kind and size that the options name (both set).
TextVocabularyPtr learn_text_vocabulary(const TextVocabularyOptions& options, const EachText& text);

}  // namespace heed::text
