// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "heed/data/text/byte_level_model.h"

namespace heed::text {

/// Finds added tokens in a text: the leftmost, of those that begin there the longest.
class AddedTokenFinder {
 public:
  AddedTokenFinder() = default;
  explicit AddedTokenFinder(std::vector<AddedToken> tokens);

  bool empty() const { return tokens_.empty(); }

  /// Calls `ordinary(text)` for stretches without such tokens, which are not empty, and `found(id)` for every token
  /// between them, in order.
  template <class Ordinary, class Found>
  void split(std::string_view text, Ordinary ordinary, Found found) const {
    size_t begin = 0, place = 0;
    while (place < text.size()) {
      const AddedToken* token = at(text.substr(place));
      if (token == nullptr) {
        ++place;
        continue;
      }
      if (place > begin) ordinary(text.substr(begin, place - begin));
      found(token->id);
      begin = place += token->text.size();
    }
    if (begin < text.size()) ordinary(text.substr(begin));
  }

 private:
  /// The longest token with which the text begins; nullptr if there is none.
  const AddedToken* at(std::string_view text) const {
    return begins_[static_cast<unsigned char>(text[0])] ? search(text) : nullptr;
  }
  const AddedToken* search(std::string_view text) const;

  std::vector<AddedToken> tokens_;  // by text
  std::array<bool, 256> begins_{};  // whether a token begins with the byte
};

}  // namespace heed::text
