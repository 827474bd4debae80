// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_evaluation.h"

#include <map>
#include <string>

#include "tests/core/expect_error.h"
#include "tests/tasks/tiny_music.h"
#include <gtest/gtest.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/tensor.h>

#include "heed/core/error.h"
#include "heed/tasks/music/music_batches.h"
#include "heed/tasks/music/music_objective.h"

namespace heed::tasks {
namespace {

double naive_total(nn::SequenceModel& model, const music::Corpus& corpus) {
  const at::NoGradGuard no_gradient;
  double total = 0;
  for (const auto& piece : corpus.split("valid")) {
    const auto marked = with_marks(*corpus.encoding, piece.body);
    const at::Tensor tokens = at::tensor(std::vector<int64_t>(marked.begin(), marked.end()), at::kLong);
    const auto logits = model.forward({tokens.unsqueeze(0), {}, {}})[0].log_softmax(-1);
    for (int64_t i = 1; i < tokens.size(0); ++i)
      total -= logits[i - 1][tokens[i].item<int64_t>()].item<double>();
  }
  return total;
}

TEST(EvaluateMusic, EndMarksCountInTheTotalButNotBelow) {
  const auto corpus = testing::counting_corpus({6, 11});
  const auto model = testing::tiny_model(corpus.encoding->vocabulary_size());
  const auto result = evaluate_music(*model, corpus, "valid", {});
  EXPECT_EQ(result.units, 4 * (6 + 11));
  EXPECT_EQ(result.tokens, 4 * (6 + 11) + 2);
  EXPECT_NEAR(result.total_nats, naive_total(*model, corpus), 1e-3);
  EXPECT_NEAR(result.nll(), result.total_nats / (4 * 17), 1e-12);
  EXPECT_EQ(result.copy_share, 0);  // counting upwards never repeats a token
}

TEST(EvaluateMusic, AgreesWithTheValidationOfTraining) {
  auto corpus = std::make_shared<music::Corpus>(testing::counting_corpus({6, 11, 3}));
  const auto model = testing::tiny_model(corpus->encoding->vocabulary_size());
  MusicDataOptions options;
  options.crop = 16;
  options.batch_size = 2;
  const auto objective = make_music_objective(model, corpus, options, 1, at::kCPU);
  const at::NoGradGuard no_gradient;
  const auto validation = objective->validate();
  const auto result = evaluate_music(*model, *corpus, "valid", {});
  EXPECT_EQ(validation.count, result.units);
  EXPECT_NEAR(validation.watched(), result.nll(), 1e-5);
}

TEST(MusicObjective, ItsLossIsThatOfTheLogitsThatItDoesNotHold) {
  const auto corpus = std::make_shared<const music::Corpus>(testing::counting_corpus({6, 11, 3}));
  const auto model = testing::tiny_model(corpus->encoding->vocabulary_size());
  MusicDataOptions options;
  options.crop = 16;
  options.batch_size = 2;
  options.packing = true;
  options.label_smoothing = 0.1;
  const auto objective = make_music_objective(model, corpus, options, 1, at::kCPU);
  const TokenBatch batch = music_batches(corpus, "train", options, 1).batch(3);
  const training::Loss loss = objective->training_loss(3);
  loss.sum.backward();
  std::map<std::string, at::Tensor> gradients;
  for (auto& parameter : model->named_parameters()) {
    gradients[parameter.key()] = parameter.value().grad().clone();
    parameter.value().mutable_grad() = at::Tensor();
  }
  const at::Tensor expected = summed_token_loss(model->forward(batch.input), batch.targets, 0.1);
  expected.backward();
  EXPECT_TRUE(at::allclose(loss.sum, expected, 1e-5, 1e-5));
  EXPECT_EQ(loss.targets, batch.targets.ne(TokenBatch::kIgnore).sum().item<int64_t>());
  for (const auto& parameter : model->named_parameters())
    EXPECT_TRUE(at::allclose(gradients[parameter.key()], parameter.value().grad(), 1e-4, 1e-5))
        << parameter.key();
}

TEST(EvaluateMusic, NamesTheSplitsThereAre) {
  const auto corpus = testing::counting_corpus({6});
  const auto model = testing::tiny_model(corpus.encoding->vocabulary_size());
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { evaluate_music(*model, corpus, "test", {}); }),
              ::testing::HasSubstr("the data has no split 'test'; it has "));
}

TEST(EvaluateMotifs, TheRealShareIsThatOfTheData) {
  music::Corpus corpus = testing::counting_corpus({96});
  // A melody of eight steps that repeats forever: every motif of the primer recurs.
  auto& body = corpus.splits["valid"][0].body;
  for (size_t i = 0; i < body.size(); ++i)
    body[i] = i % 4 == 0 ? 64 + static_cast<int32_t>(i / 4 % 8 * 5 % 8) : 3;
  const auto model = testing::tiny_model(corpus.encoding->vocabulary_size());
  MotifOptions options;
  options.primer_tokens = 128;
  options.continuation_tokens = 128;
  const auto motifs = evaluate_motifs(*model, corpus, "valid", options);
  EXPECT_EQ(motifs.real.count, 1);
  EXPECT_DOUBLE_EQ(motifs.real.mean, 1);
  EXPECT_LT(motifs.generated.mean, 1);  // an untrained model hardly repeats them
  EXPECT_NEAR(motifs.distance.mean, 1 - motifs.generated.mean, 1e-12);
}

TEST(ReadableBucket, IsRoundAndMakesAtMostFiftyPoints) {
  for (const auto& [longest, width] : {std::pair<int64_t, int64_t>{1, 4},
                                       {200, 4},
                                       {201, 8},
                                       {1024, 40},
                                       {2048, 80},
                                       {4001, 200},
                                       {1'000'000, 20'000}})
    EXPECT_EQ(readable_bucket(longest), width) << longest;
  for (int64_t longest = 1; longest < 100'000; longest = longest * 5 / 4 + 1) {
    const int64_t width = readable_bucket(longest);
    EXPECT_LE((longest + width - 1) / width, 50) << longest;
    EXPECT_EQ(width % 4, 0) << longest;
    EXPECT_TRUE(width == 4 || longest / width >= 19) << longest << ": too coarse";
  }
}

TEST(ReadableBucket, FollowsThePiecesThatAreScored) {
  const auto corpus = testing::counting_corpus({10, 40, 25});
  MusicEvaluationOptions options;
  EXPECT_EQ(longest_scored(corpus, "valid", options), 161);
  options.max_pieces = 1;
  EXPECT_EQ(longest_scored(corpus, "valid", options), 41);
  options.max_pieces = 0;
  options.max_tokens = 100;
  EXPECT_EQ(longest_scored(corpus, "valid", options), 100);
}

}  // namespace
}  // namespace heed::tasks
