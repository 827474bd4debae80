// SPDX-License-Identifier: Apache-2.0
// Beam search with language models.
#include <algorithm>
#include <memory>
#include <string>

#include "toy_models.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "heed/core/config.h"
#include "heed/decoding/beam_search.h"
#include "heed/decoding/generate.h"
#include "heed/models/registry.h"

namespace heed::decoding {
namespace {

using testing::ToyAttention;
using testing::ToyBigram;
using Tokens = std::vector<int64_t>;

constexpr int64_t kEnd = 2;

BeamOptions options_of(int64_t beam_size, int64_t max_length) {
  BeamOptions options{.beam_size = beam_size, .length_penalty = 0.6};
  options.output.begin = -1;
  options.output.end = kEnd;
  options.output.max_length = max_length;
  options.output.loop_guard = 0;
  return options;
}

/// Adds every output that continues `written` after the prompt.
void visit(ToyAttention& model, const Tokens& prompt, const Hypothesis& written, int64_t left,
           std::vector<Hypothesis>& all) {
  Tokens text = prompt;
  text.insert(text.end(), written.tokens.begin(), written.tokens.end());
  const at::Tensor log_p =
      model.forward({at::tensor(text, at::kLong).unsqueeze(0), {}, {}}).log_softmax(-1)[0][-1];
  for (int64_t token = 0; token < model.vocabulary_size(); ++token) {
    Hypothesis next = written;
    next.log_probability += log_p[token].item<double>();
    next.ended = token == kEnd;
    if (!next.ended) next.tokens.push_back(token);
    next.score = next.log_probability / length_penalty(next.length(), 0.6);
    if (next.ended || left == 1)
      all.push_back(next);
    else
      visit(model, prompt, next, left - 1, all);
  }
}

TEST(SequenceBeams, AWideBeamFindsTheBestOfAllContinuations) {
  torch::manual_seed(4);
  ToyAttention model(5, 8);
  const at::NoGradGuard no_grad;
  const std::vector<Tokens> prompts{{0}, {3, kEnd, 1}, {4, 4}};
  BeamOptions options = options_of(300, 4);
  options.n_best = 5;
  const auto found = beam_search(model, prompts, options);
  ASSERT_EQ(found.size(), 3u);
  for (size_t i = 0; i < prompts.size(); ++i) {
    std::vector<Hypothesis> all;
    visit(model, prompts[i], {}, 4, all);
    std::stable_sort(all.begin(), all.end(), better);
    ASSERT_EQ(found[i].size(), 5u);
    for (size_t n = 0; n < 5; ++n) {
      EXPECT_EQ(found[i][n].tokens, all[n].tokens) << i << " " << n;
      EXPECT_NEAR(found[i][n].score, all[n].score, 1e-5);
      EXPECT_EQ(found[i][n].ended, all[n].ended);
    }
  }
}

TEST(SequenceBeams, OneBeamIsGreedyGeneration) {
  torch::manual_seed(4);
  ToyAttention model(23, 8);
  const std::vector<Tokens> prompts{{0, 1, 5}, {7}, {8, 9}};
  GenerateRequest request;
  request.prompts = prompts;
  request.count = 3;
  request.max_new_tokens = 20;
  request.end_token = kEnd;
  request.sampling.temperature = 0;
  const auto greedy = generate(model, request).samples;
  const auto found = beam_search(model, prompts, options_of(1, 20));
  for (size_t i = 0; i < 3; ++i) {
    Tokens tokens = found[i].at(0).tokens;
    if (found[i][0].ended) tokens.push_back(kEnd);
    EXPECT_EQ(tokens, greedy[i].tokens);
  }
}

TEST(SequenceBeams, ARepeatedNgramOfThePromptIsForbiddenAndNoEndMarkMeansTheWholeLength) {
  at::Tensor table = at::zeros({4, 4});
  for (int64_t i = 0; i < 4; ++i) table[i][(i + 1) % 4] = 9;
  struct Beams : ToyBigram {
    using ToyBigram::ToyBigram;
    std::unique_ptr<nn::DecoderState> start_beams(int64_t inputs, int64_t, int64_t capacity) override {
      return start(inputs, capacity);
    }
  } model(table);
  BeamOptions options = options_of(1, 3);
  options.output.end = -1;
  EXPECT_EQ(beam_search(model, {{0, 1, 2, 0}}, options)[0][0].tokens, (Tokens{1, 2, 3}));
  options.output.no_repeat_ngram = 2;
  EXPECT_EQ(beam_search(model, {{0, 1, 2, 0}}, options)[0][0].tokens, (Tokens{0, 2, 3}));
}

struct BeamSection {
  std::string name, text;
};

void PrintTo(const BeamSection& section, std::ostream* stream) {
  *stream << section.name;
}

class EveryModelWithBeams : public ::testing::TestWithParam<BeamSection> {};

TEST_P(EveryModelWithBeams, APromptHasTheSameBitsWhateverTheOthers) {
  torch::manual_seed(5);
  toml::table section = parse_toml(GetParam().text, "test");
  const auto model = models::make_model<nn::SequenceModel>(section, {.target = 23});
  {
    const at::NoGradGuard no_grad;
    for (auto& parameter : model->parameters()) parameter.add_(at::randn_like(parameter) * 0.1);
  }
  const std::vector<Tokens> prompts{{0, 1}, {0, 3, 4, 5, 6, 7, 8, 9}, {5}, {6, 7, 7}};
  BeamOptions options = options_of(4, 12);
  options.n_best = 4;
  const auto together = beam_search(*model, prompts, options);
  for (size_t i = 0; i < prompts.size(); ++i) {
    const auto alone = beam_search(*model, {prompts[i]}, options)[0];
    ASSERT_EQ(alone.size(), together[i].size());
    for (size_t n = 0; n < alone.size(); ++n) {
      EXPECT_EQ(alone[n].tokens, together[i][n].tokens);
      EXPECT_EQ(alone[n].score, together[i][n].score) << "to the last bit";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, EveryModelWithBeams,
    ::testing::Values(BeamSection{"transformer",
                                  "d_model = 22\nheads = 2\nlayers = 2\nd_ff = 37\nmax_length = 20\ndropout "
                                  "= 0.0\nposition = 'learned'"},
                      BeamSection{"lstm",
                                  "kind = 'lstm'\nembedding = 19\nhidden = 36\nlayers = 2\ndropout = 0.0"},
                      BeamSection{"lstm_attention",
                                  "kind = 'lstm'\nembedding = 19\nhidden = 36\nlayers = 2\ndropout = 0.0\n"
                                  "attention = true\nattention_heads = 3"}),
    [](const auto& info) { return info.param.name; });

TEST(SequenceBeams, RefuseWhatCannotBe) {
  ToyAttention model(23, 8);
  const auto refuses = [&](const std::vector<Tokens>& prompts, auto change) {
    BeamOptions options = options_of(2, 4);
    change(options);
    EXPECT_THROW(beam_search(model, prompts, options), c10::Error);
  };
  const auto nothing = [](auto&) {};
  refuses({{}}, nothing);
  refuses({{23}}, nothing);
  refuses({{-1}}, nothing);
  refuses({{1}}, [](auto& options) { options.output.max_length = 0; });
  refuses({{1}}, [](auto& options) { options.output.end = 23; });
  refuses({{1}}, [](auto& options) { options.coverage_penalty = 0.1; });
  ToyBigram bigram(at::zeros({4, 4}));
  EXPECT_THROW(beam_search(bigram, {{1}}, options_of(2, 4)), c10::Error)
      << "its states have one row an input";
}

}  // namespace
}  // namespace heed::decoding
