// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The counter-based generator of dropout: which weights are dropped depends only on (seed, head, query,
/// key), so that the backward pass and any order of work drop the same. Two rounds of multiply and shift for
/// a weight, over a 64-bit mix of seed, head and query.
namespace heed::kernels {

/// Steele et al. 2014, SplitMix64's finalizer.
inline constexpr uint64_t mix64(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/// The seed of a batch element and head, numbered `head` (batch * heads + head).
inline constexpr uint64_t dropout_head_seed(uint64_t seed, uint64_t head) {
  return mix64(seed + 0x9e3779b97f4a7c15u * (head + 1));
}

inline constexpr uint32_t dropout_row_key(uint64_t head_seed, uint64_t query) {
  return static_cast<uint32_t>(mix64(head_seed + 0x9e3779b97f4a7c15u * (query + 1)) >> 32);
}

/// A weight is dropped if this is below p * 2^32. `Word` is uint32_t or a vector of them: key row in, hash
/// out; the row key is one number or a vector.
template <typename Word, typename RowKey = uint32_t>
inline constexpr Word dropout_hash(Word key, RowKey row_key) {
  Word x = (key * 0x9e3779b1u) ^ row_key;
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  return x ^ (x >> 16);
}

/// The threshold of a probability in [0, 1).
inline constexpr uint32_t dropout_threshold(double p) {
  return static_cast<uint32_t>(p * 4294967296.0);
}

}  // namespace heed::kernels
