// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What the metrics of text share: corpora line by line, signatures and printed scores.
namespace heed::evaluation {

using CountSegment =
    std::function<void(std::string_view hypothesis, std::span<const std::string_view> references)>;

/// Calls `count` for each hypothesis with its references: references[r][i] is the r-th of hypotheses[i].
/// Throws std::invalid_argument, in the name of `caller`, when there is no reference, or one of another
/// length.
void for_each_segment(std::string_view caller, std::span<const std::string> hypotheses,
                      std::span<const std::vector<std::string>> references, const CountSegment& count);

/// The fields that begin every signature: "nrefs:2|case:lc". `references` 0: their number varies.
std::string signature_head(int64_t references, bool lowercase);
/// The field that ends it.
std::string signature_version();

/// "BLEU|<signature> = 34.56", or without signature "BLEU = 34.56".
std::string score_text(std::string_view metric, std::string_view signature, double score, int decimals);

/// A number with so many decimals, rounded as printf does.
std::string fixed(double value, int decimals);

}  // namespace heed::evaluation
