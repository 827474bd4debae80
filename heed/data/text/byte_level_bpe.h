// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/field.h"
#include "heed/data/text/byte_level_model.h"
#include "heed/data/text/tokens.h"

namespace heed::text {

/// Whether a text that contains "<|endoftext|>" means the token of that name. Text that users write does not.
enum class SpecialTokens { kAsText, kAsSpecial };

/// Options for learning a vocabulary.
struct ByteLevelBpeOptions {
  int64_t size =
      8000;  ///< number of tokens, including the 256 bytes and special tokens; fewer if texts yield no more
  int64_t min_frequency = 2;  ///< how often a pair must occur to become a token
  std::vector<std::string> special_tokens = {"<|endoftext|>"};
};
Fields fields(ByteLevelBpeOptions& options);

/// Byte-level BPE, the vocabulary of GPT-2 (Radford et al. 2019) and of many models after it: the pieces of
/// byte_level_pretokenizer.h, as bytes, joined by learned merges (Sennrich et al. 2016, arXiv:1508.07909). Every
/// text of any bytes can be encoded, and decoding gives the same bytes back.
///
/// Ids equal those of Hugging Face's tokenizers with `add_special_tokens=False`: with kAsSpecial by default there,
/// with kAsText under `encode_special_tokens = True`.
///
/// Copies share one model, which does not change. All members are safe to call from several threads.
class ByteLevelBpe {
 public:
  static constexpr size_t kMaxTextBytes = size_t{1} << 30;

  /// Learns a vocabulary (byte_level_trainer.h says how, and takes texts one after the other). The result depends
  /// only on the texts and the options. Throws Error(kConfig) for wrong options, Error(kData) without any text.
  static ByteLevelBpe train(std::span<const std::string_view> texts, const ByteLevelBpeOptions& options);
  static ByteLevelBpe train(std::span<const std::string> texts, const ByteLevelBpeOptions& options);

  /// Loads a file or folder (byte_level_files.h says which). Throws Error(kData).
  static ByteLevelBpe load(const std::filesystem::path& path);
  /// Parses the content of a `tokenizer.json`.
  static ByteLevelBpe parse(std::string_view json, const std::string& place = "vocabulary");
  /// For vocabularies from other files. Throws Error(kData) as make_model() does.
  explicit ByteLevelBpe(const ByteLevelParts& parts);

  /// The content of a `tokenizer.json`, for parse().
  std::string json() const;
  /// Writes `tokenizer.json`, `vocab.json` and `merges.txt` into a folder, for load() and other programs.
  void write(const std::filesystem::path& folder) const;

  int32_t size() const;
  /// Encodes a text of any bytes. Error(kData) over kMaxTextBytes.
  Tokens encode(std::string_view text, SpecialTokens special = SpecialTokens::kAsText) const;
  /// The bytes of the tokens; those of a special token are its text. The bytes of a part of a text may end inside
  /// a character: Utf8Stream (utf8_stream.h) makes text of them. Error(kData) for an id out of range.
  std::string decode(std::span<const int32_t> tokens) const;
  /// Valid as long as a copy of this vocabulary. Error(kData) for an id out of range.
  std::string_view token_bytes(int32_t id) const;

  /// The id of a special token by its text.
  std::optional<int32_t> special(std::string_view text) const;
  bool is_special(int32_t id) const;
  /// The special token that ends a text: <|endoftext|>, <|end_of_text|>, </s> or <eos>, the first that there is.
  std::optional<int32_t> end_of_text() const;

  const ByteLevelModel& model() const;

 private:
  struct Shared;
  void check_id(int32_t id) const;

  std::shared_ptr<const Shared> shared_;
};

}  // namespace heed::text
