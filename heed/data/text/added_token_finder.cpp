// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/added_token_finder.h"

#include <algorithm>
#include <utility>

namespace heed::text {

AddedTokenFinder::AddedTokenFinder(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::sort(tokens_.begin(), tokens_.end(), [](const auto& a, const auto& b) { return a.text < b.text; });
  for (const auto& token : tokens_) begins_[static_cast<unsigned char>(token.text[0])] = true;
}

// The tokens that share the first bytes with the text stand together; each further byte narrows them.
const AddedToken* AddedTokenFinder::search(std::string_view text) const {
  const AddedToken* longest = nullptr;
  auto first = tokens_.begin(), last = tokens_.end();
  for (size_t length = 1; length <= text.size() && first != last; ++length) {
    const auto prefix = text.substr(0, length);
    const auto before = [length](const AddedToken& token, std::string_view wanted) {
      return std::string_view(token.text).substr(0, length) < wanted;
    };
    const auto after = [length](std::string_view wanted, const AddedToken& token) {
      return wanted < std::string_view(token.text).substr(0, length);
    };
    first = std::lower_bound(first, last, prefix, before);
    last = std::upper_bound(first, last, prefix, after);
    if (first != last && first->text.size() == length) longest = &*first;
  }
  return longest;
}

}  // namespace heed::text
