// SPDX-License-Identifier: Apache-2.0
// Guesses change the number of passes and nothing else.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <string>

#include "toy_models.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/core/config.h"
#include "heed/decoding/draft_model.h"
#include "heed/decoding/generate.h"
#include "heed/decoding/prompt_lookup.h"
#include "heed/models/registry.h"
#include "heed/nn/weight_type.h"

namespace heed::decoding {
namespace {

using testing::ToyAttention;
using testing::ToyBigram;
using Tokens = std::vector<int64_t>;

constexpr int64_t kSmallVocabulary = 11;

TEST(PromptLookup, GuessesWhatFollowedTheLongestEarlierMatch) {
  EXPECT_EQ(look_up(Tokens{1, 2, 3, 4, 5, 1, 2, 3}, 2, 9), (Tokens{4, 5, 1, 2, 3}));
  EXPECT_EQ(look_up(Tokens{1, 2, 3, 4, 5, 1, 2, 3}, 2, 2), (Tokens{4, 5}));
  EXPECT_EQ(look_up(Tokens{1, 2, 7, 9, 2, 8, 1, 2}, 1, 1), (Tokens{7}))
      << "two tokens match there, one after it";
  EXPECT_EQ(look_up(Tokens{2, 7, 2, 8, 2}, 1, 2), (Tokens{8, 2})) << "the latest of equal ones";
  EXPECT_EQ(look_up(Tokens{4, 4, 4}, 1, 9), (Tokens{4})) << "a match may overlap the end";
}

TEST(PromptLookup, GuessesNothingWithoutAMatchThatIsLongEnough) {
  EXPECT_TRUE(look_up(Tokens{1, 2, 3, 1, 2, 4, 2}, 2, 4).empty());
  EXPECT_TRUE(look_up(Tokens{1}, 1, 4).empty());
  EXPECT_TRUE(look_up(Tokens{1, 1}, 1, 0).empty());
  EXPECT_TRUE(look_up(Tokens{1, 2, 3}, 1, 4).empty());
}

TEST(PromptLookup, FindsTheFirstOfAllMatchesThatIsLongestInRandomTexts) {
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    Tokens text(1 + random() % 40);
    for (int64_t& token : text) token = static_cast<int64_t>(random() % 3);
    const Tokens guesses = look_up(text, 1, 5);
    size_t longest = 0;
    Tokens expected;
    for (size_t end = text.size() - 1; end >= 1; --end) {
      size_t length = 0;
      while (length < std::min<size_t>(end, 16) && text[end - 1 - length] == text[text.size() - 1 - length])
        ++length;
      if (length <= longest) continue;
      longest = length;
      expected.assign(text.begin() + static_cast<std::ptrdiff_t>(end), text.end());
    }
    expected.resize(std::min<size_t>(expected.size(), 5));
    EXPECT_EQ(guesses, expected);
  }
}

TokenBytes plain_letters(int64_t /*sample*/) {
  return [](int64_t token) { return std::string(1, static_cast<char>('a' + token)); };
}

struct NamedSection {
  std::string name, text;  ///< section [model] of a small model without dropout
};

void PrintTo(const NamedSection& section, std::ostream* stream) {
  *stream << section.name;
}

std::vector<NamedSection> sections() {
  const std::string small =
      "d_model = 22\nheads = 2\nlayers = 2\nd_ff = 37\nmax_length = 13\ndropout = 0.0\n";
  const std::string lstm = "kind = 'lstm'\nembedding = 19\nhidden = 36\nlayers = 2\ndropout = 0.0\n";
  return {{"learned", small + "position = 'learned'"},
          {"music", small + "position = 'music'\nmax_relative_distance = 4"},
          {"sinusoidal_post_norm", small + "position = 'sinusoidal'\nnorm = 'post'\nactivation = 'relu'"},
          {"lstm", lstm},
          {"lstm_attention", lstm + "attention = true\nattention_heads = 3"}};
}

std::shared_ptr<nn::SequenceModel> make(const std::string& text, uint64_t seed) {
  torch::manual_seed(seed);
  toml::table section = parse_toml(text, "test");
  auto model = models::make_model<nn::SequenceModel>(section, {.target = kSmallVocabulary});
  const at::NoGradGuard no_grad;
  for (auto& parameter : model->parameters()) parameter.add_(at::randn_like(parameter) * 0.1);
  return model;
}

/// Prompts of several lengths, some of which repeat themselves.
GenerateRequest nine_prompts(int64_t max_new_tokens) {
  GenerateRequest request;
  for (size_t i = 0; i < 9; ++i) {
    request.prompts.emplace_back(1 + i * 3 % 10);
    for (size_t j = 0; j < request.prompts.back().size(); ++j)
      request.prompts.back()[j] = static_cast<int64_t>((i + j % 3) % kSmallVocabulary);
  }
  request.count = 9;
  request.batch_size = 9;
  request.first_sample = 5;
  request.max_new_tokens = max_new_tokens;
  request.seed = 42;
  request.overflow = Overflow::kShift;
  return request;
}

void expect_same(const Generation& plain, const Generation& guessed) {
  ASSERT_EQ(plain.samples.size(), guessed.samples.size());
  EXPECT_EQ(plain.drawn, guessed.drawn);
  for (size_t i = 0; i < plain.samples.size(); ++i) {
    const Generated &a = plain.samples[i], &b = guessed.samples[i];
    EXPECT_EQ(a.tokens, b.tokens) << i;
    EXPECT_EQ(a.log_probabilities, b.log_probabilities) << "to the last bit";
    EXPECT_EQ(a.ending, b.ending);
    EXPECT_EQ(a.text, b.text);
    EXPECT_LE(b.passes, a.passes);
  }
}

class EveryModelGuessed : public ::testing::TestWithParam<NamedSection> {
 protected:
  EveryModelGuessed() : model(make(GetParam().text, 5)) {}

