// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/character_map_check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "heed/data/text/subword_model_check.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

uint32_t unit_at(std::string_view bytes, size_t index) {
  uint32_t unit = 0;
  for (size_t i = 0; i < 4; ++i)
    unit |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[4 * index + i])) << (8 * i);
  return unit;
}

// Visits every path of the double array once. A node is identified by its base; its child for character c is
// the unit base ^ c.
class TrieCheck {
 public:
  TrieCheck(std::string_view trie, std::string_view replacements) : replacements_(replacements) {
    for (size_t i = 0; i < trie.size() / 4; ++i) units_.push_back(unit_at(trie, i));
    matches_.assign(units_.size(), kUnseen);
  }

  std::string run() {
    follow(way(units_[0]), 0);
    return fault_;
  }

 private:
  static constexpr int8_t kUnseen = -1, kOpen = -2;
  static constexpr int kLongestKey = 256;
  static constexpr uint32_t kIsValue = 1U << 31;

  static size_t way(uint32_t unit) { return size_t{unit >> 10} << ((unit & (1U << 9)) >> 6); }
  static bool ends_key(uint32_t unit) { return ((unit >> 8) & 1) != 0; }

  int wrong(const char* what) {
    if (fault_.empty()) fault_ = what;
    return 0;
  }

  // Returns the largest number of keys below this node that are prefixes of each other.
  int follow(size_t base, int depth) {
    if ((base | 255) >= units_.size()) return wrong("a transition out of the table");
    if (matches_[base] == kOpen || depth > kLongestKey) return wrong("a rule that does not end");
    if (matches_[base] != kUnseen) return matches_[base];
    matches_[base] = kOpen;
    int most = 0;
    for (size_t c = 0; c < 256 && fault_.empty(); ++c) most = std::max(most, step(base ^ c, c, depth));
    if (most > SubwordModelBounds::kNestedMatches)
      return wrong("too many rules that are prefixes of each other");
    matches_[base] = static_cast<int8_t>(most);
    return most;
  }

  int step(size_t index, size_t character, int depth) {
    const uint32_t unit = units_[index];
    if ((unit & (kIsValue | 0xFF)) != character) return 0;
    if (index == 0) return wrong("a transition back to the root");
    const size_t base = index ^ way(unit);
    if (base >= units_.size()) return wrong("a transition out of the table");
    if (ends_key(unit) && !good_value(units_[base])) return wrong("a replacement outside the table");
    return (ends_key(unit) ? 1 : 0) + follow(base, depth + 1);
  }

  bool good_value(uint32_t unit) const {
    const size_t start = unit & ~kIsValue;
    if (start >= replacements_.size()) return false;
    return (static_cast<unsigned char>(replacements_[start]) & 0xC0) != 0x80;
  }

  std::string_view replacements_;
  std::vector<uint32_t> units_;
  std::vector<int8_t> matches_;
  std::string fault_;
};

}  // namespace

std::string character_map_fault(std::string_view map) {
  if (map.empty()) return "";  // no rules
  if (map.size() > SubwordModelBounds::kCharacterMapBytes) return "they are too long";
  if (map.size() < 4) return "they are truncated";
  const size_t trie_bytes = unit_at(map, 0);
  map.remove_prefix(4);
  if (trie_bytes == 0 || trie_bytes % 4 != 0 || trie_bytes > map.size()) return "they are truncated";
  const auto replacements = map.substr(trie_bytes);
  if (well_formed_prefix(replacements) != replacements.size()) return "a replacement that is not valid UTF-8";
  return TrieCheck(map.substr(0, trie_bytes), replacements).run();
}

}  // namespace heed::text
