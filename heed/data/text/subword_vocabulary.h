// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/field.h"
#include "heed/data/text/tokens.h"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace heed::text {

/// Options for learning a vocabulary. Sennrich et al. 2016 (bpe), arXiv:1508.07909; Kudo 2018 (unigram),
/// arXiv:1804.10959; Kudo and Richardson 2018 (SentencePiece), arXiv:1808.06226.
struct SubwordOptions {
  int64_t size = 8000;  ///< number of pieces, including marks, user symbols and byte pieces
  std::string model = "bpe";
  double character_coverage = 0.9995;  ///< share of characters in the text that pieces cover
  bool byte_fallback = false;          ///< encodes unknown characters as bytes, which adds 256 pieces
  std::string user_symbols;            ///< separated by blanks; each always becomes one piece
  std::string normalisation = "nmt_nfkc";
  bool exact_size = true;  ///< false: allows fewer pieces if the sentences do not yield `size`
};
std::vector<Field> fields(SubwordOptions& options);

/// A subword piece of a sentence. Its text has U+2581 for blanks; the text of an unknown piece is its
/// characters.
struct SubwordPiece {
  std::string text;
  int32_t id = 0;
  size_t begin = 0, end = 0;  ///< range of bytes in the sentence
  size_t word = 0;            ///< index in split_words() of the first word it covers
};

/// Converts sentences to subword pieces and back, with SentencePiece. Copies share one model. All members are
/// safe to call from several threads.
///
/// Vocabularies trained here have marks at fixed ids: unknown, begin and end where SentencePiece has them by
/// default, so that most models from elsewhere agree, then padding, which SentencePiece omits by default.
/// Encoded sentences contain no marks.
class SubwordVocabulary {
 public:
  static constexpr int32_t kUnknown = 0, kBegin = 1, kEnd = 2, kPad = 3;
  static constexpr size_t kMaxSentenceBytes = size_t{1} << 20;

  /// Learns a vocabulary from a list of sentences; for a joint vocabulary, append the lists. The result
  /// depends only on the sentences, their order and the options. Ignores blank sentences, those over 4192
  /// bytes and those with U+2585. Runs in a child process (heed/core/child_process.h) and prints nothing.
  ///
  /// Throws Error(kConfig) for an option out of range and for a size that is too large (with the largest
  /// possible) or too small for the characters (with the smallest possible). Throws Error(kData) if nothing
  /// can be learned.
  static SubwordVocabulary train(std::span<const std::string_view> sentences, const SubwordOptions& options);
  static SubwordVocabulary train(std::span<const std::string> sentences, const SubwordOptions& options);

  /// Loads a SentencePiece model of any kind, trained here or elsewhere; it must have a begin and an end
  /// mark. Throws Error(kData), with the byte if known, if it is not a model, has a damaged structure, or
  /// exceeds the limits of subword_model_check.h. Damage that results in another well-formed model is not
  /// detected.
  static SubwordVocabulary load(const std::filesystem::path& path);
  static SubwordVocabulary parse(std::string_view model, const std::string& place = "vocabulary");
  /// Returns the serialised model, for parse() and other SentencePiece programs; write() saves it to a file.
  const std::string& bytes() const { return bytes_; }
  void write(const std::filesystem::path& path) const;

  int32_t size() const { return size_; }
  int32_t unknown() const { return unknown_; }
  int32_t begin() const { return begin_; }
  int32_t end() const { return end_; }
  int32_t pad() const { return pad_; }  ///< the end mark in models without padding

  /// Encodes a sentence of any bytes; bytes that are not UTF-8 become U+FFFD. Error(kData) over
  /// kMaxSentenceBytes.
  Tokens encode(std::string_view sentence) const;
  std::vector<SubwordPiece> pieces(std::string_view sentence) const;

  /// Encodes every sentence with a random segmentation, for subword regularisation. The result depends only
  /// on the sentences, alpha (0 to 1) and the seed. unigram: draws among all segmentations with probability
  /// proportional to p^alpha (Kudo 2018). bpe: drops each merge with probability alpha (Provilkov et al.
  /// 2020, arXiv:1910.13267). Concurrent calls wait for each other. Error(kConfig) for word and character
  /// models.
  std::vector<Tokens> sample(std::span<const std::string_view> sentences, double alpha, uint64_t seed) const;

  /// Returns the sentence with its blanks restored. Marks yield nothing; the unknown piece yields " \u2047 "
  /// unless the model defines another text. If no piece is unknown, the result is the normalised sentence.
  /// Error(kData) for an id out of range.
  std::string decode(std::span<const int32_t> tokens) const;

  /// Returns a piece's text. Error(kData) for an id out of range.
  const std::string& piece(int32_t id) const;
  /// Returns a piece's id; unknown() if there is no such piece.
  int32_t id(std::string_view piece) const;
  bool is_unknown(int32_t id) const { return id == unknown_; }

 private:
  SubwordVocabulary() = default;
  void check_id(int32_t id) const;

  std::shared_ptr<const sentencepiece::SentencePieceProcessor> processor_;
  std::string bytes_;
  int32_t size_ = 0, unknown_ = 0, begin_ = 0, end_ = 0, pad_ = 0;
};

/// Splits a sentence into words at blanks, by is_space (heed/data/text/utf8.h). SubwordPiece::word indexes
/// these.
std::vector<std::string_view> split_words(std::string_view sentence);

}  // namespace heed::text
