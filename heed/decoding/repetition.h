// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace heed::decoding {

/// Appends each token that would repeat an n-gram of `tokens` at their end.
void append_repeating_tokens(std::span<const int64_t> tokens, int64_t ngram, std::vector<int64_t>& forbidden);

/// Whether the last `covered` or more tokens are an n-gram of 1 to 8 tokens, repeated at least three times.
bool ends_in_loop(std::span<const int64_t> tokens, int64_t covered);

}  // namespace heed::decoding
