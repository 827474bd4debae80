// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/word_table.h"

#include <algorithm>
#include <bit>

namespace heed::text {

WordTable::WordTable(size_t words)
    : slots_(std::bit_ceil(std::max<size_t>(2 * words, 16))), mask_(slots_.size() - 1) {}

void WordTable::insert(std::string_view word, int32_t id) {
  const uint64_t hash = hash_of(word);
  size_t place = hash & mask_;
  while (slots_[place].id != kNone) place = (place + 1) & mask_;
  slots_[place] = {word, id, static_cast<uint32_t>(hash >> 32)};
}

}  // namespace heed::text
