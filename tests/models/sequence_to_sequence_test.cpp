// SPDX-License-Identifier: Apache-2.0
// Requirements on every sequence-to-sequence model.
#include "heed/nn/sequence_to_sequence.h"

#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/nn/functional/loss.h>
#include <torch/optim/adam.h>
#include <torch/utils.h>

#include "heed/attention/attention.h"
#include "heed/core/config.h"
#include "heed/models/registry.h"
#include "heed/nn/autocast.h"
#include "heed/nn/inference_scope.h"
#include "heed/nn/linear.h"

namespace heed::models {
namespace {

using nn::SequenceToSequenceModel;
using nn::Source;

constexpr int64_t kVocabulary = 19;

/// Section [model] of a small model without dropout.
std::vector<std::string> sections() {
  std::vector<std::string> list;
  for (const char* position : {"sinusoidal", "learned", "shaw"}) {
    for (const char* norm : {"pre", "post"}) {
      for (const char* tie : {"none", "decoder", "all"}) {
        list.push_back(
            std::string(
                "kind = 'transformer'\nd_model = 24\nheads = 2\nencoder_layers = 2\ndecoder_layers = 2\n"
                "d_ff = 40\nmax_length = 40\nmax_relative_distance = 4\ndropout = 0.0\nposition = '") +
            position + "'\nnorm = '" + norm + "'\ntie_embeddings = '" + tie + "'");
      }
    }
  }
  list.push_back(
      "kind = 'transformer'\nd_model = 24\nheads = 2\nencoder_layers = 1\ndecoder_layers = 1\nd_ff = "
      "41\ndropout "
      "= 0.0\nactivation = 'gelu'");
  for (const char* norm : {"pre", "post"}) {
    for (const char* position : {"sinusoidal", "learned"}) {
      const std::string small = std::string(
                                    "kind = 'transformer'\nd_model = 24\nheads = 2\nencoder_layers = 2\n"
                                    "decoder_layers = 2\nd_ff = 40\nmax_length = 40\ndropout = 0.0\n") +
                                "norm = '" + norm + "'\nposition = '" + position + "'\n";
      list.push_back(small + "residual = false");
      list.push_back(small + "residual = false\ntiming = 'every_layer'");
      list.push_back(small + "timing = 'every_layer'");
    }
  }
  for (const char* tie : {"none", "decoder", "all"}) {
    for (const char* layers : {"1", "2"}) {
      list.push_back(
          std::string("kind = 'lstm'\nembedding = 22\nhidden = 22\ndropout = 0.0\nencoder_layers = ") +
          layers + "\ndecoder_layers = " + layers + "\ntie_embeddings = '" + tie + "'");
    }
  }
  for (const char* tie : {"none", "decoder", "all"}) {
    const std::string tied = std::string("\ndropout = 0.0\ntie_embeddings = '") + tie + "'";
    list.push_back("kind = 'gnmt'\nhidden = 22\nencoder_layers = 4\ndecoder_layers = 3" + tied);
    list.push_back(
        "kind = 'gnmt'\nhidden = 22\nencoder_layers = 2\ndecoder_layers = 2\nexperts = 4\nactive_experts = "
        "2\nexpert_hidden = 13" +
        tied);
    for (const char* kernel : {"1", "3", "5"}) {
      list.push_back(std::string("kind = 'conv_s2s'\nembedding = 18\nhidden = 22\nencoder_layers = "
                                 "2\ndecoder_layers = 3\nmax_length = 40\nkernel = ") +
                     kernel + tied);
    }
  }
  return list;
}

class EveryModel : public testing::TestWithParam<std::string> {
 protected:
  EveryModel() {
    torch::manual_seed(1);
    toml::table section = parse_toml(GetParam(), "test");
    model = make_model<nn::SequenceToSequenceModel>(section, {.source = kVocabulary, .target = kVocabulary});
  }
  std::shared_ptr<SequenceToSequenceModel> model;
};

at::Tensor random_tokens(at::IntArrayRef sizes) {
  return at::randint(kVocabulary, sizes, at::kLong);
}

Source random_source(int64_t batch, int64_t length) {
  const at::Tensor lengths = at::randint(1, length + 1, {batch}, at::kLong);
  lengths[0].fill_(length);
  return {random_tokens({batch, length}), lengths};
}

/// Returns the logits [batch, length, vocabulary] of feeding the target token by token.
at::Tensor stepped(SequenceToSequenceModel& model, const Source& source, const at::Tensor& target) {
  const auto state = model.start(source, 1, target.size(1));
  std::vector<at::Tensor> steps;
  for (int64_t t = 0; t < target.size(1); ++t) steps.push_back(model.step({target.select(1, t), {}}, *state));
  return at::stack(steps, 1);
}

TEST_P(EveryModel, StepsGiveTheLogitsOfTheFullPass) {
  const nn::InferenceScope scope(*model);
  const Source source = random_source(3, 7);
  const at::Tensor target = random_tokens({3, 9});
  EXPECT_LT(difference(stepped(*model, source, target), model->forward(source, target)), 2e-5);
}

TEST_P(EveryModel, WhatStandsPastASentencesEndChangesNotOneBit) {
  const nn::InferenceScope scope(*model);
  const nn::RowInvariantScope invariant;
  const Source source{random_tokens({1, 6}), at::tensor({int64_t{4}})};
  const Source cut{source.tokens.narrow(1, 0, 4), source.lengths};
  const at::Tensor target = random_tokens({1, 5});
  EXPECT_TRUE(model->forward(source, target).equal(model->forward(cut, target)));
  EXPECT_TRUE(stepped(*model, source, target).equal(stepped(*model, cut, target)));
}

TEST_P(EveryModel, ASentencesBitsDoNotDependOnTheSentencesBesideIt) {
  const nn::InferenceScope scope(*model);
  const nn::RowInvariantScope invariant;
  const Source source = random_source(9, 11);
  const at::Tensor target = random_tokens({9, 6}), together = stepped(*model, source, target);
  for (int64_t i = 0; i < 9; ++i) {
    const at::Tensor length = source.lengths.narrow(0, i, 1);
    const Source alone{source.tokens.narrow(0, i, 1).narrow(1, 0, length.item<int64_t>()), length};
    EXPECT_TRUE(stepped(*model, alone, target.narrow(0, i, 1))[0].equal(together[i])) << i;
  }
}

TEST_P(EveryModel, ThreadsMayStepAtOnce) {
  const nn::InferenceScope scope(*model);
  constexpr size_t kThreads = 4;
  std::vector<Source> sources;
  std::vector<at::Tensor> found(kThreads);
  for (size_t i = 0; i < kThreads; ++i) sources.push_back(random_source(5, 7));
  const at::Tensor target = random_tokens({5, 8});
  const auto work = [&](size_t i) {
    const at::NoGradGuard no_grad;
    const nn::RowInvariantScope invariant;
    return stepped(*model, sources[i], target);
  };
  std::vector<std::thread> threads;  // the model is new: the first thread packs its weights
  for (size_t i = 0; i < kThreads; ++i) threads.emplace_back([&, i] { found[i] = work(i); });
  for (auto& thread : threads) thread.join();
  for (size_t i = 0; i < kThreads; ++i) EXPECT_TRUE(found[i].equal(work(i))) << i;
}

TEST_P(EveryModel, TheFutureDoesNotMoveThePast) {
  const nn::InferenceScope scope(*model);
  const Source source = random_source(2, 5);
  const at::Tensor target = random_tokens({2, 6}), other = target.clone();
  other.narrow(1, 3, 3).copy_((target.narrow(1, 3, 3) + 1).remainder(kVocabulary));
  const at::Tensor a = model->forward(source, target), b = model->forward(source, other);
  EXPECT_TRUE(a.narrow(1, 0, 3).equal(b.narrow(1, 0, 3)));
  // Without residuals a token reaches the output through attention weights alone, which random ones hardly move.
  const bool residual = GetParam().find("residual = false") == std::string::npos;
  EXPECT_GT(difference(a.narrow(1, 3, 3), b.narrow(1, 3, 3)), residual ? 1e-3 : 0);
}

nn::StepTokens one_each(const std::vector<int64_t>& tokens) {
  return {at::tensor(tokens, at::kLong), {}};
}

TEST_P(EveryModel, BeamsGoOnFromTheRowTheyAreMadeOfAndSentencesCanLeave) {
  const nn::InferenceScope scope(*model);
  const Source source = random_source(3, 6);
  const auto state = model->start(source, 2, 3);
  const auto tokens = [](const std::vector<int64_t>& list) { return at::tensor(list, at::kLong); };
  model->step(one_each({1, 2, 3}), *state);  // starts with one row per sentence
  state->reorder(tokens({0, 0, 1, 1, 2, 2}));
  model->step(one_each({4, 5, 6, 7, 8, 9}), *state);
  // The first sentence ends; the second swaps its beams; both beams of the third come from its second.
  state->reorder(tokens({3, 2, 5, 5}));
  EXPECT_EQ(state->rows(), 4);
  const at::Tensor logits = model->step(one_each({10, 11, 12, 13}), *state);
  const at::Tensor targets = tokens({2, 7, 10, 2, 6, 11, 3, 9, 12, 3, 9, 13}).view({4, 3});
  const at::Tensor sentence = tokens({1, 1, 2, 2});
  const Source again{source.tokens.index_select(0, sentence), source.lengths.index_select(0, sentence)};
  EXPECT_LT(difference(logits, model->forward(again, targets).select(1, 2)), 2e-5);
  EXPECT_THROW(model->step(one_each({1, 1, 1, 1}), *state), c10::Error);  // beyond the capacity
}

/// Targets whose rows are reordered and dropped, each row with the tokens that it consumed.
TEST_P(EveryModel, CopiedAndDroppedRowsGiveTheBitsOfTheirOwnTokensAlone) {
  const nn::InferenceScope scope(*model);
  const nn::RowInvariantScope invariant;
  const Source source = random_source(3, 6);
  const auto state = model->start(source, 3, 7);
  struct Row {
    int64_t sentence;
    std::vector<int64_t> tokens;
  };
  std::vector<Row> rows{{0, {}}, {1, {}}, {2, {}}};
  at::Tensor logits;
  const auto step = [&](int64_t first) {
    std::vector<int64_t> tokens;
    for (Row& row : rows) {
      tokens.push_back((first += 5) % kVocabulary);
      row.tokens.push_back(tokens.back());
    }
    logits = model->step(one_each(tokens), *state);
  };
  const auto reorder = [&](const std::vector<int64_t>& order) {
    state->reorder(at::tensor(order, at::kLong));
    std::vector<Row> moved;
    for (const int64_t row : order) moved.push_back(rows[static_cast<size_t>(row)]);
    rows = moved;
  };
  step(3);
  reorder({0, 0, 0, 1, 1, 2, 2, 2});
  step(7);
  reorder({2, 0, 4, 4, 3, 7});
  step(1);
  step(8);
  reorder({1, 3, 1, 2, 5, 5});
  step(2);
  for (size_t i = 0; i < rows.size(); ++i) {
    const at::Tensor length = source.lengths.narrow(0, rows[i].sentence, 1);
    const Source own{source.tokens.narrow(0, rows[i].sentence, 1).narrow(1, 0, length.item<int64_t>()),
                     length};
    const at::Tensor target = at::tensor(rows[i].tokens, at::kLong).unsqueeze(0);
    const at::Tensor alone = stepped(*model, own, target)[0][-1];
    EXPECT_TRUE(alone.equal(logits[static_cast<int64_t>(i)]))
        << "row " << i << ", difference "
        << (alone - logits[static_cast<int64_t>(i)]).abs().max().item<double>();
  }
}

TEST_P(EveryModel, APrefixCutAnyhowGivesTheBitsOfItsTokensOneByOne) {
  const nn::InferenceScope scope(*model);
  const nn::RowInvariantScope invariant;
  const Source source = random_source(3, 6);
  const at::Tensor target = random_tokens({3, 9}), single = stepped(*model, source, target);
  for (const std::vector<int64_t>& counts : {std::vector<int64_t>{9}, {1, 8}, {4, 1, 4}, {2, 3, 4}}) {
    const auto state = model->start(source, 1, 9);
    int64_t begin = 0;
    for (const int64_t count : counts) {
      const at::Tensor part = target.narrow(1, begin, count).flatten();
      const at::Tensor logits = model->step({part, {count, count, count}}, *state);
      begin += count;
      EXPECT_TRUE(logits.equal(single.select(1, begin - 1))) << counts << " at " << begin;
    }
  }
}

/// A Transformer accepts prefixes of different lengths in one step. Recurrent and convolutional models do
/// not, and throw.
TEST_P(EveryModel, PrefixesOfDifferentLengthsGiveTheBitsOfEachAloneOrAreRefused) {
  const nn::InferenceScope scope(*model);
  const nn::RowInvariantScope invariant;
  const Source source = random_source(3, 6);
  const at::Tensor target = random_tokens({3, 9}), single = stepped(*model, source, target);
  const std::vector<int64_t> counts{4, 1, 6};
  const at::Tensor prefixes =
      at::cat({target[0].narrow(0, 0, 4), target[1].narrow(0, 0, 1), target[2].narrow(0, 0, 6)});
  const auto state = model->start(source, 2, 9);
  if (GetParam().find("kind = 'transformer'") == std::string::npos) {
    EXPECT_THROW(model->step({prefixes, counts}, *state), c10::Error);
    return;
  }
  const at::Tensor first = model->step({prefixes, counts}, *state);
  state->reorder(at::tensor({2, 0, 0, 1}, at::kLong));
  const at::Tensor next = at::stack({target[2][6], target[0][4], target[0][4], target[1][1]});
  const at::Tensor second = model->step({next, {}}, *state);
  for (int64_t row = 0; row < 3; ++row)
    EXPECT_TRUE(first[row].equal(single[row][counts[static_cast<size_t>(row)] - 1])) << row;
  EXPECT_TRUE(second[0].equal(single[2][6]));
  EXPECT_TRUE(second[1].equal(single[0][4]) && second[2].equal(single[0][4]));
  EXPECT_TRUE(second[3].equal(single[1][1]));
}

TEST_P(EveryModel, InFloat64StepsGiveTheLogitsOfTheFullPassToo) {
  const nn::InferenceScope scope(*model);
  model->to(at::kDouble);
  const Source source = random_source(3, 7);
  const at::Tensor target = random_tokens({3, 9}), steps = stepped(*model, source, target);
  ASSERT_EQ(steps.scalar_type(), at::kDouble);
  EXPECT_LT(difference(steps, model->forward(source, target)), 1e-6);
}

/// Returns the cross attention [batch, target_length, heads, source_length] of steps.
at::Tensor stepped_attention(SequenceToSequenceModel& model, const Source& source, const at::Tensor& target) {
  const auto state = model.start(source, 1, target.size(1));
  state->keep_cross_attention();
  std::vector<at::Tensor> steps;
  for (int64_t t = 0; t < target.size(1); ++t) {
    model.step({target.select(1, t), {}}, *state);
    steps.push_back(state->cross_attention().clone());
  }
  return at::stack(steps, 1);
}

TEST_P(EveryModel, StepsTellWhatTheLastLayerAttendsToInTheSource) {
  const nn::InferenceScope scope(*model);
  const nn::RowInvariantScope invariant;
  const Source source = random_source(4, 7);
  const at::Tensor target = random_tokens({4, 5});
  const int64_t layers = model->attention_layers(nn::AttentionPart::kCross);
  if (layers == 0) {
    EXPECT_THROW(stepped_attention(*model, source, target), c10::Error);
    return;
  }
  const at::Tensor steps = stepped_attention(*model, source, target);
  ASSERT_EQ(steps.sizes().slice(0, 2), at::IntArrayRef({4, 5}));
  ASSERT_EQ(steps.size(3), 7);
  const auto trace = model->trace(source, target, nn::AttentionPart::kCross, layers - 1);
  std::vector<int64_t> heads(static_cast<size_t>(trace.query.size(1)));
  std::iota(heads.begin(), heads.end(), 0);
  const at::Tensor whole =
      attention::attention_weights(trace.query, trace.key, trace.spec, heads, {0, 1, 2, 3, 4});
  EXPECT_LT(difference(steps, whole.transpose(1, 2)), 1e-5);
  for (int64_t i = 0; i < 4; ++i) {
    const int64_t length = source.lengths[i].item<int64_t>();
    const Source alone{source.tokens.narrow(0, i, 1).narrow(1, 0, length), source.lengths.narrow(0, i, 1)};
    const at::Tensor seen = stepped_attention(*model, alone, target.narrow(0, i, 1))[0];
    EXPECT_TRUE(seen.equal(steps[i].narrow(2, 0, length))) << "in every batch, to the last bit";
    EXPECT_TRUE(steps[i].narrow(2, length, 7 - length).eq(0).all().item<bool>());
  }
}

TEST_P(EveryModel, CrossAttentionStaysThatOfTheLatestStepsLastTokensWhateverIsReorderedSince) {
  if (model->attention_layers(nn::AttentionPart::kCross) == 0) GTEST_SKIP() << "attends to no source";
  const nn::InferenceScope scope(*model);
  const nn::RowInvariantScope invariant;
  const Source source = random_source(3, 6);
  const at::Tensor target = random_tokens({3, 4}), single = stepped_attention(*model, source, target);
  const auto state = model->start(source, 2, 4);
  state->keep_cross_attention();
  model->step({target.narrow(1, 0, 3).flatten(), {3, 3, 3}}, *state);
  EXPECT_TRUE(state->cross_attention().equal(single.select(1, 2)));
  model->step({target.select(1, 3), {}}, *state);
  EXPECT_TRUE(state->cross_attention().equal(single.select(1, 3)));
  for (const auto& order : {std::vector<int64_t>{0, 1}, {1, 1, 0, 0}}) {
    state->reorder(at::tensor(order, at::kLong));
    EXPECT_TRUE(state->cross_attention().equal(single.select(1, 3)));
  }
}

TEST_P(EveryModel, EveryParameterLearns) {
  const Source source = random_source(4, 6);
  const at::Tensor logits = model->forward(source, random_tokens({4, 5}));
  torch::nn::functional::cross_entropy(logits.flatten(0, 1), random_tokens({20})).backward();
  for (const auto& parameter : model->named_parameters()) {
    // Learned positions past the sentences' ends are not used.
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_GT(parameter.value().grad().abs().max().item<double>(), 0) << parameter.key();
  }
}

TEST_P(EveryModel, TrainsUnderAutocastToBfloat16) {
  const Source source = random_source(4, 6);
  const at::Tensor target = random_tokens({4, 5}), output = random_tokens({20});
  const auto loss = [&] {
    torch::manual_seed(3);  // seeds a mixture's noise
    const at::Tensor logits = model->forward(source, target).to(at::kFloat);
    return torch::nn::functional::cross_entropy(logits.flatten(0, 1), output);
  };
  const double exact = loss().item<double>();
  at::Tensor rounded;
  {
    const nn::AutocastGuard autocast(at::kCPU, at::kBFloat16);
    rounded = loss();
  }
  EXPECT_NEAR(rounded.item<double>(), exact, 0.03 * exact);
  rounded.backward();
  for (const auto& parameter : model->named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_TRUE(parameter.value().grad().isfinite().all().item<bool>()) << parameter.key();
  }
}

INSTANTIATE_TEST_SUITE_P(Models, EveryModel, testing::ValuesIn(sections()),
                         [](const auto& info) { return std::to_string(info.index); });

class EveryKind : public testing::TestWithParam<std::string> {};

TEST_P(EveryKind, LearnsToReverse) {
  torch::manual_seed(6);
  toml::table section = parse_toml(GetParam(), "test");
  const auto model =
      make_model<nn::SequenceToSequenceModel>(section, {.source = kVocabulary, .target = kVocabulary});
  torch::optim::Adam optimizer(model->parameters(), torch::optim::AdamOptions(3e-3));
  double loss = 0;
  for (int step = 0; step < 250; ++step) {
    const at::Tensor tokens = at::randint(2, kVocabulary, {32, 5}, at::kLong), reversed = tokens.flip({1});
    const at::Tensor input = at::cat({at::ones({32, 1}, at::kLong), reversed.narrow(1, 0, 4)}, 1);
    const at::Tensor logits = model->forward({tokens, at::full({32}, 5, at::kLong)}, input);
    const at::Tensor nll = torch::nn::functional::cross_entropy(logits.flatten(0, 1), reversed.flatten());
    optimizer.zero_grad();
    nll.backward();
    optimizer.step();
    loss = nll.item<double>();
  }
  EXPECT_LT(loss, 1.5);  // guessing: ln 17 = 2.8
}

INSTANTIATE_TEST_SUITE_P(
    Models, EveryKind,
    testing::Values(
        "kind = 'transformer'\nd_model = 32\nheads = 2\nencoder_layers = 2\ndecoder_layers = 2\nd_ff = "
        "40\ndropout = 0.0",
        "kind = 'lstm'\nembedding = 48\nhidden = 48\nencoder_layers = 1\ndecoder_layers = 1\ndropout = 0.0",
        "kind = 'gnmt'\nhidden = 48\nencoder_layers = 2\ndecoder_layers = 2\ndropout = 0.0",
        "kind = 'gnmt'\nhidden = 48\nencoder_layers = 2\ndecoder_layers = 2\ndropout = 0.0\nexperts = "
        "4\nactive_experts = 2\nexpert_hidden = 48",
        "kind = 'conv_s2s'\nembedding = 48\nhidden = 48\nencoder_layers = 2\ndecoder_layers = 2\ndropout = "
        "0.0"),
    [](const auto& info) { return std::to_string(info.index); });

}  // namespace
}  // namespace heed::models
