// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/text_metric.h"

#include <cstdio>
#include <stdexcept>

namespace heed::evaluation {

void for_each_segment(std::string_view caller, std::span<const std::string> hypotheses,
                      std::span<const std::vector<std::string>> references, const CountSegment& count) {
  const std::string prefix = "[" + std::string(caller) + "] ";
  if (references.empty()) throw std::invalid_argument(prefix + "no reference");
  for (const auto& reference : references) {
    if (reference.size() != hypotheses.size()) {
      throw std::invalid_argument(prefix + std::to_string(hypotheses.size()) +
                                  " hypotheses, but a reference of " + std::to_string(reference.size()) +
                                  " lines");
    }
  }
  std::vector<std::string_view> own(references.size());
  for (size_t i = 0; i < hypotheses.size(); ++i) {
    for (size_t r = 0; r < references.size(); ++r) own[r] = references[r][i];
    count(hypotheses[i], own);
  }
}

std::string signature_head(int64_t references, bool lowercase) {
  return "nrefs:" + (references > 0 ? std::to_string(references) : "var") +
         "|case:" + (lowercase ? "lc" : "mixed");
}

std::string signature_version() {
  return "version:heed-" HEED_VERSION;
}

std::string score_text(std::string_view metric, std::string_view signature, double score, int decimals) {
  std::string text(metric);
  if (!signature.empty()) text.append("|").append(signature);
  return text + " = " + fixed(score, decimals);
}

std::string fixed(double value, int decimals) {
  const int length = std::snprintf(nullptr, 0, "%.*f", decimals, value);
  std::string text(static_cast<size_t>(length), '\0');
  std::snprintf(text.data(), text.size() + 1, "%.*f", decimals, value);
  return text;
}

}  // namespace heed::evaluation
