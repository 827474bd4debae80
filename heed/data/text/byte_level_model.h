// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace heed::text {

/// A token that stands for a text as a whole. Those that are not special, such as a user's own words, are found in
/// every text; special ones, such as <|endoftext|>, only where the caller asks for it.
struct AddedToken {
  std::string text;
  int32_t id = 0;
  bool special = true;
  bool normalized = false;  ///< as in tokenizer.json: found in what the others leave
};

/// A byte-level BPE vocabulary as files hold it: tokens and the parts of merges in the byte alphabet
/// (byte_alphabet.h), added tokens as they are.
struct ByteLevelParts {
  std::unordered_map<std::string, int64_t> vocabulary;  ///< may lack added tokens
  std::vector<std::pair<std::string, std::string>> merges;
  std::vector<AddedToken> added;
  std::string vocabulary_place;  ///< for error messages
  std::string merges_place;      ///< such as "merges.txt, line "
  size_t first_merge = 0;        ///< number of the first merge at that place
};

/// The same, checked and by ids.
struct ByteLevelModel {
  struct Merge {
    int32_t left = 0, right = 0, result = 0;
  };
  std::vector<std::string> tokens;  ///< bytes by id
  std::vector<Merge> merges;        ///< by rank: the first is done first
  std::vector<AddedToken> added;    ///< by id
  std::array<int32_t, 256> byte_ids{};
};

struct ByteLevelBounds {
  static constexpr size_t kFileBytes = size_t{1} << 25;
  static constexpr size_t kTokens = size_t{1} << 20;
  static constexpr size_t kTokenBytes = size_t{1} << 16;  ///< of one token
  static constexpr size_t kAddedTokens = size_t{1} << 14;
};

/// Checks that ids are 0 to N - 1, each once; that each of the 256 bytes is a token, so that every text can be
/// encoded; that both parts of a merge and its result are tokens; and that ordinary text cannot yield a special
/// token. Of equal merges the last one counts. Throws Error(kData).
ByteLevelModel make_model(const ByteLevelParts& parts);

/// The inverse: every token with its id, and the merges.
ByteLevelParts parts_of(const ByteLevelModel& model);

/// A token or a line of a file for an error message: quoted, printable and not long.
std::string shown_token(std::string_view token);

}  // namespace heed::text
