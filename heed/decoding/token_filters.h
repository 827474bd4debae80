// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/decoding/kept_tokens.h"
#include "heed/kernels/logits.h"

/// Selects the tokens that may be drawn, without sorting the vocabulary: a few passes of the kernels narrow
/// the range of logits around the last kept token, and only the rest of that range is sorted.
namespace heed::decoding {

/// Keeps the `count` most likely of all tokens; ties go to the lower token.
KeptTokens keep_most_likely(const kernels::LogitsProblem& problem, int64_t count);

/// Keeps the fewest most likely tokens of `among` whose weights reach `share`, in (0, 1), of `total`, the
/// weight of all tokens in `among`.
KeptTokens keep_share(const kernels::LogitsProblem& problem, const KeptTokens& among, double total,
                      double share);

/// Keeps the tokens of `among` that are at least `ratio`, in (0, 1], times as likely as the most likely one.
KeptTokens keep_ratio(const kernels::LogitsProblem& problem, const KeptTokens& among, double ratio);

}  // namespace heed::decoding
