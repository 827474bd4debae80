// SPDX-License-Identifier: Apache-2.0
// Requirements on every autoregressive sequence model.
#include "heed/nn/sequence_model.h"

#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/utils.h>

#include "heed/core/config.h"
#include "heed/models/registry.h"
#include "heed/nn/inference_scope.h"
#include "heed/nn/linear.h"

namespace heed::models {
namespace {

using nn::SequenceModel;
using Counts = std::vector<int64_t>;

constexpr int64_t kVocabulary = 19;

struct NamedSection {
  std::string name, text;  ///< section [model] of a small model without dropout
};

void PrintTo(const NamedSection& section, std::ostream* stream) {
  *stream << section.name;
}

/// Sizes off the vector width; distances and lengths that sequences of 13 tokens exceed or just fit.
std::vector<NamedSection> sections() {
  const std::string small =
      "d_model = 22\nheads = 2\nlayers = 2\nd_ff = 37\nmax_length = 16\nmax_relative_distance = 4\ndropout = "
      "0.0\n";
  std::vector<NamedSection> list;
  for (const std::string position : {"none", "sinusoidal", "learned", "shaw", "music"})
    list.push_back({position, small + "position = '" + position + "'"});
  for (const std::string position : {"shaw", "music"})
    list.push_back(
        {position + "_nothing_beyond", small + "beyond = 'nothing'\nposition = '" + position + "'"});
  list.push_back({"music_by_the_voice", small + "position = 'music'\nposition_period = 4"});
  list.push_back({"post_norm_relu",
                  small + "position = 'learned'\nnorm = 'post'\nactivation = 'relu'\nposition_period = 3"});
  const std::string gpt =
      "position = 'learned'\nactivation = 'gelu_tanh'\nscale_embeddings = false\ninitialisation = ";
  list.push_back({"gpt2", small + gpt + "'gpt2'\ntie_embeddings = true"});
  list.push_back({"gpt_untied", small + gpt + "'gpt'\nnorm = 'post'\noutput_bias = false"});
  list.push_back({"tied", small + "position = 'sinusoidal'\ntie_embeddings = true"});
  const std::string lstm = "kind = 'lstm'\nembedding = 18\nhidden = 30\nlayers = 2\ndropout = 0.0\n";
  list.push_back({"lstm", lstm});
  list.push_back({"lstm_attention", lstm + "attention = true\nattention_heads = 3"});
  list.push_back(
      {"lstm_of_one_layer_tied",
       "kind = 'lstm'\nembedding = 21\nhidden = 21\nlayers = 1\ndropout = 0.0\ntie_embeddings = true"});
  const std::string awd =
      "kind = 'awd_lstm'\nembedding = 18\nhidden = 30\nlayers = 3\nweight_drop = 0.0\nword_dropout = 0.0\n"
      "input_dropout = 0.0\nhidden_dropout = 0.0\noutput_dropout = 0.0\n";
  list.push_back({"awd_lstm", awd});
  list.push_back({"awd_lstm_untied", awd + "tie_embeddings = false"});
  list.push_back({"r_transformer",
                  "kind = 'r_transformer'\nd_model = 22\nheads = 2\nlayers = 2\nd_ff = 37\nwindow = 4\n"
                  "dropout = 0.0"});
  const std::string sha =
      "kind = 'sha_rnn'\nhidden = 22\nboom = 44\nlayers = 3\ndropout = 0.0\nattention_dropout = 0.0\n";
  list.push_back({"sha_rnn", sha});
  list.push_back({"sha_rnn_attends_everywhere", sha + "attention = 'all'\nheads = 2"});
  const std::string sru =
      "kind = 'sru_plus_plus'\nhidden = 30\nprojection = 10\nlayers = 3\ndropout = 0.0\n"
      "attention_dropout = 0.0\n";
  list.push_back({"sru_plus_plus", sru});
  list.push_back({"sru_plus_plus_attends_once_tied", sru + "attention_every = 2\ntie_embeddings = true"});
  return list;
}

at::Tensor random_tokens(at::IntArrayRef sizes) {
  return at::randint(kVocabulary, sizes, at::kLong);
}

class EverySequenceModel : public testing::TestWithParam<NamedSection> {
 protected:
  EverySequenceModel() {
    torch::manual_seed(1);
    toml::table section = parse_toml(GetParam().text, "test");
    model = make_model<nn::SequenceModel>(section, {.target = kVocabulary});
    const at::NoGradGuard no_grad;  // attention that a model begins without
    for (auto& parameter : model->named_parameters())
      if (parameter.key().ends_with(".alpha")) parameter.value().fill_(0.7);
    // Embeddings that begin so small that tokens hardly matter.
    at::Tensor embeddings = model->named_parameters()["tokens.weight"];
    if (embeddings.std().item<double>() < 0.1) embeddings.mul_(0.5 / embeddings.std());
  }

