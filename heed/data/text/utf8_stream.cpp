// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/utf8_stream.h"

#include <algorithm>
#include <cstdint>

#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

constexpr std::string_view kReplacementText = "\xEF\xBF\xBD";

/// The number of bytes that the lead byte of a character promises; 1 for one that cannot lead.
size_t promised_bytes(unsigned char lead) {
  if (lead < 0xC2 || lead > 0xF4) return 1;
  return lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
}

/// Whether a character of this lead can have this second byte: excludes overlong forms, surrogates and what is
/// beyond U+10FFFF.
bool can_follow(unsigned char lead, unsigned char second) {
  const unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return second >= least && second <= most;
}

/// The length of the longest beginning of a character with which the text begins, at least 1.
size_t begun_bytes(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t end = std::min(promised_bytes(byte(0)), text.size());
  if (end < 2 || !can_follow(byte(0), byte(1))) return 1;
  size_t bytes = 2;
  while (bytes < end && (byte(bytes) & 0xC0) == 0x80) ++bytes;
  return bytes;
}

/// Appends whole characters and replacements to `out`; returns the bytes of a character that has only begun.
std::string_view take_characters(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const size_t good = well_formed_prefix(text);
    out += text.substr(0, good);
    text.remove_prefix(good);
    if (text.empty()) break;
    const size_t begun = begun_bytes(text);
    if (begun == text.size() && begun < promised_bytes(static_cast<unsigned char>(text[0]))) return text;
    out += kReplacementText;
    text.remove_prefix(begun);
  }
  return text;
}

}  // namespace

std::string Utf8Stream::push(std::string_view bytes) {
  std::string characters;
  if (held_.empty()) {
    held_ = take_characters(bytes, characters);
  } else {
    held_ += bytes;
    held_ = std::string(take_characters(held_, characters));
  }
  return characters;
}

std::string Utf8Stream::finish() {
  const bool broken = !held_.empty();
  held_.clear();
  return std::string(broken ? kReplacementText : "");
}

std::string replace_malformed_parts(std::string_view bytes) {
  Utf8Stream stream;
  std::string text = stream.push(bytes);
  return text += stream.finish();
}

}  // namespace heed::text
