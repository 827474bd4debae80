// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Common parts of the text metrics: corpora by line, signatures and printed scores.
namespace heed::evaluation {

using CountSegment =
    std::function<void(std::string_view hypothesis, std::span<const std::string_view> references)>;

/// Calls `count` for each hypothesis with its references: references[r][i] is reference r of hypotheses[i].
/// Throws std::invalid_argument, prefixed by `caller`, if there is no reference, or one of another length.
void for_each_segment(std::string_view caller, std::span<const std::string> hypotheses,
                      std::span<const std::vector<std::string>> references, const CountSegment& count);

/// Returns the first fields of every signature: "nrefs:2|case:lc". `references` is 0 if their number varies.
std::string signature_head(int64_t references, bool lowercase);
/// Returns the last field of every signature.
std::string signature_version();

/// Returns "BLEU|<signature> = 34.56", or "BLEU = 34.56" without a signature.
std::string score_text(std::string_view metric, std::string_view signature, double score, int decimals);

/// Formats a number with `decimals` decimals, rounded like printf.
std::string fixed(double value, int decimals);

}  // namespace heed::evaluation
