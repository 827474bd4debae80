// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace heed::text {

/// Joins bytes that arrive in parts, such as those of generated tokens, to whole characters. A token may end
/// inside a character; its bytes are held back until the rest has come.
///
/// What is not UTF-8 becomes U+FFFD, one for each longest beginning of a character (Unicode, section 3.9, "U+FFFD
/// substitution of maximal subparts"), as in Python's `bytes.decode(errors="replace")`. However the bytes are cut, the texts
/// together are the same.
class Utf8Stream {
 public:
  /// Takes bytes; returns the characters that are complete now, possibly none.
  std::string push(std::string_view bytes);
  /// Ends the text: returns U+FFFD if it broke off inside a character, else nothing. Can be used again then.
  std::string finish();
  /// The number of bytes held back, at most 3.
  size_t held_bytes() const { return held_.size(); }

 private:
  std::string held_;
};

/// The whole of a text at once. Keeps zero bytes; replace_malformed (utf8.h) replaces them, and every wrong byte.
std::string replace_malformed_parts(std::string_view bytes);

}  // namespace heed::text
