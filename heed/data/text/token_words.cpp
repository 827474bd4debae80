// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/token_words.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include "heed/core/error.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

/// A run of a text without blanks between word borders.
struct Segment {
  size_t begin, end;  // bytes
};

std::vector<Segment> word_segments(const std::string& text) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> borders(
      icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
  const std::unique_ptr<UText, UText* (*)(UText*)> view(
      utext_openUTF8(nullptr, text.data(), static_cast<int64_t>(text.size()), &status), utext_close);
  if (U_SUCCESS(status)) borders->setText(view.get(), status);
  if (U_FAILURE(status))
    throw Error(ErrorKind::kSystem, std::string("cannot find the words of a text: ") + u_errorName(status),
                "ICU");
  std::vector<Segment> segments;
  size_t begin = 0;
  for (int32_t end = borders->next(); end != icu::BreakIterator::DONE; end = borders->next()) {
    const auto stop = static_cast<size_t>(end);
    if (!is_blank(std::string_view(text).substr(begin, stop - begin))) segments.push_back({begin, stop});
    begin = stop;
  }
  return segments;
}

/// Index of the segment that byte `at` is in, or of the one after it.
size_t segment_at(const std::vector<Segment>& segments, size_t at) {
  const auto found = std::partition_point(segments.begin(), segments.end(),
                                          [&](const Segment& segment) { return segment.end <= at; });
  return static_cast<size_t>(found - segments.begin());
}

/// The text without the blanks around it.
std::string shown(std::string_view text) {
  size_t begin = 0, end = 0;
  bool line_end = false;
  for (size_t i = 0; i < text.size();) {
    const CodePoint character = next_character(text.substr(i));
    const bool blank = is_blank(text.substr(i, character.bytes));
    line_end = line_end || character.value == U'\n';
    if (!blank && end == 0) begin = i;
    i += character.bytes;
    if (!blank) end = i;
  }
  if (end == 0 && !text.empty()) return line_end ? "\u21B5" : "\u2423";
  return std::string(text.substr(begin, end - begin));
}

bool is_line_end(std::string_view text) {
  return text.find('\n') != std::string_view::npos && is_blank(text);
}

size_t first_visible(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t bytes = next_character(text.substr(at)).bytes;
    if (!is_blank(text.substr(at, bytes))) return at;
    at += bytes;
  }
  return text.size();
}

}  // namespace

std::vector<std::string> token_texts(const TextVocabulary& vocabulary, std::span<const int32_t> tokens) {
  TokenText speller(vocabulary);
  std::vector<std::string> texts;
  texts.reserve(tokens.size());
  for (const int32_t token : tokens) texts.push_back(speller.add(token));
  return texts;
}

std::vector<TokenWord> token_words(const TextVocabulary& vocabulary, std::span<const int32_t> tokens) {
  const auto texts = token_texts(vocabulary, tokens);
  std::string all;
  for (const std::string& text : texts) all += text;
  const auto segments = word_segments(all);
  constexpr size_t kNone = static_cast<size_t>(-1);
  std::vector<TokenWord> words;
  size_t at = 0, current = kNone;
  for (size_t i = 0; i < texts.size(); ++i) {
    const bool alone = texts[i].empty() || is_line_end(texts[i]);
    const size_t segment = alone ? kNone : segment_at(segments, at + first_visible(texts[i]));
    if (words.empty() || segment == kNone || segment != current) words.push_back({"", i, i});
    words.back().text += texts[i];
    words.back().end = i + 1;
    current = segment;
    at += texts[i].size();
  }
  for (TokenWord& word : words) word.text = shown(word.text);
  return words;
}

}  // namespace heed::text
