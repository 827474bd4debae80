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

#include "heed/core/config.h"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace heed::text {

using Tokens = std::vector<int32_t>;

/// How a vocabulary is learned. Sennrich et al. 2016 (bpe), arXiv:1508.07909; Kudo 2018 (unigram),
/// arXiv:1804.10959; Kudo and Richardson 2018 (SentencePiece), arXiv:1808.06226.
struct SubwordOptions {
  int64_t size = 8000;  ///< marks, user symbols and byte pieces counted
  std::string model = "bpe";
  double character_coverage = 0.9995;  ///< share of all characters that are pieces; others are unknown
  bool byte_fallback = false;          ///< unknown characters as their bytes: 256 further pieces
  std::string user_symbols;            ///< parted by blanks; each is one piece wherever it stands
  std::string normalisation = "nmt_nfkc";
  bool exact_size = true;  ///< false: as many pieces as the sentences give, where `size` is too large
};
std::vector<Field> fields(SubwordOptions& options);

/// A piece of a sentence. The piece's text has U+2581 for blanks, and where it is unknown the characters
/// themselves.
struct SubwordPiece {
  std::string text;
  int32_t id = 0;
  size_t begin = 0, end = 0;  ///< bytes of the sentence that it stands for
  size_t word = 0;            ///< index in split_words(); where a piece spans several, the first
};

/// Sentences as subword pieces and back: SentencePiece. Copies share one model; every member may be called
/// from several threads at once.
///
/// A vocabulary that is trained here has its marks at fixed ids: SentencePiece's own first three, so that
/// models from elsewhere mostly agree, and padding, which those leave out, after them. Encoded sentences have
/// no marks.
class SubwordVocabulary {
 public:
  static constexpr int32_t kUnknown = 0, kBegin = 1, kEnd = 2, kPad = 3;
  static constexpr size_t kMaxSentenceBytes = size_t{1} << 20;

  /// Learns from one list of sentences, or jointly from several appended. Depends on nothing but the
  /// sentences in their order and the options. Sentences over 4192 bytes, blank ones and those with U+2585
  /// teach nothing. Works in a child process (heed/core/child_process.h) and is silent.
  ///
  /// Throws Error(kConfig) for an option out of range, or a size that is too large (naming the largest) or
  /// too small for the characters (naming the smallest); Error(kData) where nothing can be learned.
  static SubwordVocabulary train(std::span<const std::string_view> sentences, const SubwordOptions& options);
  static SubwordVocabulary train(std::span<const std::string> sentences, const SubwordOptions& options);

  /// A SentencePiece model, ours or not, of any kind; it needs a begin and an end mark. Throws Error(kData),
  /// with the byte where known, for what is none, is damaged in its structure, or is beyond the bounds of
  /// subword_model_check.h. Damage that leaves another well-formed model goes unseen.
  static SubwordVocabulary load(const std::filesystem::path& path);
  static SubwordVocabulary parse(std::string_view model, const std::string& place = "vocabulary");
  /// The model as bytes, which parse() reads and other SentencePiece programs too; and in a file.
  const std::string& bytes() const { return bytes_; }
  void write(const std::filesystem::path& path) const;

  int32_t size() const { return size_; }
  int32_t unknown() const { return unknown_; }
  int32_t begin() const { return begin_; }
  int32_t end() const { return end_; }
  int32_t pad() const { return pad_; }  ///< the end mark in models that have no padding

  /// Any bytes will do: what is no UTF-8 becomes U+FFFD. Error(kData) over kMaxSentenceBytes.
  Tokens encode(std::string_view sentence) const;
  std::vector<SubwordPiece> pieces(std::string_view sentence) const;

  /// Every sentence cut at random, for subword regularisation, as a function of the sentences, alpha and
  /// seed. unigram: drawn with probability proportional to p^alpha over all ways (Kudo 2018); bpe: merges
  /// left out with probability alpha (Provilkov et al. 2020, arXiv:1910.13267). alpha from 0 to 1. Calls from
  /// several threads wait for each other. Error(kConfig) for models of whole words or characters.
  std::vector<Tokens> sample(std::span<const std::string_view> sentences, double alpha, uint64_t seed) const;

  /// The sentence, with blanks where they belong; marks give nothing, the unknown piece " \u2047 " (or what
  /// the model says). Equals the normalised sentence where no piece is unknown. Error(kData) for an id
  /// outside.
  std::string decode(std::span<const int32_t> tokens) const;

  /// Error(kData) for an id outside.
  const std::string& piece(int32_t id) const;
  /// unknown() where there is no such piece.
  int32_t id(std::string_view piece) const;
  bool is_unknown(int32_t id) const { return id == unknown_; }

 private:
  SubwordVocabulary() = default;
  void check_id(int32_t id) const;

  std::shared_ptr<const sentencepiece::SentencePieceProcessor> processor_;
  std::string bytes_;
  int32_t size_ = 0, unknown_ = 0, begin_ = 0, end_ = 0, pad_ = 0;
};

/// The words of a sentence, parted by is_space (heed/data/text/utf8.h); SubwordPiece::word counts in them.
std::vector<std::string_view> split_words(std::string_view sentence);

}  // namespace heed::text
