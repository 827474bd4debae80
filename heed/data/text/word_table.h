// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace heed::text {

/// Ids of whole words by their bytes, for encoding. The bytes must outlive the table. Reading is safe from several
/// threads.
class WordTable {
 public:
  static constexpr int32_t kNone = -1;

  /// A table for up to `words` words.
  explicit WordTable(size_t words);
  void insert(std::string_view word, int32_t id);

  /// The id of a word; kNone if it is not in the table.
  int32_t find(std::string_view word) const {
    const uint64_t hash = hash_of(word);
    for (size_t place = hash & mask_;; place = (place + 1) & mask_) {
      const Slot& slot = slots_[place];
      if (slot.id == kNone || (slot.hash == static_cast<uint32_t>(hash >> 32) && slot.word == word))
        return slot.id;
    }
  }

 private:
  struct Slot {
    std::string_view word;
    int32_t id = kNone;
    uint32_t hash = 0;
  };
  static uint64_t hash_of(std::string_view word) { return std::hash<std::string_view>{}(word); }

  std::vector<Slot> slots_;
  size_t mask_ = 0;
};

}  // namespace heed::text
