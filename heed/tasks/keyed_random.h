// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

namespace heed::tasks {

/// A generator whose numbers depend on the key alone, such as (seed, epoch) or (seed, example, purpose).
inline std::mt19937_64 random_for(std::initializer_list<uint64_t> key) {
  std::vector<uint32_t> words;
  for (const uint64_t value : key) {
    words.push_back(static_cast<uint32_t>(value));
    words.push_back(static_cast<uint32_t>(value >> 32));
  }
  std::seed_seq sequence(words.begin(), words.end());
  return std::mt19937_64(sequence);
}

}  // namespace heed::tasks
