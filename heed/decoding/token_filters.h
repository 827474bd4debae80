// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/decoding/kept_tokens.h"
#include "heed/kernels/logits.h"

/// Which tokens may be drawn, found without sorting the vocabulary: a few passes of the kernels narrow the
/// range of logits in which the last kept token stands, and only what is left in it is sorted.
namespace heed::decoding {

/// The `count` most likely of all tokens. Of equals the lower first.
KeptTokens keep_most_likely(const kernels::LogitsProblem& problem, int64_t count);

/// The fewest most likely of the tokens in `among` that weigh at least `share`, above 0 and below 1, of
/// `total`: what those in `among` weigh together.
KeptTokens keep_share(const kernels::LogitsProblem& problem, const KeptTokens& among, double total,
                      double share);

/// Those of `among` that are at least `ratio`, above 0 and at most 1, times as likely as the most likely one.
KeptTokens keep_ratio(const kernels::LogitsProblem& problem, const KeptTokens& among, double ratio);

}  // namespace heed::decoding
