// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "heed/core/field.h"
#include "heed/data/text/byte_level_bpe.h"

namespace heed::text {

/// Learns a byte-level BPE vocabulary (Sennrich et al. 2016, arXiv:1508.07909) from texts that arrive one after the
/// other. Pieces (byte_level_pretokenizer.h) do not go across texts. Memory grows with the different pieces.
///
/// The most frequent pair of neighbouring tokens becomes a token, again and again; of equally frequent pairs the one
/// of the smaller left id, then of the smaller right id. Overlapping pairs ("aaa") all count. Ids are: special tokens
/// in the order given, the 256 bytes in the order of byte_alphabet.h, then the merges. So the vocabulary is that of
/// `BpeTrainer` of Hugging Face's tokenizers with the whole byte alphabet, with two rules beyond it: a pair that
/// spells a special token is never merged, and pieces over kLongestPiece bytes are learned from in parts.
///
/// The result depends on the texts and options, not on the order of texts.
class ByteLevelTrainer {
 public:
  static constexpr size_t kLongestPiece = 4096;

  /// Throws Error(kConfig) for an option out of range, and for special tokens that are empty, equal or a byte.
  explicit ByteLevelTrainer(const ByteLevelBpeOptions& options);

  void add(std::string_view text);
  /// Throws Error(kData) if there was no text. Further texts may be added afterwards.
  ByteLevelBpe train() const;

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  void count(std::string_view piece);

  ByteLevelBpeOptions options_;
  std::unordered_map<std::string, int64_t, Hash, std::equal_to<>> pieces_;
};

}  // namespace heed::text
