// SPDX-License-Identifier: Apache-2.0
// Likelihood and generation of language models, on small random ones.
#include <cmath>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "heed/data/text/symbol_vocabulary.h"
#include "heed/data/text/word_vocabulary.h"
#include "heed/models/registry.h"
#include "heed/nn/inference_scope.h"
#include "heed/tasks/language/language_evaluation.h"

namespace heed::tasks {
namespace {

std::shared_ptr<nn::SequenceModel> tiny_model(int64_t vocabulary) {
  toml::table section{{"d_model", 16}, {"heads", 2}, {"layers", 1}, {"d_ff", 16}, {"position", "sinusoidal"}};
  return models::make_model<nn::SequenceModel>(section, {0, vocabulary});
}

/// The sum of -ln p of tokens [1, size) in one pass, leaving out `skipped` targets.
double direct_nats(nn::SequenceModel& model, const std::vector<int32_t>& tokens, int32_t skipped) {
  const nn::InferenceScope scope(model);
  const std::vector<int64_t> wide(tokens.begin(), tokens.end());
  const at::Tensor input = at::tensor(wide).unsqueeze(0);
  const at::Tensor log_p = at::log_softmax(model.forward({input, {}, {}}), -1);
  double nats = 0;
  for (size_t i = 1; i < tokens.size(); ++i)
    if (tokens[i] != skipped) nats -= log_p[0][static_cast<int64_t>(i) - 1][tokens[i]].item<double>();
  return nats;
}

std::vector<int32_t> random_tokens(int64_t size, int64_t low, int64_t high) {
  const at::Tensor drawn = at::randint(low, high, {size}, at::kInt);
  return {drawn.data_ptr<int32_t>(), drawn.data_ptr<int32_t>() + size};
}

evaluation::WindowOptions windows(int64_t context, int64_t stride, int64_t batch) {
  evaluation::WindowOptions options;
  options.context = context;
  options.stride = stride;
  options.batch = batch;
  return options;
}

TEST(EvaluateLanguage, SumsEveryTokenButMarks) {
  const text::CharacterVocabulary vocabulary({'a', 'b', 'c', 'd'});
  const auto model = tiny_model(vocabulary.size());
  auto tokens = random_tokens(40, 2, vocabulary.size());
  tokens.front() = tokens[17] = tokens.back() = text::CharacterVocabulary::kEndOfText;
  text::TokenStream stream;
  stream.add(tokens, vocabulary.size());
  const auto result =
      evaluate_language(*model, vocabulary, stream, windows(64, 0, 8), [](int64_t, double) {});
  EXPECT_EQ(result.total.tokens, 37);
  EXPECT_NEAR(result.total.nats, direct_nats(*model, tokens, text::CharacterVocabulary::kEndOfText), 1e-4);
  EXPECT_NEAR(result.bits_per_character(37), result.nll() / std::log(2.0), 1e-12);
}

TEST(EvaluateLanguage, CountsTheLineEndsOfWords) {
  const text::WordVocabulary vocabulary({"a", "b", "c"});
  const auto model = tiny_model(vocabulary.size());
  text::Tokens tokens{text::WordVocabulary::kEnd};
  vocabulary.encode("a b\nc a\n", tokens);
  tokens.push_back(text::WordVocabulary::kEnd);
  text::TokenStream stream;
  stream.add(tokens, vocabulary.size());
  const auto result =
      evaluate_language(*model, vocabulary, stream, windows(64, 0, 8), [](int64_t, double) {});
  EXPECT_EQ(result.total.tokens, 6);
  tokens.pop_back();
  EXPECT_NEAR(result.total.nats, direct_nats(*model, tokens, -1), 1e-4);
}

TEST(EvaluateLanguage, ScoresEachTokenOnceWhateverTheBlocks) {
  const text::CharacterVocabulary vocabulary({'a', 'b', 'c', 'd'});
  const auto model = tiny_model(vocabulary.size());
  auto tokens = random_tokens(501, 2, vocabulary.size());
  tokens.front() = tokens.back() = text::CharacterVocabulary::kEndOfText;
  text::TokenStream stream;
  stream.add(tokens, vocabulary.size());
  for (const int64_t batch : {1, 2, 9}) {
    for (const int64_t stride : {1, 5, 8}) {
      const auto result =
          evaluate_language(*model, vocabulary, stream, windows(8, stride, batch), [](int64_t, double) {});
      EXPECT_EQ(result.total.tokens, 499) << batch << " " << stride;
    }
  }
  // A token alone with its whole past, one window for each.
  const auto whole =
      evaluate_language(*model, vocabulary, stream, windows(600, 1, 1), [](int64_t, double) {});
  EXPECT_NEAR(whole.total.nats, direct_nats(*model, tokens, text::CharacterVocabulary::kEndOfText), 1e-2);
}

}  // namespace
}  // namespace heed::tasks
