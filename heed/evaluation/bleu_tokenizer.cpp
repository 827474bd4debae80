// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/bleu_tokenizer.h"

#include <algorithm>
#include <array>

#include <unicode/uchar.h>

#include "heed/core/error.h"
#include "heed/evaluation/unicode_text.h"

namespace heed::evaluation {
namespace {

constexpr std::array<std::string_view, 4> kNames{"13a", "intl", "char", "none"};

bool is_digit(char32_t c) {
  return c >= U'0' && c <= U'9';
}
bool is_point(char32_t c) {
  return c == U'.' || c == U',';
}
bool is_hyphen(char32_t c) {
  return c == U'-';
}
// Punctuation that is always a token. Comma, hyphen and full stop have other rules.
bool stands_alone(char32_t c) {
  return is_ascii_punctuation(c) && c != U'\'' && !is_point(c) && !is_hyphen(c);
}

uint32_t category(char32_t c) {
  return U_GET_GC_MASK(static_cast<UChar32>(c));
}
bool is_number(char32_t c) {
  return (category(c) & U_GC_N_MASK) != 0;
}
bool is_punctuation(char32_t c) {
  return (category(c) & U_GC_P_MASK) != 0;
}
bool is_symbol(char32_t c) {
  return (category(c) & U_GC_S_MASK) != 0;
}

template <class Predicate>
auto negate(Predicate predicate) {
  return [predicate](char32_t c) { return !predicate(c); };
}

template <class Predicate>
std::u32string space_around_each(std::u32string_view line, Predicate alone) {
  std::u32string spaced;
  spaced.reserve(2 * line.size());
  for (const char32_t c : line) {
    if (alone(c)) {
      spaced.append({U' ', c, U' '});
    } else {
      spaced += c;
    }
  }
  return spaced;
}

enum class Part { kFirst, kSecond };

// Puts spaces around one part of each pair of neighbours that the predicates accept. Pairs are found from
// left to right and do not overlap, as in mteval's substitutions; "..." therefore needs two rules.
template <Part part, class First, class Second>
std::u32string space_around(std::u32string_view line, First first, Second second) {
  std::u32string spaced;
  spaced.reserve(2 * line.size());
  for (size_t i = 0; i < line.size(); ++i) {
    if (i + 1 == line.size() || !first(line[i]) || !second(line[i + 1])) {
      spaced += line[i];
    } else if constexpr (part == Part::kFirst) {
      spaced.append({U' ', line[i], U' ', line[i + 1]});
      ++i;
    } else {
      spaced.append({line[i], U' ', line[i + 1], U' '});
      ++i;
    }
  }
  return spaced;
}

void replace_all(std::u32string& line, std::u32string_view from, std::u32string_view to) {
  for (size_t at = line.find(from); at != line.npos; at = line.find(from, at + to.size())) {
    line.replace(at, from.size(), to);
  }
}

std::u32string tokenize_13a(std::u32string_view text) {
  // With a space at both ends, a mark there has a neighbour that is not a digit.
  std::u32string line = U' ' + std::u32string(text) + U' ';
  replace_all(line, U"<skipped>", U"");
  replace_all(line, U"-\n", U"");
  replace_all(line, U"\n", U" ");
  if (line.find(U'&') != line.npos) {
    replace_all(line, U"&quot;", U"\"");
    replace_all(line, U"&amp;", U"&");
    replace_all(line, U"&lt;", U"<");
    replace_all(line, U"&gt;", U">");
  }
  line = space_around_each(line, stands_alone);
  line = space_around<Part::kSecond>(line, negate(is_digit), is_point);
  line = space_around<Part::kFirst>(line, is_point, negate(is_digit));
  return space_around<Part::kSecond>(line, is_digit, is_hyphen);
}

std::u32string tokenize_intl(std::u32string_view text) {
  std::u32string line = space_around<Part::kSecond>(text, negate(is_number), is_punctuation);
  line = space_around<Part::kFirst>(line, is_punctuation, negate(is_number));
  return space_around_each(line, is_symbol);
}

}  // namespace

std::string_view name(BleuTokenizer tokenizer) {
  return kNames.at(static_cast<size_t>(tokenizer));
}

BleuTokenizer bleu_tokenizer(std::string_view name) {
  const auto* found = std::find(kNames.begin(), kNames.end(), name);
  if (found != kNames.end()) return static_cast<BleuTokenizer>(found - kNames.begin());
  throw Error(ErrorKind::kUsage,
              "unknown tokenizer '" + std::string(name) + "'; use 13a, intl, char or none");
}

std::u32string tokenize(std::u32string_view line, BleuTokenizer tokenizer) {
  switch (tokenizer) {
    case BleuTokenizer::k13a:
      return tokenize_13a(line);
    case BleuTokenizer::kIntl:
      return tokenize_intl(line);
    case BleuTokenizer::kChar:
      return space_around_each(line, [](char32_t) { return true; });
    case BleuTokenizer::kNone:
      break;
  }
  return std::u32string(line);
}

}  // namespace heed::evaluation
