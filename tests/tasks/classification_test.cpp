// SPDX-License-Identifier: Apache-2.0
#include <random>

#include "tests/core/kept_log.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/text/text_files.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "heed/core/error.h"
#include "heed/models/transformer.h"
#include "heed/nn/inference_scope.h"
#include "heed/tasks/classification/classification_objective.h"
#include "heed/tasks/classification/classifier.h"
#include "heed/training/trainer.h"

namespace heed::tasks {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using text::testing::Files;

constexpr ClassifierMarks kTestMarks{0, 8, 9};

std::shared_ptr<models::SequenceClassifier> tiny_classifier(int64_t rows, int64_t classes) {
  at::manual_seed(5);
  models::TransformerOptions options;
  options.vocabulary = rows;
  options.d_model = 32;
  options.heads = 2;
  options.layers = 2;
  options.d_ff = 64;
  options.max_relative_distance = 32;
  options.dropout = 0;
  return std::make_shared<models::SequenceClassifier>(std::make_shared<models::Transformer>(options), classes,
                                                      0);
}

TEST(ClassificationBatches, FramesTextsAndPairs) {
  EXPECT_THAT(framed({{1, 2}, {}, 0}, kTestMarks, 10), ElementsAre(0, 1, 2, 9));
  EXPECT_THAT(framed({{1, 2}, {3}, 0}, kTestMarks, 10), ElementsAre(0, 1, 2, 8, 3, 9));
  EXPECT_THAT(framed({{1, 2}, {3}, 0}, kTestMarks, 10, /*swapped=*/true), ElementsAre(0, 3, 8, 1, 2, 9));
}

TEST(ClassificationBatches, TheLongerTextOfAPairGivesWay) {
  const EncodedText text{{1, 2, 3, 4, 5}, {6, 7}, 0};
  EXPECT_THAT(framed(text, kTestMarks, 8), ElementsAre(0, 1, 2, 3, 8, 6, 7, 9));
  EXPECT_THAT(framed(text, kTestMarks, 6), ElementsAre(0, 1, 2, 8, 6, 9));
  EXPECT_THAT(framed({{1, 2, 3}, {}, 0}, kTestMarks, 4), ElementsAre(0, 1, 2, 9));
  EXPECT_TRUE(is_cut(text, 9));
  EXPECT_FALSE(is_cut(text, 10));
}

TEST(ClassificationBatches, PaddingChangesNothing) {
  const std::vector<EncodedText> texts{{{1}, {}, 0}, {{2, 3, 4, 5, 6, 7}, {}, 1}, {{1, 2}, {}, 2}};
  const auto model = tiny_classifier(10, 3);
  const nn::InferenceScope inference(*model);
  const auto logits = [&](std::vector<size_t> rows) {
    const auto batch = make_classification_batch(texts, rows, kTestMarks, 20, false);
    return class_logits(*model, model->trunk().features(batch.input), batch);
  };
  const at::Tensor together = logits({0, 1, 2});
  for (size_t i = 0; i < texts.size(); ++i)
    EXPECT_TRUE(at::allclose(together[static_cast<int64_t>(i)], logits({i})[0], 1e-5, 1e-6)) << i;
}

TEST(ClassificationBatches, BothOrdersOfAPairGiveTheSameClass) {
  const std::vector<EncodedText> texts{{{1, 2}, {3}, 0}, {{3}, {1, 2}, 0}, {{4, 5, 6}, {7}, 0}};
  const auto model = tiny_classifier(10, 3);
  const nn::InferenceScope inference(*model);
  const auto batch = make_classification_batch(texts, std::vector<size_t>{0, 1, 2}, kTestMarks, 20, true);
  EXPECT_EQ(batch.input.tokens.size(0), 6);
  const at::Tensor logits = class_logits(*model, model->trunk().features(batch.input), batch);
  EXPECT_TRUE(at::allclose(logits[0], logits[1], 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(logits[0], logits[2], 1e-2, 1e-2));
}

/// Texts whose class is which of two words comes first, among others: words alone do not tell.
std::string order_table(int rows, unsigned seed) {
  std::mt19937 random(seed);
  const std::vector<std::string> others{"sun", "moon", "sea"};
  std::string table = "label\ttext\n";
  for (int i = 0; i < rows; ++i) {
    const bool first = random() % 2 == 0;
    const auto other = [&] { return others[random() % others.size()]; };
    table += std::string(first ? "cat" : "dog") + "\t" + other() + " " + (first ? "cat " : "dog ") + other() +
             " " + (first ? "dog " : "cat ") + other() + "\n";
  }
  return table;
}

TEST(Classification, LearnsWhatABagOfWordsCannot) {
  const Files files;
  files.write("train.tsv", order_table(400, 1));
  files.write("valid.tsv", order_table(200, 2));
  ClassificationDataOptions options;
  options.batch_size = 20;
  options.dropout = 0;
  text::TextVocabularyOptions vocabulary;
  vocabulary.kind = "words";
  const auto corpus = std::make_shared<const ClassificationCorpus>(
      read_classification({files.path()}, options, vocabulary, {}, 1));
  EXPECT_THAT(corpus->classes, ElementsAre("cat", "dog"));
  const int64_t rows = corpus->vocabulary->size() + 2;
  const auto model = tiny_classifier(rows, 2);
  ClassificationObjective objective(model, corpus, options, classifier_marks(*corpus->vocabulary, rows), 1,
                                    at::kCPU);
  const auto before = objective.validate();
  EXPECT_NEAR(before.metrics.at("nll"), std::log(2.0), 0.1);
  training::TrainingOptions training;
  training.steps = 150;
  training.learning_rate = 3e-3;
  training.schedule = "constant";
  training.warmup_steps = 10;
  training.precision = "fp32";
  training.validate_every = training.checkpoint_every = 50;
  const auto result = training::train(objective, training, files.path() / "run", {});
  EXPECT_EQ(result.watch, "accuracy");
  EXPECT_GT(*result.best, 0.95);
}

TEST(Classification, DrawsExamplesOfEachClassBySeed) {
  const Files files;
  files.write("train.tsv", order_table(100, 1));
  files.write("valid.tsv", order_table(20, 2));
  ClassificationDataOptions options;
  options.per_class = 7;
  text::TextVocabularyOptions vocabulary;
  vocabulary.kind = "words";
  const auto card = [&](uint64_t seed) {
    const auto corpus = read_classification({files.path()}, options, vocabulary, {}, seed);
    EXPECT_EQ(corpus.split("train").size(), 14U);
    EXPECT_EQ(corpus.split("valid").size(), 20U);
    std::stringstream text;
    text << classification_card(corpus);
    return text.str();
  };
  EXPECT_EQ(card(1), card(1));
  EXPECT_NE(card(1), card(2));
}

TEST(Classification, KeepsTheMostFrequentClassesAndSaysWhatItLeavesOut) {
  const Files files;
  files.write("train.tsv", "label\ttext\na\tone\na\ttwo\nb\tthree\nb\tfour\nc\tfive\n\tsix\n");
  files.write("valid.tsv", "label\ttext\na\tone\nc\tfive\n");
  ClassificationDataOptions options;
  options.classes = 2;
  text::TextVocabularyOptions vocabulary;
  const LinesOfLog log;
  const auto corpus = read_classification({files.path()}, options, vocabulary, {}, 1);
  EXPECT_THAT(corpus.classes, ElementsAre("a", "b"));
  EXPECT_EQ(corpus.split("valid").size(), 1U);
  EXPECT_THAT(log.notes, ::testing::Contains("texts left out: 1 without a label, 2 of other classes"));
}

TEST(Classification, OneClassIsAnError) {
  const Files files;
  files.write("train.tsv", "label\ttext\na\tone\na\ttwo\n");
  files.write("valid.tsv", "label\ttext\na\tone\n");
  text::TextVocabularyOptions vocabulary;
  try {
    read_classification({files.path()}, {}, vocabulary, {}, 1);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_THAT(error.what(), HasSubstr("has 1 class to train on; at least two are needed"));
  }
}

}  // namespace
}  // namespace heed::tasks
