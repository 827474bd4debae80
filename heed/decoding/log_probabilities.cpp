// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/log_probabilities.h"

#include <algorithm>
#include <limits>

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>

#include "heed/decoding/logit_row.h"

namespace heed::decoding {

double log_probability(std::span<const float> logits, int64_t token) {
  const LogitRow row("log_probability", logits);
  TORCH_CHECK(token >= 0 && token < row.size(), "[log_probability] token ", token,
              " is outside the vocabulary of ", row.size());
  TORCH_CHECK(row.largest() > -std::numeric_limits<float>::infinity(),
              "[log_probability] every logit is -infinity");
  return (static_cast<double>(logits[static_cast<size_t>(token)]) - row.largest()) - row.log_sum();
}

std::vector<double> prompt_log_probabilities(std::span<const float> logits, std::span<const int64_t> prompt,
                                             int64_t vocabulary) {
  TORCH_CHECK(!prompt.empty() && vocabulary >= 1,
              "[prompt_log_probabilities] the prompt and the vocabulary must not be empty");
  const auto width = static_cast<size_t>(vocabulary);
  const size_t predicted = prompt.size() - 1;
  TORCH_CHECK(logits.size() == predicted * width || logits.size() == prompt.size() * width,
              "[prompt_log_probabilities] needs ", predicted, " or ", prompt.size(), " rows of ", vocabulary,
              " logits, got ", logits.size(), " logits");
  constexpr int64_t kLogitsForAThread = 1 << 15;
  std::vector<double> result(predicted);
  at::parallel_for(0, static_cast<int64_t>(predicted), std::max<int64_t>(1, kLogitsForAThread / vocabulary),
                   [&](int64_t begin, int64_t end) {
                     for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
                       result[i] = log_probability(logits.subspan(i * width, width), prompt[i + 1]);
                   });
  return result;
}

}  // namespace heed::decoding
