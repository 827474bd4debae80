// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/byte_level_pretokenizer.h"

#include <array>
#include <cstdint>
#include <memory>

#include <unicode/uchar.h>

#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

enum class Class : uint8_t { kOther, kLetter, kNumber, kBlank };

Class class_by_icu(char32_t character) {
  const auto code = static_cast<UChar32>(character);
  const uint32_t category = U_GET_GC_MASK(code);
  if ((category & U_GC_L_MASK) != 0) return Class::kLetter;
  if ((category & U_GC_N_MASK) != 0) return Class::kNumber;
  return u_isUWhiteSpace(code) != 0 ? Class::kBlank : Class::kOther;
}

constexpr char32_t kTableEnd = 0x10000;

/// The classes of the basic plane, which ICU tells too slowly for every character of a text.
const std::array<Class, kTableEnd>& class_table() {
  static const auto table = [] {
    auto classes = std::make_unique<std::array<Class, kTableEnd>>();
    for (char32_t character = 0; character < kTableEnd; ++character)
      (*classes)[character] = class_by_icu(character);
    return classes;
  }();
  return *table;
}

struct Character {
  Class kind;
  size_t bytes;
};

class Classifier {
 public:
  /// The first character of a text that is not empty.
  Character operator()(std::string_view text) const {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return {table_[lead], 1};
    const CodePoint next = next_character(text);
    return {next.value < kTableEnd ? table_[next.value] : class_by_icu(next.value), next.bytes};
  }

 private:
  const std::array<Class, kTableEnd>& table_ = class_table();
};

/// The bytes of a contraction at the beginning of the text; 0 if there is none.
size_t contraction(std::string_view text) {
  if (text.size() < 2 || text[0] != '\'') return 0;
  const char second = text[1];
  if (second == 's' || second == 't' || second == 'm' || second == 'd') return 2;
  const std::string_view both = text.substr(1, 2);
  return both == "re" || both == "ve" || both == "ll" ? 3 : 0;
}

size_t run_of(Class kind, std::string_view text, size_t begin, const Classifier& classify) {
  size_t end = begin;
  while (end < text.size()) {
    const Character next = classify(text.substr(end));
    if (next.kind != kind) break;
    end += next.bytes;
  }
  return end;
}

/// A run of blanks. Before anything else than the end of the text it leaves its last one, unless that is all it has.
size_t blanks(std::string_view text, const Classifier& classify) {
  size_t end = 0, last = 0;
  while (end < text.size()) {
    const Character next = classify(text.substr(end));
    if (next.kind != Class::kBlank) return last > 0 ? last : end;
    last = end;
    end += next.bytes;
  }
  return end;
}

}  // namespace

size_t byte_level_piece(std::string_view text) {
  if (text.empty()) return 0;
  if (const size_t bytes = contraction(text); bytes > 0) return bytes;
  const Classifier classify;
  const size_t blank = text[0] == ' ' && text.size() > 1 ? 1 : 0;
  const Character first = classify(text.substr(blank));
  if (first.kind == Class::kBlank) return blanks(text, classify);
  return run_of(first.kind, text, blank + first.bytes, classify);
}

}  // namespace heed::text
