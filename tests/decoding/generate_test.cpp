// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/generate.h"

#include <algorithm>
#include <limits>

#include "toy_models.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/models/lstm.h"

namespace heed::decoding {
namespace {

/// The toys are too small to share: threads that wait for one another on a busy machine cost seconds.
class OneThread : public ::testing::Environment {
  void SetUp() override { at::set_num_threads(1); }
};
const auto* const one_thread = ::testing::AddGlobalTestEnvironment(new OneThread);

using testing::ToyAttention;
using testing::ToyBigram;

constexpr int64_t kVocabulary = 23;

std::unique_ptr<nn::SequenceModel> make_model(const std::string& kind) {
  torch::manual_seed(5);
  // Widths off the vector width; logits spread enough that a flipped bit would show.
  if (kind == "attention") return std::make_unique<ToyAttention>(kVocabulary, 37);
  models::LstmOptions options{.vocabulary = kVocabulary, .embedding = 19, .hidden = 36, .layers = 2};
  options.attention = kind == "lstm_attention";
  options.attention_heads = 3;
  return std::make_unique<models::Lstm>(options);
}

GenerateRequest request_of(int64_t count, int64_t max_new_tokens = 40) {
  GenerateRequest request;
  request.prompts = {{0, 4, 7, 1, 2}};
  request.count = count;
  request.max_new_tokens = max_new_tokens;
  request.seed = 42;
  return request;
}

void expect_same(const Generated& a, const Generated& b) {
  EXPECT_EQ(a.sample, b.sample);
  EXPECT_EQ(a.tokens, b.tokens);
  EXPECT_EQ(a.log_probabilities, b.log_probabilities) << "to the last bit";
  EXPECT_EQ(a.ended, b.ended);
}

class SamePiece : public ::testing::TestWithParam<const char*> {};

TEST_P(SamePiece, WhateverTheCountTheBatchSizeAndTheFirstSample) {
  auto model = make_model(GetParam());
  auto request = request_of(11);
  request.end_token = 3;
  const auto all = generate(*model, request).samples;
  ASSERT_EQ(all.size(), 11u);
  for (const int64_t batch_size : {1, 3, 100}) {
    SCOPED_TRACE(batch_size);
    request.batch_size = batch_size;
    const auto again = generate(*model, request).samples;
    for (size_t i = 0; i < all.size(); ++i) expect_same(all[i], again[i]);
  }
  for (size_t i = 0; i < all.size(); ++i) {
    auto single = request;
    single.count = 1;
    single.first_sample = static_cast<int64_t>(i);
    expect_same(all[i], generate(*model, single).samples.front());
  }
}

TEST_P(SamePiece, WhateverTheOtherPrompts) {
  auto model = make_model(GetParam());
  auto request = request_of(6, 20);
  request.prompts = {{0, 1}, {0, 2, 3}, {0, 5}, {0, 6, 7}, {0, 8}, {0}};
  const auto together = generate(*model, request).samples;
  for (size_t i = 0; i < together.size(); ++i) {
    auto single = request;
    single.prompts = {request.prompts[i]};
    single.count = 1;
    single.first_sample = static_cast<int64_t>(i);
    expect_same(together[i], generate(*model, single).samples.front());
  }
}

INSTANTIATE_TEST_SUITE_P(Models, SamePiece, ::testing::Values("attention", "lstm", "lstm_attention"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Generate, SamplesDifferAndTheSeedMatters) {
  auto model = make_model("attention");
  auto request = request_of(2);
  const auto first = generate(*model, request).samples;
  EXPECT_NE(first[0].tokens, first[1].tokens);
  request.seed = 43;
  EXPECT_NE(first[0].tokens, generate(*model, request).samples[0].tokens);
}

TEST(Generate, LogProbabilitiesAreThoseOfAFullPass) {
  auto model = make_model("lstm_attention");
  auto request = request_of(3);
  request.sampling = {.temperature = 0.8, .top_k = 10};
  const auto samples = generate(*model, request).samples;
  model->eval();
  const at::NoGradGuard no_grad;
  for (const auto& sample : samples) {
    auto piece = request.prompts[0];
    piece.insert(piece.end(), sample.tokens.begin(), sample.tokens.end());
    const auto tokens = at::tensor(piece, at::kLong).unsqueeze(0);
    const auto log_p = model->forward({tokens, {}, {}}).log_softmax(-1)[0];
    for (size_t i = 0; i < sample.tokens.size(); ++i)
      EXPECT_NEAR(sample.log_probabilities[i], log_p[4 + i][sample.tokens[i]].item<double>(), 1e-4);
  }
}

TEST(Generate, TemperatureZeroFollowsTheBestToken) {
  // 0 -> 1 -> 2 -> 3 -> 0 by the largest logit.
  auto table = at::rand({4, 4});
  for (int64_t i = 0; i < 4; ++i) table[i][(i + 1) % 4] = 5;
  ToyBigram model(table);
  auto request = request_of(3, 6);
  request.prompts = {{0}};
  request.sampling.temperature = 0;
  for (const auto& sample : generate(model, request).samples)
    EXPECT_EQ(sample.tokens, (std::vector<int64_t>{1, 2, 3, 0, 1, 2}));
}

TEST(Generate, EndsAtTheEndTokenAndStopsStepping) {
  auto table = at::full({4, 4}, -1e9f);
  for (int64_t i = 0; i < 3; ++i) table[i][i + 1] = 0;
  table[3][0] = 0;
  ToyBigram model(table);
  auto request = request_of(3, 100);
  request.prompts = {{0}, {1}, {2}};
  request.end_token = 3;
  const auto generation = generate(model, request);
  EXPECT_EQ(generation.samples[0].tokens, (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(generation.samples[1].tokens, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(generation.samples[2].tokens, (std::vector<int64_t>{3}));
  for (const auto& sample : generation.samples) EXPECT_TRUE(sample.ended);
  EXPECT_EQ(generation.drawn, 6);
}

TEST(Generate, LastTokenIsNotFedToTheModel) {
  ToyAttention model(kVocabulary, 8);
  const auto generation = generate(model, request_of(2, 5));
  EXPECT_EQ(model.steps, 5);  // one for the prompt, four for drawn tokens
  EXPECT_FALSE(generation.samples[0].ended);
  EXPECT_EQ(generation.drawn, 10);
}

TEST(Generate, LongPromptsPassInChunksWithTheSameNumbers) {
  auto model = make_model("attention");
  GenerateRequest request = request_of(1, 3);
  std::vector<int64_t> prompt(601);
  for (size_t i = 0; i < prompt.size(); ++i) prompt[i] = static_cast<int64_t>(i * i % kVocabulary);
  request.prompts = {prompt};
  const auto sample = generate(*model, request).samples[0];
  const at::NoGradGuard no_grad;
  const auto log_p = model->forward({at::tensor(prompt, at::kLong).unsqueeze(0), {}, {}}).log_softmax(-1);
  EXPECT_NEAR(sample.log_probabilities[0], log_p[0][600][sample.tokens[0]].item<double>(), 1e-4);
}

/// Allows only tokens larger than the last one, and token 0.
class Ascending : public Constraint {
 public:
  void accept(int64_t token) override { last_ = token; }
  void restrict_logits(std::span<float> logits) override {
    for (int64_t i = 1; i <= last_; ++i)
      logits[static_cast<size_t>(i)] = -std::numeric_limits<float>::infinity();
  }

 private:
  int64_t last_ = -1;
};

TEST(Generate, ConstraintHoldsFromThePromptOn) {
  auto model = make_model("lstm");
  auto request = request_of(9, 60);
  request.prompts = {{0, 5}};
  request.constraint = [](int64_t) { return std::make_unique<Ascending>(); };
  for (const auto& sample : generate(*model, request).samples) {
    int64_t last = 5;
    for (const int64_t token : sample.tokens) {
      EXPECT_TRUE(token == 0 || token > last) << token << " after " << last;
      last = token;
    }
  }
}

TEST(Generate, ReportsProgressAndStopsWhenItThrows) {
  auto model = make_model("attention");
  auto request = request_of(3, 10);
  int64_t seen = 0;
  request.progress = [&](int64_t drawn) {
    EXPECT_GT(drawn, seen);
    seen = drawn;
  };
  EXPECT_EQ(generate(*model, request).drawn, 30);
  EXPECT_EQ(seen, 30);
  model->train();
  request.progress = [](int64_t) { throw std::runtime_error("stop"); };
  EXPECT_THROW(generate(*model, request), std::runtime_error);
  EXPECT_TRUE(model->is_training()) << "the mode is restored";
}

TEST(Generate, RefusesWhatCannotBe) {
  auto model = make_model("attention");
  const auto refuses = [&](auto change) {
    auto request = request_of(3);
    change(request);
    EXPECT_THROW(generate(*model, request), c10::Error);
  };
  refuses([](auto& request) { request.prompts = {}; });
  refuses([](auto& request) { request.prompts = {{}}; });
  refuses([](auto& request) { request.prompts = {{1}, {2}}; });
  refuses([](auto& request) { request.prompts = {{kVocabulary}}; });
  refuses([](auto& request) { request.prompts = {{-1}}; });
  refuses([](auto& request) { request.count = 0; });
  refuses([](auto& request) { request.batch_size = 0; });
  refuses([](auto& request) { request.max_new_tokens = 0; });
}

}  // namespace
}  // namespace heed::decoding