  /// Compares requests with guesses of both kinds to one without.
  void expect_same_with_guesses(GenerateRequest request) {
    const Generation plain = generate(*model, request);
    const auto draft = make("kind = 'lstm'\nembedding = 9\nhidden = 12\nlayers = 1\ndropout = 0.0", 7);
    for (const int64_t guesses : {1, 2, 5}) {
      SCOPED_TRACE(guesses);
      request.speculation = {.guesses = guesses, .min_match = 1};
      request.draft = nullptr;
      expect_same(plain, generate(*model, request));
      request.draft = draft.get();
      expect_same(plain, generate(*model, request));
      request.draft = model.get();  // as good a draft as there is
      expect_same(plain, generate(*model, request));
    }
  }

  std::shared_ptr<nn::SequenceModel> model;
};

TEST_P(EveryModelGuessed, SampledTokensAreTheSame) {
  expect_same_with_guesses(nine_prompts(30));
}

TEST_P(EveryModelGuessed, GreedyTokensAreTheSame) {
  GenerateRequest request = nine_prompts(30);
  request.sampling.temperature = 0;
  expect_same_with_guesses(request);
}

TEST_P(EveryModelGuessed, WithEveryRuleTheTokensAreTheSame) {
  GenerateRequest request = nine_prompts(40);
  request.sampling = {.temperature = 0.7, .top_k = 6, .top_p = 0.9, .min_p = 0.01};
  request.penalties = {.repetition = 1.3, .frequency = 0.1, .presence = 0.2, .no_repeat_ngram = 3};
  request.end_token = 4;
  request.min_new_tokens = 7;
  request.score_prompt = true;
  request.alternatives = 2;
  request.text = plain_letters;
  request.stop_texts = {"bcd", "kk"};
  expect_same_with_guesses(request);
}

TEST_P(EveryModelGuessed, TheBatchChangesNothing) {
  GenerateRequest request = nine_prompts(25);
  request.speculation = {.guesses = 3, .min_match = 1};
  const Generation together = generate(*model, request);
  for (const int64_t batch_size : {1, 4}) {
    request.batch_size = batch_size;
    const Generation again = generate(*model, request);
    expect_same(together, again);
    EXPECT_EQ(together.passes, again.passes);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, EveryModelGuessed, ::testing::ValuesIn(sections()),
                         [](const auto& info) { return info.param.name; });

TEST(Speculation, InBfloat16AndInt8TheTokensAreTheSameToo) {
  for (const auto type : {nn::WeightType::kBfloat16, nn::WeightType::kInt8}) {
    const auto model =
        make("d_model = 66\nheads = 2\nlayers = 2\nd_ff = 130\ndropout = 0.0\nposition = 'music'", 5);
    model->eval();
    nn::set_weight_type(*model, type);
    GenerateRequest request = nine_prompts(30);
    const Generation plain = generate(*model, request);
    request.speculation = {.guesses = 4, .min_match = 1};
    expect_same(plain, generate(*model, request));
    request.draft = model.get();
    expect_same(plain, generate(*model, request));
  }
}

TEST(Speculation, AModelThatCopiesIsStepped1PlusGuessesTokensAtATime) {
  at::Tensor table = at::zeros({4, 4});
  for (int64_t i = 0; i < 4; ++i) table[i][(i + 1) % 4] = 9;
  ToyBigram model(table);
  GenerateRequest request;
  request.prompts = {{0, 1, 2, 3, 0, 1, 2, 3, 0}};
  request.max_new_tokens = 21;
  request.sampling.temperature = 0;
  request.speculation = {.guesses = 4};
  const Generation generation = generate(model, request);
  EXPECT_EQ(generation.drawn, 21);
  EXPECT_EQ(generation.passes, 5) << "one token after the prompt, then five a pass";
  EXPECT_EQ(model.rows_stepped.size(), 5u);
  EXPECT_NEAR(generation.tokens_per_pass(), 21.0 / 5, 1e-12);
}

TEST(Speculation, AfterWrongGuessesFewerAreMade) {
  at::Tensor table = at::full({6, 6}, -1e9f);
  for (int64_t i = 0; i < 6; ++i) table[i][(i + 1) % 6] = 0;
  const at::Tensor wrong = at::full({6, 6}, -1e9f);
  for (int64_t i = 0; i < 6; ++i) wrong[i][(i + 2) % 6] = 0;
  ToyBigram model(table), draft(wrong);
  GenerateRequest request;
  request.prompts = {{0}};
  request.max_new_tokens = 9;
  request.speculation = {.guesses = 4};
  request.draft = &draft;
  EXPECT_EQ(generate(model, request).passes, 9);
  // A step of the draft for each guess: four in the first pass, then one; the last token needs none.
  EXPECT_EQ(draft.rows_stepped.size(), 4u + 6u);
}

TEST(Speculation, ItsOwnDraftIsAlwaysRight) {
  torch::manual_seed(5);
  ToyAttention model(kSmallVocabulary, 8);
  GenerateRequest request;
  request.prompts = {{0, 4}};
  request.max_new_tokens = 21;
  request.speculation = {.guesses = 3};
  request.draft = &model;
  EXPECT_EQ(generate(model, request).passes, 6) << "one token, then four a pass";
}

TEST(Speculation, TokensAreHeardInOrderWithTheirTexts) {
  torch::manual_seed(5);
  ToyAttention model(kSmallVocabulary, 8);
  GenerateRequest request = nine_prompts(20);
  request.overflow = Overflow::kStop;
  request.speculation = {.guesses = 4};
  request.draft = &model;
  request.text = plain_letters;
  std::map<int64_t, Tokens> heard;
  std::map<int64_t, std::string> shown;
  int64_t progress = 0;
  request.on_token = [&](const DrawnToken& drawn) {
    heard[drawn.sample].push_back(drawn.token);
    shown[drawn.sample] += drawn.text;
  };
  request.progress = [&](int64_t drawn) { progress = drawn; };
  const Generation generation = generate(model, request);
  EXPECT_EQ(progress, generation.drawn);
  for (const Generated& sample : generation.samples) {
    EXPECT_EQ(heard[sample.sample], sample.tokens);
    EXPECT_EQ(shown[sample.sample], sample.text);
  }
}

/// Frequencies of the token after `prompt` 0, over many samples, follow the model's distribution with a draft that has
/// quite another one.
TEST(Speculation, SamplesFollowTheModelsDistributionWhateverTheDrafts) {
  torch::manual_seed(3);
  const at::Tensor table = at::randn({4, 4}), other = at::randn({4, 4});
  ToyBigram model(table), draft(other);
  GenerateRequest request;
  request.prompts = {{0}};
  request.count = 4000;
  request.batch_size = 500;
  request.max_new_tokens = 3;
  request.speculation = {.guesses = 2};
  request.draft = &draft;
  const auto samples = generate(model, request).samples;
  const at::Tensor p = table.softmax(-1).to(at::kDouble);
  std::map<Tokens, double> counts;
  for (const Generated& sample : samples) ++counts[sample.tokens];
  double chi_square = 0;
  for (int64_t a = 0; a < 4; ++a)
    for (int64_t b = 0; b < 4; ++b)
      for (int64_t c = 0; c < 4; ++c) {
        const double expected = 4000 * (p[0][a] * p[a][b] * p[b][c]).item<double>();
        const double found = counts[{a, b, c}];
        chi_square += (found - expected) * (found - expected) / expected;
      }
  EXPECT_LT(chi_square, 103.4) << "0.1 % quantile of 63 degrees of freedom";
  EXPECT_GT(chi_square, 31) << "and not closer than chance allows";
}

TEST(Speculation, RefusesWhatCannotBe) {
  torch::manual_seed(5);
  ToyAttention model(kSmallVocabulary, 8), wider(kSmallVocabulary + 1, 8);
  const auto refuses = [&](auto change) {
    GenerateRequest request = nine_prompts(3);
    request.overflow = Overflow::kStop;
    change(request);
    EXPECT_THROW(generate(model, request), c10::Error);
  };
  refuses([](auto& request) { request.speculation.guesses = -1; });
  refuses([](auto& request) { request.speculation.min_match = 0; });
  refuses([&](auto& request) { request.draft = &wider; });
  struct Unforgetting : ToyAttention {
    using ToyAttention::ToyAttention;
    struct Rigid : State {
      void allow_drops(int64_t tokens) override { nn::DecoderState::allow_drops(tokens); }
    };
    std::unique_ptr<nn::DecoderState> start(int64_t rows, int64_t) override {
      auto state = std::make_unique<Rigid>();
      state->past.assign(static_cast<size_t>(rows), at::empty({0, 8}));
      return state;
    }
  } unforgetting(kSmallVocabulary, 8);
  GenerateRequest request = nine_prompts(3);
  request.overflow = Overflow::kStop;
  request.speculation.guesses = 2;
  EXPECT_THROW(generate(unforgetting, request), c10::Error) << "its states cannot drop wrong guesses";
}

}  // namespace
}  // namespace heed::decoding
