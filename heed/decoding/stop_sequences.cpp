// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/stop_sequences.h"

#include <algorithm>
#include <utility>

#include <c10/util/Exception.h>

namespace heed::decoding {
namespace {

/// Returns the length of the UTF-8 character that begins with this byte; 1 if it begins none.
size_t character_bytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte >= 0xf0 && byte <= 0xf4) return 4;
  if (byte >= 0xe0 && byte <= 0xef) return 3;
  return byte >= 0xc2 && byte <= 0xdf ? 2 : 1;
}

bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

/// Returns the number of bytes before a character that is cut off at the end of the text.
size_t whole_characters(std::string_view text) {
  for (size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const char byte = text[text.size() - back];
    if (!continues(byte)) return character_bytes(byte) > back ? text.size() - back : text.size();
  }
  return text.size();
}

}  // namespace

StopSequences::Matcher::Matcher(std::string text) : sequence(std::move(text)), borders(sequence.size(), 0) {
  for (size_t i = 1, length = 0; i < sequence.size(); ++i) {
    while (length > 0 && sequence[i] != sequence[length]) length = borders[length - 1];
    if (sequence[i] == sequence[length]) ++length;
    borders[i] = length;
  }
}

void StopSequences::Matcher::add(char byte) {
  while (matched > 0 && sequence[matched] != byte) matched = borders[matched - 1];
  if (sequence[matched] == byte) ++matched;
}

StopSequences::StopSequences(std::vector<std::string> sequences) {
  for (std::string& sequence : sequences) {
    TORCH_CHECK(!sequence.empty(), "[stop_sequences] a stop sequence must not be empty");
    matchers_.emplace_back(std::move(sequence));
  }
}

void StopSequences::add(char byte) {
  held_.push_back(byte);
  size_t longest = 0;
  for (size_t i = 0; i < matchers_.size(); ++i) {
    matchers_[i].add(byte);
    if (!matchers_[i].complete() || matchers_[i].matched <= longest) continue;
    longest = matchers_[i].matched;
    stopped_by_ = static_cast<int64_t>(i);
  }
  held_.resize(held_.size() - longest);
}

std::string StopSequences::take(size_t bytes) {
  const std::string text = held_.substr(0, whole_characters(std::string_view(held_).substr(0, bytes)));
  held_.erase(0, text.size());
  return text;
}

std::string StopSequences::feed(std::string_view text) {
  for (size_t i = 0; i < text.size() && !stopped(); ++i) add(text[i]);
  if (stopped()) return finish();
  size_t begun = 0;
  for (const Matcher& matcher : matchers_) begun = std::max(begun, matcher.matched);
  return take(held_.size() - begun);
}

std::string StopSequences::finish() {
  std::string text = take(held_.size());
  held_.clear();
  for (Matcher& matcher : matchers_) matcher.matched = 0;
  return text;
}

}  // namespace heed::decoding
