// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/language_generation.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/tasks/language/language_evaluation.h"
#include "heed/tasks/language/pair_batches.h"

namespace heed::tasks {
namespace {

/// Forbids the tokens that are no text.
class TextOnly : public decoding::Constraint {
 public:
  TextOnly(std::optional<int32_t> unknown, int64_t vocabulary) : unknown_(unknown), vocabulary_(vocabulary) {}
  void accept(int64_t /*token*/) override {}
  void restrict_logits(std::span<float> logits) override {
    constexpr float kNever = -std::numeric_limits<float>::infinity();
    if (unknown_) logits[static_cast<size_t>(*unknown_)] = kNever;
    for (auto token = static_cast<size_t>(vocabulary_); token < logits.size(); ++token)
      logits[token] = kNever;
  }

 private:
  std::optional<int32_t> unknown_;
  int64_t vocabulary_;  ///< the model may have more outputs than there are tokens
};

/// The source of a pair, as in training, with room for the target.
text::Tokens source_tokens(const LanguageModel& model, const std::string& source, int64_t max_tokens) {
  const PairMarks marks{model.vocabulary->end_of_text(), model.separator.value()};
  const int64_t context = model.context();
  return pair_prompt(model.vocabulary->encode(source), marks, context - std::min(max_tokens, context / 2));
}

text::Tokens prompt_tokens(const LanguageModel& model, const std::string& prompt,
                           decoding::Overflow overflow) {
  const auto& vocabulary = *model.vocabulary;
  text::Tokens tokens{vocabulary.end_of_text()};
  vocabulary.encode(prompt, tokens);
  if (const auto unknown = vocabulary.unknown()) {
    const auto count = std::count(tokens.begin() + 1, tokens.end(), *unknown);
    if (count > 0) warn(std::to_string(count) + " tokens of the prompt are not in the model's vocabulary");
  }
  const auto most = static_cast<size_t>(model.model().max_length());
  if (most > 0 && tokens.size() >= most && overflow == decoding::Overflow::kStop) {
    throw Error(ErrorKind::kUsage,
                "has " + std::to_string(tokens.size()) + " tokens; the model reads fewer than " +
                    std::to_string(most),
                FieldName{"prompt"});
  }
  return tokens;
}

void check_draft(const LanguageModel& model, const LanguageModel& draft) {
  const bool same_outputs = model.model().vocabulary_size() == draft.model().vocabulary_size();
  if (same_outputs && is_same_vocabulary(*model.vocabulary, *draft.vocabulary)) return;
  throw Error(ErrorKind::kUsage, "has another vocabulary than the model; guesses need the same tokens",
              FieldName{"draft"});
}

/// What the requests of all samples share.
decoding::GenerateRequest base_request(const LanguageModel& model, const TextRequest& request) {
  decoding::GenerateRequest generate;
  generate.first_sample = request.first_sample;
  generate.batch_size = request.batch_size;
  generate.max_new_tokens = request.max_tokens;
  generate.min_new_tokens = request.min_tokens;
  generate.overflow = request.overflow;
  generate.end_token = model.vocabulary->end_of_text();
  generate.seed = request.seed;
  generate.sampling = request.sampling;
  generate.penalties = request.penalties;
  generate.constraint = [unknown = model.vocabulary->unknown(), size = model.vocabulary->size()](int64_t) {
    return std::make_unique<TextOnly>(unknown, size);
  };
  generate.stop_texts = request.stop_texts;
  generate.speculation = request.speculation;
  generate.draft = request.draft != nullptr ? &request.draft->model() : nullptr;
  generate.alternatives = request.alternatives;
  generate.score_prompt = request.score_prompt;
  generate.progress = request.progress;
  generate.stop = request.stop;
  return generate;
}

/// The text that follows a prompt, token by token. A target does not continue the line of its source: it follows none.
decoding::TokenBytes text_after(const text::TextVocabulary& vocabulary, const std::vector<int64_t>& prompt) {
  text::TokenText text(vocabulary);
  for (const int64_t token : prompt) text.add(static_cast<int32_t>(token));
  return [text](int64_t token) mutable { return text.add(static_cast<int32_t>(token)); };
}

}  // namespace

TextGeneration generate_text(const LanguageModel& model, const TextRequest& request) {
  if (request.draft != nullptr) check_draft(model, *request.draft);
  decoding::GenerateRequest generate = base_request(model, request);
  std::vector<text::Tokens> prompts;
  for (const auto& prompt : request.prompts) {
    prompts.push_back(model.separator ? source_tokens(model, prompt, request.max_tokens)
                                      : prompt_tokens(model, prompt, request.overflow));
    const std::vector<int64_t> tokens(prompts.back().begin(), prompts.back().end());
    generate.prompts.insert(generate.prompts.end(), static_cast<size_t>(request.count), tokens);
  }
  generate.count = static_cast<int64_t>(generate.prompts.size());
  generate.text = [&](int64_t sample) {
    const auto& prompt = generate.prompts[static_cast<size_t>(sample - request.first_sample)];
    return text_after(*model.vocabulary, model.separator ? std::vector<int64_t>() : prompt);
  };
  if (request.stream)
    generate.on_token = [&](const decoding::DrawnToken& drawn) { request.stream(drawn.text); };
  auto generation = decoding::generate(model.model(), generate);
  TextGeneration result{{}, generation.drawn, generation.tokens_per_second(), generation.tokens_per_pass()};
  for (auto& sample : generation.samples) {
    const auto index = static_cast<int64_t>(result.texts.size());
    const int64_t prompt = index / request.count;
    if (sample.prompt_dropped > 0 && index % request.count == 0) {
      warn("the prompt is longer than the model's context: its first " +
           std::to_string(sample.prompt_dropped) + " tokens are left out");
    }
    result.texts.push_back({prompt, request.first_sample + index % request.count,
                            prompts[static_cast<size_t>(prompt)], std::move(sample)});
  }
  return result;
}

std::string ending_name(decoding::Ending ending) {
  switch (ending) {
    case decoding::Ending::kInterrupted:
      return "interrupted";
    case decoding::Ending::kLength:
      return "length";
    case decoding::Ending::kContext:
      return "context";
    case decoding::Ending::kEndToken:
      return "end";
    case decoding::Ending::kStopText:
      return "stop";
    case decoding::Ending::kNoToken:
      break;
  }
  return "no_token";
}

}  // namespace heed::tasks
