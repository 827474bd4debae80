// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/language_evaluation.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "heed/core/error.h"

namespace heed::tasks {

double LanguageEvaluation::perplexity() const {
  return std::exp(nll());
}

double LanguageEvaluation::bits_per_character(int64_t characters) const {
  return characters > 0 ? total.nats / std::numbers::ln2 / static_cast<double>(characters) : 0;
}

LanguageEvaluation evaluate_language(nn::SequenceModel& model, const text::TextVocabulary& vocabulary,
                                     const text::TokenStream& stream, evaluation::WindowOptions windows,
                                     const std::function<void(int64_t done, double nll)>& progress) {
  windows.restart_positions = true;
  const int64_t stride = windows.stride > 0 ? windows.stride : std::max<int64_t>(1, windows.context / 2);
  const int64_t lead = windows.context - stride;  // tokens before a block that are its context
  const int64_t block = std::max<int64_t>(windows.batch * 4 * stride, windows.context);
  const bool end_is_text = !vocabulary.token_bytes(vocabulary.end_of_text()).empty();
  const int64_t last = stream.size() - 1;  // the mark after the last document is no text
  LanguageEvaluation result;
  std::vector<int32_t> tokens;
  for (int64_t begin = 1; begin < last; begin += block) {  // targets [begin, end)
    const int64_t end = std::min(begin + block, last);
    const int64_t from = std::max<int64_t>(0, begin - 1 - lead);
    tokens.resize(static_cast<size_t>(end - from));
    stream.copy(from, tokens);
    const std::vector<int64_t> piece(tokens.begin(), tokens.end());
    const auto nll = evaluation::token_nll(model, piece, windows);
    for (int64_t target = begin; target < end; ++target) {
      const auto place = static_cast<size_t>(target - from);
      if (!end_is_text && tokens[place] == vocabulary.end_of_text()) continue;
      result.total += {nll[place - 1], 1};
    }
    progress(end, result.nll());
  }
  return result;
}

bool is_same_vocabulary(const text::TextVocabulary& one, const text::TextVocabulary& other) {
  bool same = one.kind() == other.kind() && one.size() == other.size();
  for (int32_t token = 0; same && token < one.size(); ++token)
    same = one.token_bytes(token) == other.token_bytes(token);
  return same;
}

void check_same_vocabulary(const text::TextVocabulary& prepared, const text::TextVocabulary& model,
                           const std::string& place) {
  if (!is_same_vocabulary(prepared, model))
    throw Error(
        ErrorKind::kData,
        "was prepared with another vocabulary than the model's: prepare it again with the vocabulary of the "
        "model's folder, or score the raw text",
        place);
}

}  // namespace heed::tasks
