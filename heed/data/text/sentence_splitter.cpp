// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/sentence_splitter.h"

#include <algorithm>
#include <limits>

#include "heed/data/text/sentence_ends.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

/// A word and the blanks after it: the unit that is cut only if it exceeds the limits itself. Its cost is
/// computed only if the options have a cost limit.
struct Word {
  size_t begin, end, next;  ///< byte offsets; blanks from end to next
  size_t characters = 0, spaces = 0;
  bool stops = false;          ///< ends in a stop
  bool wide = false;           ///< the stop needs no blank after it
  bool ends_sentence = false;  ///< known once the next word is read
  size_t cost = 0;
};

/// Reads the word at `begin`, up to a blank or to the end of a sentence without one.
Word read_word(std::string_view line, size_t begin) {
  Word word{.begin = begin, .end = begin, .next = begin};
  while (word.end < line.size()) {
    const CodePoint c = next_character(line.substr(word.end));
    const bool stop = is_stop(c.value) || is_wide_stop(c.value);
    const bool goes_on = stop || (word.stops && is_closing(c.value) && !(word.wide && may_open(c.value)));
    if (is_space(c.value) || (word.wide && !goes_on)) break;
    word.wide = goes_on && (word.wide || is_wide_stop(c.value));
    word.stops = goes_on;
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

/// Finds the sentence ends. A sentence contains at least one letter, so the number of a list item is not one.
void find_sentence_ends(std::string_view line, std::string_view language, std::vector<Word>& words) {
  const auto text = [&](const Word& word) { return line.substr(word.begin, word.end - word.begin); };
  bool letters = false;
  for (size_t i = 0; i < words.size(); ++i) {
    Word& word = words[i];
    letters = letters || has_letter(text(word));
    if (!word.stops || !letters) continue;
    const std::string_view next = i + 1 < words.size() ? text(words[i + 1]) : std::string_view();
    word.ends_sentence = word.wide || ends_sentence(text(word), next, language);
    letters = !word.ends_sentence;
  }
}

std::vector<Word> read_words(std::string_view line, std::string_view language) {
  std::vector<Word> words;
  for (size_t begin = 0; begin < line.size(); begin = words.back().next)
    words.push_back(read_word(line, begin));
  find_sentence_ends(line, language, words);
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
        words_(read_words(line, options.language)) {
    if (options.max_cost == 0 && options.usual_cost == 0) return;
    for (Word& word : words_) word.cost = options.cost(line.substr(word.begin, word.end - word.begin));
  }

  std::vector<Piece> split() {
    for (size_t first = 0; first < words_.size();) {
      const size_t last = piece_end(first);
      if (last == first) {
        cut(first++);
        continue;
      }
      add(words_[first].begin, words_[last - 1].end, words_[last - 1].next, !is_end(last));
      first = last;
    }
    if (pieces_.empty()) pieces_.push_back({line_, {}});
    return pieces_;
  }

 private:
  /// Whether a sentence, or the line, ends before word i.
  bool is_end(size_t i) const { return i == words_.size() || words_[i - 1].ends_sentence; }

  size_t first_end(size_t first) const {
    size_t end = first + 1;
    while (!is_end(end)) ++end;
    return end;
  }

  /// Returns the end (in words) of the segment that begins at `first`; `first` if not even that word fits.
  size_t piece_end(size_t first) const {
    if (options_.gather == Gather::kOne) return fitting(first, first_end(first), options_.max_cost);
    if (options_.usual_cost > 0) {
      const size_t end = last_end(first, fitting(first, words_.size(), options_.usual_cost));
      return end > first ? end : fitting(first, first_end(first), options_.max_cost);
    }
    const size_t last = fitting(first, words_.size(), options_.max_cost);
    const size_t end = last_end(first, last);
    return end > first ? end : last;
  }

  /// Returns the end (in words, at most `bound`) of the longest segment from `first` that fits.
  size_t fitting(size_t first, size_t bound, size_t max_cost) const {
    size_t characters = 0, cost = 0, last = first;
    for (; last < bound && last - first < max_words_; ++last) {
      characters += words_[last].characters;
      cost += words_[last].cost;
      if (characters > max_characters_ || (max_cost > 0 && cost > max_cost)) break;
      characters += words_[last].spaces;
    }
    return last;
  }

  /// Returns the last sentence end in (first, last]; `first` if there is none.
  size_t last_end(size_t first, size_t last) const {
    while (last > first && !is_end(last)) --last;
    return last;
  }

  /// Cuts a word that is longer than a segment.
  void cut(size_t index) {
    const Word& word = words_[index];
    for (size_t begin = word.begin; begin < word.end || begin == word.begin;) {
      const size_t end = begin + fitting_prefix(line_.substr(begin, word.end - begin));
      add(begin, end, end == word.end ? word.next : end, end < word.end || !is_end(index + 1));
      if (end == word.end) return;
      begin = end;
    }
  }

  /// Returns the bytes of the longest prefix that fits among those tried, at least one character.
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

  void add(size_t begin, size_t end, size_t next, bool cut) {
    pieces_.push_back({line_.substr(begin, end - begin), line_.substr(end, next - end), cut});
  }

  std::string_view line_;
  const SplitOptions& options_;
  size_t max_characters_, max_words_;
  std::vector<Word> words_;
  std::vector<Piece> pieces_;
};

bool fits(std::string_view line, const SplitOptions& options) {
  return options.gather == Gather::kMany && options.max_cost == 0 && options.usual_cost == 0 &&
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
