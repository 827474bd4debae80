// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/summary_scores.h"

#include "heed/evaluation/rouge.h"

namespace heed::tasks {

Json summary_scores(std::span<const std::string> texts,
                    std::span<const std::vector<std::string>> references) {
  const auto rouge = evaluation::mean_rouge(texts, references);
  return {{"rouge1", rouge.rouge1.f1}, {"rouge2", rouge.rouge2.f1}, {"rouge_l", rouge.rouge_l.f1}};
}

}  // namespace heed::tasks