  /// Feeds one row's tokens [length] in steps of these counts; returns the logits after each step [steps,
  /// vocabulary].
  at::Tensor alone(const at::Tensor& tokens, const Counts& counts) {
    const auto state = model->start(1, tokens.size(0));
    std::vector<at::Tensor> logits;
    int64_t begin = 0;
    for (const int64_t count : counts) {
      logits.push_back(model->step({tokens.narrow(0, begin, count), {count}}, *state)[0]);
      begin += count;
    }
    return at::stack(logits);
  }
  at::Tensor one_by_one(const at::Tensor& tokens) {
    return alone(tokens, Counts(static_cast<size_t>(tokens.size(0)), 1));
  }
  /// Returns the logits [batch, length, vocabulary] of feeding token by token.
  at::Tensor stepped(const at::Tensor& tokens) {
    const auto state = model->start(tokens.size(0), tokens.size(1));
    std::vector<at::Tensor> logits;
    for (int64_t t = 0; t < tokens.size(1); ++t)
      logits.push_back(model->step({tokens.select(1, t), {}}, *state));
    return at::stack(logits, 1);
  }

  std::shared_ptr<SequenceModel> model;
};

TEST_P(EverySequenceModel, StepsGiveTheLogitsOfTheFullPass) {
  const nn::InferenceScope scope(*model);
  const at::Tensor tokens = random_tokens({3, 13}), whole = model->forward({tokens, {}, {}});
  ASSERT_EQ(whole.sizes(), at::IntArrayRef({3, 13, kVocabulary}));
  EXPECT_LT(difference(stepped(tokens), whole), 2e-5);
}

TEST_P(EverySequenceModel, InFloat64RaggedStepsGiveTheLogitsOfTheFullPassToo) {
  const nn::InferenceScope scope(*model);
  model->to(at::kDouble);
  const at::Tensor tokens = random_tokens({3, 13}), whole = model->forward({tokens, {}, {}});
  const auto state = model->start(3, 13);
  Counts used(3, 0);
  for (const Counts& counts : {Counts{5, 1, 9}, Counts{1, 1, 1}, Counts{6, 2, 1}, Counts{}, Counts{}}) {
    std::vector<at::Tensor> pieces, expected;
    if (used[0] == 13) break;
    for (size_t row = 0; row < 3; ++row) {
      const auto i = static_cast<int64_t>(row);
      const int64_t count = counts.empty() ? 1 : counts[row];
      pieces.push_back(tokens[i].narrow(0, used[row], count));
      used[row] += count;
      expected.push_back(whole[i][used[row] - 1]);
    }
    const at::Tensor logits = model->step({at::cat(pieces), counts}, *state);
    ASSERT_EQ(logits.scalar_type(), at::kDouble);
    EXPECT_LT(difference(logits, at::stack(expected)), 1e-9) << used;
  }
}

TEST_P(EverySequenceModel, InBfloat16StepsStayNearTheFullPass) {
  const nn::InferenceScope scope(*model);
  const at::Tensor tokens = random_tokens({3, 13}), exact = model->forward({tokens, {}, {}});
  model->to(at::kBFloat16);
  EXPECT_LT(difference(stepped(tokens).to(at::kFloat), exact), 0.15 * exact.abs().max().item<double>());
}

TEST_P(EverySequenceModel, APromptCutAnyhowGivesTheBitsOfItsTokensOneByOne) {
  const nn::InferenceScope scope(*model);
  const nn::RowInvariantScope invariant;
  const at::Tensor tokens = random_tokens({13}), single = one_by_one(tokens);
  for (const Counts& counts :
       {Counts{13}, Counts{1, 12}, Counts{12, 1}, Counts{5, 1, 1, 6}, Counts{2, 3, 4, 4}}) {
    const at::Tensor logits = alone(tokens, counts);
    int64_t end = 0;
    for (size_t step = 0; step < counts.size(); ++step) {
      end += counts[step];
      EXPECT_TRUE(logits[static_cast<int64_t>(step)].equal(single[end - 1])) << counts << " at " << end;
    }
  }
}

TEST_P(EverySequenceModel, RowsOfDifferentLengthsSideBySideGiveTheBitsOfEachAlone) {
  const nn::InferenceScope scope(*model);
  const nn::RowInvariantScope invariant;
  const Counts prompts{7, 1, 4, 10, 2};
  const at::Tensor tokens = random_tokens({5, 13});
  const auto state = model->start(5, 13);
  std::vector<at::Tensor> pieces, single;
  for (size_t row = 0; row < 5; ++row) {
    pieces.push_back(tokens[static_cast<int64_t>(row)].narrow(0, 0, prompts[row]));
    single.push_back(one_by_one(tokens[static_cast<int64_t>(row)]));
  }
  at::Tensor logits = model->step({at::cat(pieces), prompts}, *state);
  for (int64_t more = 0;; ++more) {
    for (size_t row = 0; row < 5; ++row) {
      const int64_t at = prompts[row] + more - 1;
      EXPECT_TRUE(logits[static_cast<int64_t>(row)].equal(single[row][at])) << "row " << row << " at " << at;
    }
    if (more == 3) break;
    std::vector<at::Tensor> next;
    for (size_t row = 0; row < 5; ++row)
      next.push_back(tokens[static_cast<int64_t>(row)][prompts[row] + more]);
    logits = model->step({at::stack(next), {}}, *state);
  }
}

TEST_P(EverySequenceModel, RowsThatLeaveOrMoveChangeNoBitOfTheOthers) {
  const nn::InferenceScope scope(*model);
  const nn::RowInvariantScope invariant;
  const at::Tensor tokens = random_tokens({4, 9}), single = stepped(tokens);
  const auto state = model->start(4, 9);
  std::vector<int64_t> present{0, 1, 2, 3};
  const auto reorder = [&](const std::vector<int64_t>& order) {
    state->reorder(at::tensor(order, at::kLong));
    std::vector<int64_t> moved;
    for (const int64_t row : order) moved.push_back(present[static_cast<size_t>(row)]);
    present = moved;
  };
  for (int64_t t = 0; t < 9; ++t) {
    if (t == 3) reorder({3, 0, 2});
    if (t == 5) reorder({1, 2, 0});
    if (t == 8) reorder({2});
    ASSERT_EQ(state->rows(), std::ssize(present));
    const at::Tensor rows = at::tensor(present, at::kLong);
    const at::Tensor logits = model->step({tokens.select(1, t).index_select(0, rows), {}}, *state);
    EXPECT_TRUE(logits.equal(single.select(1, t).index_select(0, rows))) << "at " << t;
  }
}

TEST_P(EverySequenceModel, LogitsOfSeveralTokensOfAStepHaveTheBitsOfSingleSteps) {
  const nn::InferenceScope scope(*model);
  const nn::RowInvariantScope invariant;
  const at::Tensor tokens = random_tokens({3, 13});
  const auto state = model->start(3, 13);
  Counts used(3, 0);
  for (const auto& [counts, wanted] : {std::pair{Counts{4, 1, 6}, Counts{1, 1, 3}},
                                       {{1, 2, 5}, {1, 2, 5}},
                                       {{3, 1, 1}, {2, 1, 1}},
                                       {{1, 8, 1}, {}}}) {
    std::vector<at::Tensor> pieces, expected;
    for (size_t row = 0; row < 3; ++row) {
      const at::Tensor own = tokens[static_cast<int64_t>(row)];
      pieces.push_back(own.narrow(0, used[row], counts[row]));
      used[row] += counts[row];
      const int64_t count = wanted.empty() ? 1 : wanted[row];
      expected.push_back(one_by_one(own.narrow(0, 0, used[row])).narrow(0, used[row] - count, count));
    }
    EXPECT_TRUE(model->step({at::cat(pieces), counts, wanted}, *state).equal(at::cat(expected))) << counts;
  }
}

TEST_P(EverySequenceModel, DroppedTokensAreAsIfTheyHadNeverBeenConsumed) {
  const nn::InferenceScope scope(*model);
  const nn::RowInvariantScope invariant;
  const at::Tensor tokens = random_tokens({4, 13}), wrong = random_tokens({4, 13});
  const auto state = model->start(4, 13);
  state->allow_drops(5);
  Counts used(4, 0), present{0, 1, 2, 3};
  const auto feed = [&](const at::Tensor& from, const Counts& counts) {
    std::vector<at::Tensor> pieces;
    for (size_t row = 0; row < counts.size(); ++row)
      pieces.push_back(from[present[row]].narrow(0, used[row], counts[row]));
    return model->step({at::cat(pieces), counts}, *state);
  };
  const auto expect_own = [&](const at::Tensor& logits) {
    for (size_t row = 0; row < present.size(); ++row)
      EXPECT_TRUE(logits[static_cast<int64_t>(row)].equal(
          one_by_one(tokens[present[row]].narrow(0, 0, used[row]))[used[row] - 1]))
          << "row " << row << " at " << used[row];
  };
  const auto advance = [&](const Counts& counts) {
    const at::Tensor logits = feed(tokens, counts);
    for (size_t row = 0; row < counts.size(); ++row) used[row] += counts[row];
    expect_own(logits);
  };
  advance({3, 1, 4, 2});
  feed(wrong, {5, 1, 2, 3});
  state->drop_last({5, 1, 2, 3});
  advance({2, 3, 1, 1});
  feed(wrong, {1, 1, 1, 1});  // what is dropped may come from several steps, and of some rows none
  feed(wrong, {3, 1, 1, 2});
  state->drop_last({4, 2, 2, 3});
  state->reorder(at::tensor({2, 0, 3}, at::kLong));
  present = {2, 0, 3};
  used = {used[2], used[0], used[3]};
  advance({1, 2, 3});
  state->drop_last({1, 0, 3});  // the right tokens again
  used = {used[0] - 1, used[1], used[2] - 3};
  advance({4, 1, 2});
}

TEST_P(EverySequenceModel, RefusesToDropMoreThanItConsumedAndToReturnMoreLogitsThanTokens) {
  const nn::InferenceScope scope(*model);
  const auto state = model->start(2, 9);
  state->allow_drops(9);
  model->step({random_tokens({5}), {2, 3}}, *state);
  EXPECT_THROW(state->drop_last({3, 0}), c10::Error);
  EXPECT_THROW(state->drop_last({0, -1}), c10::Error);
  EXPECT_THROW(state->drop_last({1}), c10::Error);
  EXPECT_THROW(model->step({random_tokens({2}), {}, {2, 1}}, *state), c10::Error);
  EXPECT_THROW(model->step({random_tokens({4}), {2, 2}, {0, 1}}, *state), c10::Error);
  EXPECT_THROW(model->step({random_tokens({4}), {2, 2}, {1}}, *state), c10::Error);
}

TEST_P(EverySequenceModel, ThreadsOfOneStepGiveTheSameBits) {
  const nn::InferenceScope scope(*model);
  const nn::RowInvariantScope invariant;
  const at::Tensor tokens = random_tokens({70, 13}), before = stepped(tokens);
  at::set_num_threads(3);
  const at::Tensor shared = stepped(tokens);
  at::set_num_threads(1);
  EXPECT_TRUE(shared.equal(before));
}

TEST_P(EverySequenceModel, ThreadsMayStepAtOnce) {
  const nn::InferenceScope scope(*model);
  constexpr size_t kThreads = 4;
  std::vector<at::Tensor> tokens, found(kThreads);
  for (size_t i = 0; i < kThreads; ++i) tokens.push_back(random_tokens({5, 8}));
  const auto work = [&](size_t i) {
    const at::NoGradGuard no_grad;
    const nn::RowInvariantScope invariant;
    return stepped(tokens[i]);
  };
  std::vector<std::thread> threads;  // the model is new: the first thread packs its weights
  for (size_t i = 0; i < kThreads; ++i) threads.emplace_back([&, i] { found[i] = work(i); });
  for (auto& thread : threads) thread.join();
  for (size_t i = 0; i < kThreads; ++i) EXPECT_TRUE(found[i].equal(work(i))) << i;
}

TEST_P(EverySequenceModel, LogitsAreThoseOfItsFeatures) {
  const nn::InferenceScope scope(*model);
  const at::Tensor tokens = random_tokens({2, 5}), features = model->features({tokens, {}, {}});
  const nn::OutputLayer layer = model->output_layer();
  EXPECT_EQ(features.sizes(), at::IntArrayRef({2, 5, layer.weight.size(1)}));
  EXPECT_EQ(layer.weight.size(0), kVocabulary);
  EXPECT_TRUE(model->logits(features).equal(model->forward({tokens, {}, {}})));
}

TEST_P(EverySequenceModel, TheFutureDoesNotMoveThePast) {
  const nn::InferenceScope scope(*model);
  const at::Tensor tokens = random_tokens({2, 9}), other = tokens.clone();
  other.narrow(1, 6, 3).copy_((tokens.narrow(1, 6, 3) + 1).remainder(kVocabulary));
  const at::Tensor a = model->forward({tokens, {}, {}}), b = model->forward({other, {}, {}});
  EXPECT_LT(difference(a.narrow(1, 0, 6), b.narrow(1, 0, 6)), 1e-6);
  EXPECT_GT(difference(a.narrow(1, 6, 1), b.narrow(1, 6, 1)), 1e-3);
}

TEST_P(EverySequenceModel, RefusesTokensBeyondTheCapacityAndStepsThatDoNotFitTheRows) {
  const nn::InferenceScope scope(*model);
  const auto state = model->start(2, 3);
  EXPECT_THROW(model->step({random_tokens({3}), {}}, *state), c10::Error);
  EXPECT_THROW(model->step({random_tokens({3}), {1, 1}}, *model->start(2, 3)), c10::Error);
  EXPECT_THROW(model->step({random_tokens({3}), {3, 0}}, *model->start(2, 3)), c10::Error);
  EXPECT_THROW(model->step({random_tokens({5}), {1, 4}}, *model->start(2, 3)), c10::Error) << "beyond";
  const auto full = model->start(2, 3);
  model->step({random_tokens({6}), {3, 3}}, *full);
  EXPECT_THROW(model->step({random_tokens({2}), {}}, *full), c10::Error) << "beyond";
  const auto single = model->start(2, 3);
  EXPECT_THROW(single->reorder(at::tensor({0, 0}, at::kLong)), c10::Error) << "room for one row an input";
}

TEST_P(EverySequenceModel, HasNoCrossAttentionToKeep) {
  const auto state = model->start(1, 2);
  EXPECT_THROW(state->keep_cross_attention(), c10::Error);
}

TEST_P(EverySequenceModel, EveryParameterLearns) {
  model->forward({random_tokens({2, 11}), {}, {}}).logsumexp(-1).sum().backward();
  for (const auto& parameter : model->named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_GT(parameter.value().grad().abs().sum().item<double>(), 0) << parameter.key();
  }
}

INSTANTIATE_TEST_SUITE_P(Models, EverySequenceModel, testing::ValuesIn(sections()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace heed::models
