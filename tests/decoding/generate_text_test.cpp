// SPDX-License-Identifier: Apache-2.0
// Generation of text: rules, stop texts, ln p of prompts, alternatives, and texts longer than the context.
#include <algorithm>
#include <memory>
#include <string>

#include "reference_sampling.h"
#include "toy_models.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/core/error.h"
#include "heed/decoding/generate.h"
#include "heed/models/transformer.h"

namespace heed::decoding {
namespace {

/// One thread: see generate_test.cpp.
class OneThread : public ::testing::Environment {
  void SetUp() override { at::set_num_threads(1); }
};
const auto* const one_thread = ::testing::AddGlobalTestEnvironment(new OneThread);

using testing::ToyAttention;
using testing::ToyBigram;
using Tokens = std::vector<int64_t>;

constexpr int64_t kVocabulary = 23;

GenerateRequest request_of(Tokens prompt, int64_t max_new_tokens) {
  GenerateRequest request;
  request.prompts = {std::move(prompt)};
  request.max_new_tokens = max_new_tokens;
  request.seed = 42;
  return request;
}

/// Follows token t by t + 1, modulo the vocabulary.
ToyBigram counting(int64_t vocabulary) {
  at::Tensor table = at::zeros({vocabulary, vocabulary});
  for (int64_t i = 0; i < vocabulary; ++i) table[i][(i + 1) % vocabulary] = 9;
  return ToyBigram(table);
}

GenerateRequest greedy(Tokens prompt, int64_t max_new_tokens) {
  GenerateRequest request = request_of(std::move(prompt), max_new_tokens);
  request.sampling.temperature = 0;
  return request;
}

TokenBytes letters(int64_t /*sample*/) {
  return [](int64_t token) { return std::string(1, static_cast<char>('a' + token)); };
}

TEST(GenerateText, AnEndTokenInThePromptEndsNothing) {
  ToyBigram model = counting(5);
  GenerateRequest request = greedy({3, 4}, 9);
  request.end_token = 4;
  const Generated sample = generate(model, request).samples[0];
  EXPECT_EQ(sample.tokens, (Tokens{0, 1, 2, 3, 4}));
  EXPECT_EQ(sample.ending, Ending::kEndToken);
}

TEST(GenerateText, MinNewTokensPutsTheEndOff) {
  ToyBigram model = counting(5);
  GenerateRequest request = greedy({3}, 9);
  request.end_token = 4;
  request.min_new_tokens = 2;
  const Generated sample = generate(model, request).samples[0];
  EXPECT_EQ(sample.tokens, (Tokens{0, 1, 2, 3, 4})) << "the first of the equal others";
}

TEST(GenerateText, PenaltiesAreThoseOfTheReference) {
  torch::manual_seed(5);
  ToyAttention model(kVocabulary, 8);
  GenerateRequest request = greedy({0, 4, 4}, 20);
  request.penalties = {.repetition = 1.5, .frequency = 0.1, .presence = 0.2};
  const Generated sample = generate(model, request).samples[0];
  const at::NoGradGuard no_grad;
  Tokens text{0, 4, 4};
  for (const int64_t token : sample.tokens) {
    at::Tensor logits = model.forward({at::tensor(text, at::kLong).unsqueeze(0), {}, {}})[0][-1].contiguous();
    for (int64_t t = 0; t < kVocabulary; ++t) {
      float value = logits[t].item<float>();
      if (std::count(text.begin(), text.end(), t) > 0) value = value > 0 ? value / 1.5f : value * 1.5f;
      const auto written = std::count(text.begin() + 3, text.end(), t);
      logits[t] = value - 0.1f * static_cast<float>(written) - (written > 0 ? 0.2f : 0.0f);
    }
    EXPECT_EQ(token, logits.argmax().item<int64_t>());
    text.push_back(token);
  }
}

TEST(GenerateText, WhereNoTokenIsAllowedTheSampleEnds) {
  ToyBigram model = counting(4);
  GenerateRequest request = greedy({0}, 9);
  request.penalties.no_repeat_ngram = 1;
  request.text = letters;
  const Generation generation = generate(model, request);
  EXPECT_EQ(generation.samples[0].tokens, (Tokens{1, 2, 3}));
  EXPECT_EQ(generation.samples[0].text, "bcd");
  EXPECT_EQ(generation.samples[0].ending, Ending::kNoToken);
  EXPECT_FALSE(generation.stopped);
}

/// Texts of tokens: pieces that cut a character and stop texts.
std::string piece(int64_t token) {
  static const std::vector<std::string> pieces{"a", "b\xc3", "\xa4 S", "TO", "P now", "\xe2\x82"};
  return pieces.at(static_cast<size_t>(token));
}

TEST(GenerateText, AStopTextEndsASampleAcrossTokensAndIsNotShown) {
  ToyBigram model = counting(6);
  GenerateRequest request = greedy({5}, 9);
  request.text = [](int64_t) { return piece; };
  request.stop_texts = {"never", "STOP"};
  std::vector<std::string> shown;
  request.on_token = [&](const DrawnToken& drawn) { shown.push_back(drawn.text); };
  const Generated sample = generate(model, request).samples[0];
  EXPECT_EQ(sample.tokens, (Tokens{0, 1, 2, 3, 4}));
  EXPECT_EQ(sample.text, "ab\xc3\xa4 ");
  EXPECT_EQ(sample.ending, Ending::kStopText);
  EXPECT_EQ(sample.stop_text, 1);
  EXPECT_EQ(shown, (std::vector<std::string>{"a", "b", "\xc3\xa4 ", "", ""}));
}

TEST(GenerateText, WhatMayBeginAStopTextComesWhenTheSampleEndsOtherwise) {
  ToyBigram model = counting(6);
  GenerateRequest request = greedy({5}, 4);
  request.text = [](int64_t) { return piece; };
  request.stop_texts = {"STOP"};
  std::string shown;
  request.on_token = [&](const DrawnToken& drawn) { shown += drawn.text; };
  const Generated sample = generate(model, request).samples[0];
  EXPECT_EQ(sample.text, "ab\xc3\xa4 STO");
  EXPECT_EQ(shown, sample.text);
  EXPECT_EQ(sample.ending, Ending::kLength);
  EXPECT_FALSE(sample.stop_text.has_value());
}

TEST(GenerateText, TheEndTokenHasNoTextAndAnIncompleteCharacterIsNotShown) {
  ToyBigram model = counting(6);
  GenerateRequest request = greedy({4}, 9);
  request.text = [](int64_t) { return piece; };
  request.end_token = 0;
  const Generated sample = generate(model, request).samples[0];
  EXPECT_EQ(sample.tokens, (Tokens{5, 0}));
  EXPECT_EQ(sample.text, "");
}

TEST(GenerateText, EachSampleHasATextOfItsOwnThatMayHaveAMemory) {
  ToyBigram model = counting(6);
  GenerateRequest request = greedy({5}, 3);
  request.count = 3;
  request.first_sample = 7;
  request.text = [](int64_t sample) {
    return [text = std::to_string(sample)](int64_t token) mutable {
      text += static_cast<char>('a' + token);
      return text;
    };
  };
  for (const Generated& sample : generate(model, request).samples) {
    const std::string name = std::to_string(sample.sample);
    EXPECT_EQ(sample.text, name + "a" + name + "ab" + name + "abc");
  }
}

TEST(GenerateText, PromptLogProbabilitiesAreThoseOfAFullPassForPromptsOfAnyLength) {
  torch::manual_seed(5);
  ToyAttention model(kVocabulary, 8);
  GenerateRequest request;
  request.max_new_tokens = 3;
  request.score_prompt = true;
  request.alternatives = 4;
  request.seed = 1;
  for (const size_t length : {1, 2, 64, 65, 150}) {
    Tokens prompt(length);
    for (size_t i = 0; i < length; ++i) prompt[i] = static_cast<int64_t>(i * i % kVocabulary);
    request.prompts.push_back(prompt);
  }
  request.count = std::ssize(request.prompts);
  const auto samples = generate(model, request).samples;
  const at::NoGradGuard no_grad;
  for (const Generated& sample : samples) {
    const Tokens& prompt = request.prompts[static_cast<size_t>(sample.sample)];
    const at::Tensor log_p =
        model.forward({at::tensor(prompt, at::kLong).unsqueeze(0), {}, {}}).log_softmax(-1)[0];
    ASSERT_EQ(sample.prompt_log_probabilities.size(), prompt.size() - 1);
    ASSERT_EQ(sample.prompt_alternatives.size(), prompt.size() - 1);
    for (size_t i = 0; i + 1 < prompt.size(); ++i) {
      const at::Tensor row = log_p[static_cast<int64_t>(i)];
      EXPECT_NEAR(sample.prompt_log_probabilities[i], row[prompt[i + 1]].item<double>(), 1e-5);
      const auto [best, tokens] = row.topk(4);
      for (int64_t rank = 0; rank < 4; ++rank) {
        const ScoredToken& other = sample.prompt_alternatives[i].at(static_cast<size_t>(rank));
        EXPECT_EQ(other.token, tokens[rank].item<int64_t>());
        EXPECT_NEAR(other.log_probability, best[rank].item<double>(), 1e-5);
      }
    }
    const at::Tensor last = log_p[-1];
    EXPECT_EQ(sample.alternatives.size(), 3u);
    EXPECT_EQ(sample.alternatives[0][0].token, last.argmax().item<int64_t>());
  }
}

TEST(GenerateText, ScoringThePromptChangesNoToken) {
  torch::manual_seed(5);
  ToyAttention model(kVocabulary, 8);
  GenerateRequest request = request_of(Tokens(100, 3), 9);
  const auto plain = generate(model, request).samples[0];
  request.score_prompt = true;
  request.alternatives = 2;
  const auto scored = generate(model, request).samples[0];
  EXPECT_EQ(scored.tokens, plain.tokens);
  EXPECT_TRUE(plain.prompt_log_probabilities.empty() && plain.alternatives.empty());
}

TEST(ContextBegin, DropsHalfWhereTheContextIsFull) {
  EXPECT_EQ(context_begin(8, 8), 0);
  EXPECT_EQ(context_begin(9, 8), 4);
  EXPECT_EQ(context_begin(12, 8), 4);
  EXPECT_EQ(context_begin(13, 8), 8);
  EXPECT_EQ(context_begin(8, 7), 4) << "four of eight remain";
  EXPECT_EQ(context_begin(5, 1), 4);
  EXPECT_EQ(context_begin(1000, 0), 0) << "no limit";
  for (const int64_t limit : {1, 2, 3, 8, 9})
    for (int64_t tokens = 1; tokens < 40; ++tokens) {
      const int64_t seen = tokens - context_begin(tokens, limit);
      EXPECT_GE(seen, 1);
      EXPECT_LE(seen, limit);
    }
  EXPECT_EQ(parse_overflow("shift"), Overflow::kShift);
  EXPECT_THROW(parse_overflow("slide"), Error);
}

/// A Transformer with learned positions.
std::unique_ptr<models::Transformer> learned(int64_t max_length) {
  torch::manual_seed(5);
  models::TransformerOptions options{
      .vocabulary = kVocabulary, .d_model = 16, .heads = 2, .layers = 2, .d_ff = 24};
  options.position = "learned";
  options.max_length = max_length;
  auto model = std::make_unique<models::Transformer>(options);
  const at::NoGradGuard no_grad;
  for (auto& parameter : model->parameters()) parameter.add_(at::randn_like(parameter) * 0.2);
  return model;
}

TEST(GenerateText, BeyondTheContextEachTokenIsDrawnFromTheContextThatItsNumberGives) {
  for (const int64_t limit : {1, 2, 7, 8}) {
    const auto model = learned(limit);
    for (const size_t length : {1, 5, 8, 20}) {
      SCOPED_TRACE(std::to_string(limit) + " " + std::to_string(length));
      Tokens text(length);
      for (size_t i = 0; i < length; ++i) text[i] = static_cast<int64_t>(i % kVocabulary);
      GenerateRequest request = request_of(text, 30);
      request.overflow = Overflow::kShift;
      const Generated sample = generate(*model, request).samples[0];
      EXPECT_EQ(sample.tokens.size(), 30u);
      EXPECT_EQ(sample.prompt_dropped, context_begin(std::ssize(text), limit));
      const at::NoGradGuard no_grad;
      model->eval();
      for (size_t i = 0; i < sample.tokens.size(); ++i) {
        const Tokens seen(text.begin() + context_begin(std::ssize(text), limit), text.end());
        const at::Tensor log_p =
            model->forward({at::tensor(seen, at::kLong).unsqueeze(0), {}, {}}).log_softmax(-1)[0][-1];
        EXPECT_NEAR(sample.log_probabilities[i], log_p[sample.tokens[i]].item<double>(), 1e-4) << i;
        text.push_back(sample.tokens[i]);
      }
    }
  }
}

TEST(GenerateText, ATextContinuedByAnotherRequestIsTheSameText) {
  const auto model = learned(8);
  GenerateRequest whole = request_of({1, 2, 3}, 40);
  whole.overflow = Overflow::kShift;
  const Generated once = generate(*model, whole).samples[0];
  for (const int64_t first : {1, 5, 6, 10, 17}) {
    GenerateRequest begun = whole;
    begun.max_new_tokens = first;
    GenerateRequest more = whole;
    const Tokens tokens = generate(*model, begun).samples[0].tokens;
    more.prompts[0].insert(more.prompts[0].end(), tokens.begin(), tokens.end());
    more.max_new_tokens = 40 - first;
    const Generated rest = generate(*model, more).samples[0];
    EXPECT_EQ(rest.tokens, Tokens(once.tokens.begin() + first, once.tokens.end())) << first;
    EXPECT_EQ(rest.log_probabilities,
              std::vector<double>(once.log_probabilities.begin() + first, once.log_probabilities.end()))
        << "to the last bit";
  }
}

TEST(GenerateText, ShiftingRowsChangeNoBitOfTheOthers) {
  const auto model = learned(9);
  GenerateRequest request;
  request.seed = 3;
  request.overflow = Overflow::kShift;
  request.max_new_tokens = 25;
  request.end_token = 5;
  for (size_t i = 0; i < 12; ++i) request.prompts.emplace_back(1 + i * i % 17, static_cast<int64_t>(i));
  request.count = 12;
  request.batch_size = 12;
  const auto together = generate(*model, request).samples;
  for (const Generated& sample : together) {
    GenerateRequest single = request;
    single.prompts = {request.prompts[static_cast<size_t>(sample.sample)]};
    single.count = 1;
    single.first_sample = sample.sample;
    const Generated alone = generate(*model, single).samples[0];
    EXPECT_EQ(alone.tokens, sample.tokens);
    EXPECT_EQ(alone.log_probabilities, sample.log_probabilities) << "to the last bit";
    EXPECT_EQ(alone.ending, sample.ending);
  }
}

TEST(GenerateText, WithoutShiftTheContextEndsTheSample) {
  const auto model = learned(8);
  EXPECT_EQ(generate(*model, request_of({0, 1}, 40)).samples[0].ending, Ending::kContext);
  EXPECT_EQ(generate(*model, request_of({0, 1}, 7)).samples[0].ending, Ending::kLength);
}

TEST(GenerateText, RefusesWhatCannotBe) {
  ToyBigram model = counting(4);
  const auto refuses = [&](auto change) {
    GenerateRequest request = greedy({0}, 3);
    change(request);
    EXPECT_THROW(generate(model, request), c10::Error);
  };
  refuses([](auto& request) { request.stop_texts = {"a"}; });
  refuses([](auto& request) { request.end_token = 4; });
  refuses([](auto& request) { request.alternatives = -1; });
  refuses([](auto& request) { request.min_new_tokens = -1; });
  refuses([](auto& request) { request.penalties.repetition = 0; });
  refuses([](auto& request) {
    request.text = [](int64_t) { return piece; };
    request.stop_texts = {""};
  });
}

}  // namespace
}  // namespace heed::decoding
