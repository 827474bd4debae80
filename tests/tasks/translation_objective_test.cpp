// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/translation_objective.h"

#include "tests/core/expect_error.h"
#include "tests/data/text/toy_language.h"
#include "tests/decoding/toy_translators.h"
#include <gtest/gtest.h>

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/models/registry.h"

namespace heed::tasks {
namespace {

/// Makes sentences that are their own translations.
std::shared_ptr<const TranslationCorpus> toy_corpus(const std::string& model) {
  text::SubwordOptions options;
  options.size = 120;
  options.model = model;
  const auto sentences = text::testing::toy_german();
  auto vocabulary = text::SubwordVocabulary::train(sentences, options);
  auto corpus =
      std::make_shared<TranslationCorpus>(TranslationCorpus{{vocabulary, vocabulary, true}, {}, {}});
  for (const auto& sentence : sentences)
    corpus->splits["train"].push_back({vocabulary.encode(sentence), vocabulary.encode(sentence)});
  corpus->splits["valid"] = corpus->splits["train"];
  return corpus;
}

/// Makes a model, optionally limited to 40 pieces.
std::shared_ptr<nn::SequenceToSequenceModel> toy_model(const std::string& position) {
  toml::table section = parse_toml(
      "d_model = 8\nheads = 1\nencoder_layers = 1\ndecoder_layers = 1\nd_ff = 8\nmax_length = 40\nposition = "
      "'" +
          position + "'",
      "test");
  return models::make_model<nn::SequenceToSequenceModel>(section, {.source = 120, .target = 120});
}

TranslationDataOptions data_options() {
  TranslationDataOptions options;
  options.batches.max_tokens = 600;
  return options;
}

TranslationObjective objective(const std::shared_ptr<const TranslationCorpus>& corpus, double sampling) {
  TranslationDataOptions options = data_options();
  options.subword_sampling = sampling;
  return {toy_model("sinusoidal"), corpus, options, /*seed=*/7, at::kCPU};
}

/// Decodes a batch of tokens [batch, length] to sentences.
std::vector<std::string> texts(const TranslationCorpus& corpus, const at::Tensor& tokens) {
  std::vector<std::string> result;
  for (int64_t i = 0; i < tokens.size(0); ++i) {
    std::vector<int32_t> row;
    for (int64_t j = 0; j < tokens.size(1); ++j) {
      const auto token = tokens[i][j].item<int64_t>();
      if (token > text::SubwordVocabulary::kPad) row.push_back(static_cast<int32_t>(token));
    }
    result.push_back(corpus.vocabulary.target.decode(row));
  }
  return result;
}

/// Makes a corpus with a pair of that many pieces in its validation split, besides others.
std::shared_ptr<const TranslationCorpus> with_long_pair(size_t pieces) {
  auto corpus = std::make_shared<TranslationCorpus>(*toy_corpus("bpe"));
  corpus->splits["valid"].push_back({text::Tokens(pieces, 10), text::Tokens(pieces, 10)});
  return corpus;
}

TEST(TranslationObjective, ValidatesWithoutPairsThatTheModelCannotTake) {
  auto options = data_options();
  options.batches.max_length = 40;
  TranslationObjective with(toy_model("learned"), with_long_pair(40), options, 7, at::kCPU);
  TranslationObjective without(toy_model("learned"), toy_corpus("bpe"), options, 7, at::kCPU);
  EXPECT_EQ(with.validate().count, without.validate().count);
  TranslationObjective just_fits(toy_model("learned"), with_long_pair(39), options, 7, at::kCPU);
  EXPECT_EQ(just_fits.validate().count, without.validate().count + 40);
}

TEST(TranslationObjective, RefusesToTrainOnPairsThatTheModelCannotTake) {
  auto options = data_options();
  options.batches.max_length = 41;
  EXPECT_THAT(
      error_of(ErrorKind::kConfig,
               [&] { TranslationObjective(toy_model("learned"), toy_corpus("bpe"), options, 7, at::kCPU); }),
      ::testing::HasSubstr("but the model reads at most"));
  EXPECT_NO_THROW(TranslationObjective(toy_model("sinusoidal"), toy_corpus("bpe"), options, 7, at::kCPU));
}

TEST(TranslationObjective, TellsTheModelWhatIsPaddingOfATarget) {
  const auto model = std::make_shared<testing::ToyTranslator>(
      120, [](const auto&, const auto&) { return std::vector<float>(120); });
  TranslationObjective training(model, toy_corpus("bpe"), data_options(), 7, at::kCPU);
  const int64_t targets = training.training_loss(0).targets;
  const auto batch = training.training_batch(0);
  EXPECT_TRUE(model->shown.tokens.equal(batch.target_input));
  EXPECT_TRUE(model->shown.lengths.equal(batch.target_output.ne(TranslationBatch::kIgnore).sum(1)));
  EXPECT_EQ(model->shown.lengths.sum().item<int64_t>(), targets);
  training.validate();
  EXPECT_EQ(model->shown.lengths.sizes(), model->shown.tokens.sizes().slice(0, 1));
}

TEST(TranslationObjective, NeedsSomethingToValidateOn) {
  auto corpus = std::make_shared<TranslationCorpus>(*toy_corpus("bpe"));
  corpus->splits["valid"].clear();
  EXPECT_THAT(
      error_of(ErrorKind::kData,
               [&] { TranslationObjective(toy_model("sinusoidal"), corpus, data_options(), 7, at::kCPU); }),
      ::testing::HasSubstr("has no pair"));
}

TEST(TranslationObjective, SamplesPiecesOfTheSameSentencesByIndex) {
  for (const char* model : {"bpe", "unigram"}) {
    const auto corpus = toy_corpus(model);
    auto plain = objective(corpus, 0), sampled = objective(corpus, 0.2), again = objective(corpus, 0.2);
    for (const int64_t index : {5, 3}) {
      const auto a = plain.training_batch(index), b = sampled.training_batch(index);
      EXPECT_TRUE(b.target_input.equal(again.training_batch(index).target_input)) << model;
      EXPECT_EQ(texts(*corpus, a.target_input), texts(*corpus, b.target_input)) << model;
      EXPECT_EQ(texts(*corpus, a.source.tokens), texts(*corpus, b.source.tokens)) << model;
      EXPECT_GT(b.target_tokens, a.target_tokens) << model;
    }
    // In the next epoch the same sentence is segmented differently.
    const int64_t epoch = sampled.indices_per_epoch();
    int64_t first = 0, second = 0;
    for (int64_t i = 0; i < epoch; ++i) {
      first += sampled.training_batch(i).target_tokens;
      second += sampled.training_batch(epoch + i).target_tokens;
    }
    EXPECT_NE(first, second) << model;
  }
}

/// Returns the losses of the first steps, without dropout, for one way of computing them.
std::vector<double> first_losses(double r_drop, at::Device device) {
  at::manual_seed(1);
  TranslationDataOptions options = data_options();
  options.r_drop = r_drop;
  const auto model = toy_model("sinusoidal");
  model->to(device);
  model->eval();  // no dropout
  TranslationObjective objective(model, toy_corpus("bpe"), options, /*seed=*/7, device);
  std::vector<double> losses;
  for (int64_t step = 0; step < 3; ++step) {
    const auto loss = objective.training_loss(step);
    loss.sum.backward();
    losses.push_back(loss.sum.item<double>() / static_cast<double>(loss.targets));
    at::NoGradGuard no_grad;
    for (auto& parameter : model->parameters()) {
      if (!parameter.grad().defined()) continue;
      parameter.sub_(parameter.grad() * 1e-4);
      parameter.mutable_grad() = at::Tensor();
    }
  }
  return losses;
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-4) << "step " << i;
}

TEST(TranslationObjective, TwoPassesWithoutDropoutLoseWhatOneDoes) {
  expect_near(first_losses(0, at::kCPU), first_losses(5, at::kCPU));
}

TEST(TranslationObjective, LosesOnCudaWhatItLosesOnTheCpu) {
  if (!at::hasCUDA()) GTEST_SKIP() << "no CUDA device here";
  for (const double r_drop : {0.0, 5.0})
    expect_near(first_losses(r_drop, at::kCPU), first_losses(r_drop, at::kCUDA));
}

}  // namespace
}  // namespace heed::tasks
