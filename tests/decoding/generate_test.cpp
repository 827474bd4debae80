// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/generate.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <stop_token>

#include "toy_models.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/models/lstm.h"
#include "heed/models/transformer.h"

namespace heed::decoding {
namespace {

/// One thread: the toys are too small to share, and threads that wait for each other on a busy machine cost
/// seconds.
class OneThread : public ::testing::Environment {
  void SetUp() override { at::set_num_threads(1); }
};
const auto* const one_thread = ::testing::AddGlobalTestEnvironment(new OneThread);

using testing::ToyAttention;
using testing::ToyBigram;

constexpr int64_t kVocabulary = 23;

std::unique_ptr<nn::SequenceModel> make_model(const std::string& kind) {
  torch::manual_seed(5);
  // Widths off the vector width; logits far enough apart for a flipped bit to show.
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
  for (const auto& sample : generation.samples) EXPECT_TRUE(sample.ended());
  EXPECT_EQ(generation.drawn, 6);
  EXPECT_EQ(model.rows_stepped, (std::vector<int64_t>{3, 2, 1})) << "who is finished leaves the batch";
}

TEST(Generate, LastTokenIsNotFedToTheModel) {
  ToyAttention model(kVocabulary, 8);
  const auto generation = generate(model, request_of(2, 5));
  EXPECT_EQ(model.rows_stepped, std::vector<int64_t>(5, 2));  // one for the prompt, four for drawn tokens
  EXPECT_FALSE(generation.samples[0].ended());
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

TEST(Generate, PromptsOfDifferentLengthsShareThePasses) {
  ToyAttention model(kVocabulary, 8);
  auto request = request_of(4, 4);
  request.prompts = {{0}, {0, 5, 6}, std::vector<int64_t>(256, 3), {1, 2}};
  const auto samples = generate(model, request).samples;
  EXPECT_EQ(model.rows_stepped, std::vector<int64_t>(4, 4)) << "one for all prompts, three for drawn tokens";
  model.rows_stepped.clear();
  request.prompts[2].resize(600, 4);  // three chunks, while the others continue
  generate(model, request);
  EXPECT_EQ(model.rows_stepped, (std::vector<int64_t>{4, 4, 4, 4, 1, 1}));
}

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

TEST(Generate, OnTokenHearsEveryTokenOnceInOrderAndNeverTwiceAtOnce) {
  at::set_num_threads(3);
  ToyAttention model(kVocabulary, 8);
  auto request = request_of(100, 6);
  request.first_sample = 7;
  request.batch_size = 100;
  request.end_token = 3;
  std::map<int64_t, std::vector<DrawnToken>> heard;
  std::atomic<int> inside = 0;
  request.on_token = [&](const DrawnToken& token) {
    EXPECT_EQ(++inside, 1);
    heard[token.sample].push_back(token);
    --inside;
  };
  const auto generation = generate(model, request);
  at::set_num_threads(1);
  ASSERT_EQ(heard.size(), 100u);
  int64_t drawn = 0;
  for (const Generated& sample : generation.samples) {
    const auto& tokens = heard[sample.sample];
    ASSERT_EQ(tokens.size(), sample.tokens.size()) << sample.sample;
    drawn += std::ssize(tokens);
    for (size_t i = 0; i < tokens.size(); ++i) {
      EXPECT_EQ(tokens[i].token, sample.tokens[i]);
      EXPECT_EQ(tokens[i].log_probability, sample.log_probabilities[i]);
    }
  }
  EXPECT_EQ(generation.drawn, drawn);
  EXPECT_EQ(generation.samples.front().sample, 7);
}

TEST(Generate, ThreadsShareABatchOf100Pieces) {
  at::set_num_threads(3);
  ToyAttention model(kVocabulary, 8);
  auto request = request_of(100, 2);
  request.batch_size = 100;
  generate(model, request);
  at::set_num_threads(1);
  std::sort(model.rows_stepped.begin(), model.rows_stepped.end());
  EXPECT_EQ(model.rows_stepped, (std::vector<int64_t>{33, 33, 33, 33, 34, 34}));
}

TEST(Generate, AStopEndsItWithinOneStepAndKeepsWhatWasDrawn) {
  ToyAttention model(kVocabulary, 8);
  auto request = request_of(5, 10);
  request.first_sample = 4;
  request.batch_size = 3;
  std::stop_source stop;
  request.stop = stop.get_token();
  int heard = 0;
  request.on_token = [&](const DrawnToken&) {
    if (++heard == 7) stop.request_stop();  // in the third step
  };
  const auto generation = generate(model, request);
  EXPECT_TRUE(generation.stopped);
  EXPECT_EQ(model.rows_stepped, std::vector<int64_t>(3, 3));
  EXPECT_EQ(generation.drawn, 9);
  ASSERT_EQ(generation.samples.size(), 5u);
  auto whole = request_of(5, 10);
  whole.first_sample = 4;
  const auto samples = generate(model, whole).samples;
  for (size_t i = 0; i < 5; ++i) {
    const Generated& sample = generation.samples[i];
    EXPECT_EQ(sample.sample, 4 + static_cast<int64_t>(i)) << "begun or not";
    EXPECT_FALSE(sample.ended());
    const auto& tokens = samples[i].tokens;
    EXPECT_EQ(sample.tokens, std::vector<int64_t>(tokens.begin(), tokens.begin() + (i < 3 ? 3 : 0)));
    EXPECT_EQ(sample.log_probabilities.size(), sample.tokens.size());
  }
}

TEST(Generate, AStopBeforehandTakesNoStepAndOneAfterwardsStopsNothing) {
  ToyAttention model(kVocabulary, 8);
  auto request = request_of(2, 3);
  std::stop_source stop;
  request.stop = stop.get_token();
  EXPECT_FALSE(generate(model, request).stopped);
  model.rows_stepped.clear();
  stop.request_stop();
  const auto generation = generate(model, request);
  EXPECT_TRUE(generation.stopped);
  EXPECT_EQ(generation.drawn, 0);
  EXPECT_TRUE(model.rows_stepped.empty());
}

TEST(Generate, ProgressThatThrowsStopsAllShares) {
  at::set_num_threads(4);
  ToyAttention model(kVocabulary, 8);
  auto request = request_of(200, 50);
  request.batch_size = 200;
  request.progress = [](int64_t) { throw std::runtime_error("stop"); };
  EXPECT_THROW(generate(model, request), std::runtime_error);
  at::set_num_threads(1);
  EXPECT_LE(model.rows_stepped.size(), 8u) << "no share takes more than the step it is in and one more";
}

TEST(Generate, WhatOnTokenThrowsStopsItToo) {
  for (const int threads : {1, 4}) {
    at::set_num_threads(threads);
    ToyAttention model(kVocabulary, 8);
    auto request = request_of(200, 50);
    request.batch_size = 200;
    request.on_token = [](const DrawnToken&) { throw std::runtime_error("stop"); };
    EXPECT_THROW(generate(model, request), std::runtime_error);
    at::set_num_threads(1);
    EXPECT_LE(model.rows_stepped.size(), 8u);
  }
}

TEST(Generate, TakesAnyDecoderWhoseRowsAStateBegins) {
  ToyAttention model(kVocabulary, 8);
  auto request = request_of(5, 4);
  request.first_sample = 3;
  request.batch_size = 2;
  std::vector<std::vector<int64_t>> started;
  const StartState start = [&](const std::vector<int64_t>& inputs) {
    started.push_back(inputs);
    return model.start(std::ssize(inputs), 9);
  };
  const auto samples = generate(static_cast<nn::Decoder&>(model), start, request).samples;
  EXPECT_EQ(started, (std::vector<std::vector<int64_t>>{{0, 1}, {2, 3}, {4}}))
      << "input i is the i-th sample";
  const auto same = generate(model, request).samples;
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(samples[i].tokens, same[i].tokens);
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

TEST(Generate, APieceEndsWhereTheModelsPositionsDoWhateverTheOtherPrompts) {
  torch::manual_seed(5);
  models::TransformerOptions options{
      .vocabulary = kVocabulary, .d_model = 16, .heads = 2, .layers = 1, .d_ff = 24};
  options.position = "learned";
  options.max_length = 9;
  models::Transformer model(options);
  auto request = request_of(2, 100);
  request.prompts = {{0, 1}, {0, 2, 3, 4}};
  const auto generation = generate(model, request);
  EXPECT_EQ(generation.samples[0].tokens.size(), 8u)
      << "the ninth token of the piece is consumed, the tenth drawn";
  EXPECT_EQ(generation.samples[1].tokens.size(), 6u);
  EXPECT_FALSE(generation.stopped);
  request.prompts = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}};
  EXPECT_THROW(generate(model, request), c10::Error);
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
