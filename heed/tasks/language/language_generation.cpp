// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/language_generation.h"

#include <limits>
#include <memory>
#include <span>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/data/text/utf8.h"

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
    for (size_t token = static_cast<size_t>(vocabulary_); token < logits.size(); ++token)
      logits[token] = kNever;
  }

 private:
  std::optional<int32_t> unknown_;
  int64_t vocabulary_;  ///< the model may have more outputs than there are tokens
};

/// Passes bytes on in whole characters.
class CharacterStream {
 public:
  explicit CharacterStream(std::function<void(std::string_view)> to) : to_(std::move(to)) {}
  void add(const std::string& bytes) {
    constexpr size_t kLongestCharacter = 4;
    held_ += bytes;
    size_t whole = well_formed(held_);
    if (held_.size() - whole >= kLongestCharacter) whole = held_.size();  // no character begins like this
    pass(whole);
  }
  void finish() { pass(held_.size()); }

 private:
  static size_t well_formed(const std::string& bytes) { return text::well_formed_prefix(bytes); }
  void pass(size_t count) {
    if (count == 0) return;
    to_(text::replace_malformed(held_.substr(0, count)));
    held_.erase(0, count);
  }
  std::function<void(std::string_view)> to_;
  std::string held_;
};

std::vector<int64_t> prompt_tokens(const LanguageModel& model, const std::string& prompt) {
  const auto& vocabulary = *model.vocabulary;
  text::Tokens tokens{vocabulary.end_of_text()};
  vocabulary.encode(prompt, tokens);
  if (const auto unknown = vocabulary.unknown()) {
    const auto count = std::count(tokens.begin() + 1, tokens.end(), *unknown);
    if (count > 0) warn(std::to_string(count) + " tokens of the prompt are not in the model's vocabulary");
  }
  const int64_t most = model.model().max_length();
  if (most > 0 && static_cast<int64_t>(tokens.size()) >= most) {
    throw Error(ErrorKind::kUsage,
                "has " + std::to_string(tokens.size()) + " tokens; the model reads fewer than " +
                    std::to_string(most),
                FieldName{"prompt"});
  }
  return {tokens.begin(), tokens.end()};
}

decoding::GenerateRequest request_of(const LanguageModel& model, const TextRequest& request) {
  decoding::GenerateRequest generate;
  for (const auto& prompt : request.prompts) {
    const auto tokens = prompt_tokens(model, prompt);
    for (int64_t i = 0; i < request.count; ++i) generate.prompts.push_back(tokens);
  }
  generate.count = static_cast<int64_t>(generate.prompts.size());
  generate.first_sample = request.first_sample;
  generate.batch_size = request.batch_size;
  generate.max_new_tokens = request.max_tokens;
  generate.end_token = model.vocabulary->end_of_text();
  generate.seed = request.seed;
  generate.sampling = request.sampling;
  generate.constraint = [unknown = model.vocabulary->unknown(), size = model.vocabulary->size()](int64_t) {
    return std::make_unique<TextOnly>(unknown, size);
  };
  generate.progress = request.progress;
  generate.stop = request.stop;
  return generate;
}

}  // namespace

TextGeneration generate_text(const LanguageModel& model, const TextRequest& request) {
  decoding::GenerateRequest generate = request_of(model, request);
  text::TokenText streamed(*model.vocabulary);
  CharacterStream characters(request.stream ? request.stream : [](std::string_view) {});
  if (request.stream) {
    for (const int64_t token : generate.prompts.front()) streamed.add(static_cast<int32_t>(token));
    generate.on_token = [&](const decoding::DrawnToken& drawn) {
      characters.add(streamed.add(static_cast<int32_t>(drawn.token)));
    };
  }
  const auto generation = decoding::generate(model.model(), generate);
  characters.finish();
  TextGeneration result{{}, generation.drawn, generation.tokens_per_second()};
  for (const auto& sample : generation.samples) {
    const auto index = static_cast<int64_t>(result.texts.size());
    text::TokenText text(*model.vocabulary);
    for (const int64_t token : generate.prompts[static_cast<size_t>(index)])
      text.add(static_cast<int32_t>(token));
    std::string bytes;
    for (const int64_t token : sample.tokens) bytes += text.add(static_cast<int32_t>(token));
    result.texts.push_back({index / request.count, request.first_sample + index % request.count,
                            text::replace_malformed(bytes), sample.tokens, sample.log_probabilities,
                            sample.ended()});
  }
  return result;
}

}  // namespace heed::tasks
