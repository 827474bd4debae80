// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/sentence_splitter.h"

#include <algorithm>
#include <limits>

#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

bool is_stop(char32_t c) {
  return c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0xFF0E;
}

/// Stops that need no blank behind them.
bool is_wide_stop(char32_t c) {
  return c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0xFF61;
}

bool is_closing(char32_t c) {
  constexpr std::u32string_view kClosing =
      U"\"')]}"
      U"\u00BB\u00AB\u2019\u201D\u201C\u203A\u2039\u3009\u300B\u300D\u300F\u3011\uFF02\uFF07\uFF09\uFF3D";
  return kClosing.find(c) != std::u32string_view::npos;
}

/// Quotes that close in one language and open in another.
bool may_open(char32_t c) {
  return c == 0xAB || c == 0x201C || c == 0x2039;
}

/// What is never cut but for its length: a word, and the blanks behind it. Its cost is set where one is asked
/// for.
struct Word {
  size_t begin, end, next;  ///< bytes; blanks from end to next
  size_t characters, spaces;
  bool ends_sentence;
  size_t cost = 0;
};

/// Reads the word that begins at `begin`, up to a blank, or to where a sentence ends without one.
Word read_word(std::string_view line, size_t begin) {
  Word word{begin, begin, begin, 0, 0, false};
  bool wide = false;
  while (word.end < line.size()) {
    const CodePoint c = next_character(line.substr(word.end));
    const bool stop = is_stop(c.value) || is_wide_stop(c.value);
    const bool goes_on = stop || (word.ends_sentence && is_closing(c.value) && !(wide && may_open(c.value)));
    if (is_space(c.value) || (wide && !goes_on)) break;
    wide = goes_on && (wide || is_wide_stop(c.value));
    word.ends_sentence = goes_on;
    word.end += c.bytes;
    ++word.characters;
  }
  for (word.next = word.end; word.next < line.size(); ++word.spaces) {
    const CodePoint c = next_character(line.substr(word.next));
    if (!is_space(c.value)) break;
    word.next += c.bytes;
  }
  return word;
}

std::vector<Word> read_words(std::string_view line) {
  std::vector<Word> words;
  for (size_t begin = 0; begin < line.size(); begin = words.back().next)
    words.push_back(read_word(line, begin));
  return words;
}

size_t or_unlimited(size_t limit) {
  return limit != 0 ? limit : std::numeric_limits<size_t>::max();
}

class Splitter {
 public:
  Splitter(std::string_view line, const SplitOptions& options)
      : line_(line),
        options_(options),
        max_characters_(or_unlimited(options.max_characters)),
        max_words_(or_unlimited(options.max_words)),
        words_(read_words(line)) {
    if (options.max_cost == 0) return;
    for (Word& word : words_) word.cost = options.cost(line.substr(word.begin, word.end - word.begin));
  }

  std::vector<Piece> split() {
    for (size_t first = 0; first < words_.size();) {
      size_t last = fitting(first);
      if (last == first) {
        cut(words_[first++]);
        continue;
      }
      if (last < words_.size()) last = last_sentence_end(first, last);
      add(words_[first].begin, words_[last - 1].end, words_[last - 1].next);
      first = last;
    }
    if (pieces_.empty()) pieces_.push_back({line_, {}});
    return pieces_;
  }

 private:
  /// Behind the last word that a piece from `first` on can hold.
  size_t fitting(size_t first) const {
    size_t characters = 0, cost = 0, last = first;
    for (; last < words_.size() && last - first < max_words_; ++last) {
      characters += words_[last].characters;
      cost += words_[last].cost;
      if (characters > max_characters_ || (options_.max_cost > 0 && cost > options_.max_cost)) break;
      characters += words_[last].spaces;
    }
    return last;
  }

  size_t last_sentence_end(size_t first, size_t last) const {
    size_t end = last;
    while (end > first && !words_[end - 1].ends_sentence) --end;
    return end > first ? end : last;
  }

  /// A word longer than a piece.
  void cut(const Word& word) {
    for (size_t begin = word.begin; begin < word.end || begin == word.begin;) {
      const size_t end = begin + fitting_prefix(line_.substr(begin, word.end - begin));
      add(begin, end, end == word.end ? word.next : end);
      if (end == word.end) return;
      begin = end;
    }
  }

  /// Bytes of the longest beginning of a word that is tried and fits; one character at least.
  size_t fitting_prefix(std::string_view word) const {
    size_t characters = max_characters_;
    if (options_.max_cost > 0) characters = std::min(characters, 4 * options_.max_cost);
    for (;; characters /= 2) {
      size_t end = 0;
      for (size_t i = 0; i < characters && end < word.size(); ++i)
        end += next_character(word.substr(end)).bytes;
      if (characters <= 1 || options_.max_cost == 0 ||
          options_.cost(word.substr(0, end)) <= options_.max_cost)
        return end;
    }
  }

  void add(size_t begin, size_t end, size_t next) {
    pieces_.push_back({line_.substr(begin, end - begin), line_.substr(end, next - end)});
  }

  std::string_view line_;
  const SplitOptions& options_;
  size_t max_characters_, max_words_;
  std::vector<Word> words_;
  std::vector<Piece> pieces_;
};

bool fits(std::string_view line, const SplitOptions& options) {
  return options.max_cost == 0 &&
         (options.max_characters == 0 || count_characters(line) <= options.max_characters) &&
         (options.max_words == 0 || count_words(line) <= options.max_words);
}

}  // namespace

std::vector<Piece> split_sentences(std::string_view line, const SplitOptions& options) {
  if (fits(line, options)) return {{line, {}}};
  return Splitter(line, options).split();
}

std::string join_pieces(const std::vector<Piece>& pieces) {
  std::string line;
  for (const auto& piece : pieces) {
    line += piece.text;
    line += piece.separator;
  }
  return line;
}

}  // namespace heed::text
