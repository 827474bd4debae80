// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/translation_evaluation.h"

#include <algorithm>
#include <chrono>
#include <span>

#include "heed/core/error.h"

namespace heed::tasks {
namespace {

void check_lines(size_t lines, const std::vector<std::vector<std::string>>& references, const char* what) {
  for (const auto& reference : references) {
    if (reference.size() != lines) {
      throw Error(ErrorKind::kData, "a reference has " + std::to_string(reference.size()) + " lines, the " +
                                        what + " " + std::to_string(lines) +
                                        "; they must correspond line by line");
    }
  }
}

}  // namespace

TranslationScores score_hypotheses(std::vector<std::string> hypotheses,
                                   const std::vector<std::vector<std::string>>& references,
                                   const TranslationEvaluationOptions& options) {
  check_lines(hypotheses.size(), references, "hypothesis");
  TranslationScores scores;
  scores.bleu = evaluation::corpus_bleu(hypotheses, references, options.bleu);
  scores.chrf = evaluation::corpus_chrf(hypotheses, references, options.chrf);
  scores.hypotheses = std::move(hypotheses);
  return scores;
}

TranslationScores evaluate_translation(const Translator& translator, const std::vector<std::string>& source,
                                       const std::vector<std::vector<std::string>>& references,
                                       const TranslationEvaluationOptions& options) {
  check_lines(source.size(), references, "source");
  std::vector<std::string> hypotheses;
  int64_t looped = 0, unfinished = 0;
  const auto begin = std::chrono::steady_clock::now();
  // Enough lines at a time for those of similar length to share batches.
  const size_t together = static_cast<size_t>(options.translate.batch_size) * 8;
  for (size_t first = 0; first < source.size(); first += together) {
    const auto lines = std::span(source).subspan(first, std::min(together, source.size() - first));
    for (auto& line : translator.translate(lines, options.translate, static_cast<int64_t>(first))) {
      looped += line.looped();
      unfinished += line.unfinished();
      hypotheses.push_back(std::move(line.best.front().text));
    }
    if (options.progress) options.progress(static_cast<int64_t>(hypotheses.size()));
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  TranslationScores scores = score_hypotheses(std::move(hypotheses), references, options);
  scores.looped = looped;
  scores.unfinished = unfinished;
  scores.seconds = seconds;
  std::vector<EncodedPair> pairs;
  const auto& vocabulary = translator.vocabulary();
  for (size_t i = 0; i < source.size(); ++i)
    pairs.push_back(encode_pair(vocabulary, source[i], references.front()[i], translator.data_options()));
  auto& model = translator.model();
  scores.nll = translation_nll(model, pairs, vocabulary.marks(), translator.data_options().batches,
                               model.parameters().front().device());
  return scores;
}

}  // namespace heed::tasks
