// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/sequence_nll.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/evaluation/loss_by_position.h"

namespace heed::evaluation {
namespace {

/// One thread: the toys are too small to share, and threads that wait for each other on a busy machine cost
/// seconds.
class OneThread : public ::testing::Environment {
  void SetUp() override { at::set_num_threads(1); }
};
const auto* const one_thread = ::testing::AddGlobalTestEnvironment(new OneThread);

constexpr int64_t kVocabulary = 11;

/// Logits depend on the last two tokens, on the position, or on the number of tokens seen.
class Probe : public nn::SequenceModel {
 public:
  enum class Sees { kTokens, kPositions, kContext };
  explicit Probe(Sees sees) : sees_(sees) {
    table_ = at::sin(at::arange(kVocabulary * 211, at::kFloat) * 12.9898f).view({211, kVocabulary}) * 2;
  }
  at::Tensor features(const nn::Sequence& input) override {
    const auto& tokens = input.tokens;
    lengths.push_back(tokens.size(1));
    EXPECT_FALSE(is_training());
    if (sees_ == Sees::kPositions) return table_.index({input.positions->remainder(211)});
    const at::Tensor seen = at::arange(1, tokens.size(1) + 1).expand_as(tokens);
    if (sees_ == Sees::kContext)
      return (at::one_hot(tokens * 0, kVocabulary) * seen.unsqueeze(-1)).to(at::kFloat);
    const at::Tensor before =
        at::cat({tokens.narrow(1, 0, 1) * 0, tokens.narrow(1, 0, tokens.size(1) - 1)}, 1);
    return table_.index({tokens * kVocabulary + before});
  }
  nn::OutputLayer output_layer() override { return {at::eye(kVocabulary), {}}; }
  std::unique_ptr<nn::DecoderState> start(int64_t, int64_t) override { return nullptr; }
  at::Tensor step(const nn::StepTokens& tokens, nn::DecoderState&) override { return tokens.tokens; }
  int64_t vocabulary_size() const override { return kVocabulary; }

  std::vector<int64_t> lengths;

 private:
  Sees sees_;
  at::Tensor table_;
};

std::vector<int64_t> piece_of(int64_t length) {
  std::vector<int64_t> piece(static_cast<size_t>(length));
  for (size_t i = 0; i < piece.size(); ++i) piece[i] = static_cast<int64_t>((i * i + 3 * i) % kVocabulary);
  return piece;
}

TEST(SequenceNll, WholePieceEqualsOnePassByHand) {
  Probe model(Probe::Sees::kTokens);
  const auto piece = piece_of(30);
  const auto nll = token_nll(model, piece);
  ASSERT_EQ(nll.size(), 29u);
  model.eval();
  const auto log_p = model.forward({at::tensor(piece, at::kLong).unsqueeze(0), {}, {}}).log_softmax(-1)[0];
  for (size_t i = 0; i < nll.size(); ++i) EXPECT_NEAR(nll[i], -log_p[i][piece[i + 1]].item<double>(), 1e-6);
}

TEST(SequenceNll, ContextThatCoversThePieceEqualsTheWholePass) {
  Probe model(Probe::Sees::kTokens);
  const auto piece = piece_of(30);
  const auto whole = token_nll(model, piece);
  EXPECT_EQ(whole, token_nll(model, piece, {.context = 29, .stride = 1}));
  EXPECT_EQ(whole, token_nll(model, piece, {.context = 1000, .stride = 400}));
}

TEST(SequenceNll, WindowsScoreEachTokenOnceInItsPlace) {
  // A position sees only itself, so any window must give each token the value of the full pass.
  Probe model(Probe::Sees::kPositions);
  for (const int64_t length : {2, 3, 9, 10, 17, 18, 40}) {
    const auto piece = piece_of(length);
    const auto whole = token_nll(model, piece);
    for (const int64_t context : {1, 2, 8, 9}) {
      for (const int64_t stride : {1, 2, 5, 9}) {
        if (stride > context) continue;
        for (const int64_t batch : {1, 3}) {
          SCOPED_TRACE(::testing::Message() << length << " " << context << " " << stride << " " << batch);
          EXPECT_EQ(whole, token_nll(model, piece, {.context = context, .stride = stride, .batch = batch}));
        }
      }
    }
  }
}

TEST(SequenceNll, EachTokenHasAtLeastContextLessStrideTokensOfContext) {
  // The probe's logit of token 0 is the number of tokens it saw, so the nll of a 0 reveals that number.
  Probe model(Probe::Sees::kContext);
  const std::vector<int64_t> piece(50, 0);
  const int64_t context = 8, stride = 3;
  const auto nll = token_nll(model, piece, {.context = context, .stride = stride});
  for (size_t i = 0; i < nll.size(); ++i) {
    const double seen = std::log((kVocabulary - 1) / std::expm1(nll[i]));
    const auto place = static_cast<double>(i);
    const double least = i < 8 ? place + 1 : context - stride + 1;
    EXPECT_GE(seen, least - 1e-2) << "prediction " << i;
    EXPECT_LE(seen, std::min(place + 1, double{context}) + 1e-2) << "prediction " << i;
  }
}

TEST(SequenceNll, PositionsRestartInEachWindowOnRequest) {
  Probe model(Probe::Sees::kPositions);
  const auto piece = piece_of(21);
  const auto nll = token_nll(model, piece, {.context = 5, .stride = 5, .restart_positions = true});
  const auto first = token_nll(model, std::span(piece).subspan(10, 6));
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(nll[10 + i], first[i]);
}

TEST(SequenceNll, RestartedPositionsKeepTheirPlaceInAStep) {
  Probe model(Probe::Sees::kPositions);
  const auto piece = piece_of(21);
  const auto nll =
      token_nll(model, piece, {.context = 6, .stride = 6, .period = 4, .restart_positions = true});
  // The second window starts at 6, at the third index of its step: its positions are 2, 3, 4, ...
  const auto shifted = token_nll(model, std::span(piece).subspan(4, 9));
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(nll[6 + i], shifted[2 + i]);
}

TEST(SequenceNll, EveryPassFeedsExactlyTheContext) {
  Probe model(Probe::Sees::kTokens);
  token_nll(model, piece_of(33), {.context = 10, .stride = 7, .batch = 2});
  for (const int64_t length : model.lengths) EXPECT_EQ(length, 10);
}

TEST(SequenceNll, APieceOfOneTokenScoresNothing) {
  Probe model(Probe::Sees::kTokens);
  EXPECT_TRUE(token_nll(model, piece_of(1)).empty());
  EXPECT_THROW(token_nll(model, {}), c10::Error);
  EXPECT_THROW(token_nll(model, piece_of(9), {.context = 4, .stride = 5}), c10::Error);
}

TEST(SequenceNll, RestoresTrainingMode) {
  Probe model(Probe::Sees::kTokens);
  model.train();
  token_nll(model, piece_of(5));
  EXPECT_TRUE(model.is_training());
}

TEST(NllTotal, AddsAndDivides) {
  NllTotal total = total_nll(std::vector<double>{1, 2, 3});
  total += total_nll(std::vector<double>{6});
  EXPECT_EQ(total.tokens, 4);
  EXPECT_DOUBLE_EQ(total.mean(), 3);
  EXPECT_EQ(NllTotal{}.mean(), 0);
}

TEST(LossByPosition, BucketsHoldEachPredictionOnce) {
  LossByPosition loss(4);
  loss.add(std::vector<double>{1, 1, 1, 1, 5});
  loss.add(std::vector<double>{3, 3});
  loss.add(std::vector<double>{});
  ASSERT_EQ(loss.buckets().size(), 2u);
  EXPECT_EQ(loss.buckets()[0].total.tokens, 6);
  EXPECT_DOUBLE_EQ(loss.buckets()[0].total.mean(), 10.0 / 6);
  EXPECT_EQ(loss.buckets()[1].begin, 4);
  EXPECT_EQ(loss.buckets()[1].end, 8);
  EXPECT_EQ(loss.buckets()[1].total.tokens, 1);
  EXPECT_DOUBLE_EQ(loss.buckets()[1].total.mean(), 5);
  EXPECT_THROW(LossByPosition(0), c10::Error);
}

}  // namespace
}  // namespace heed::evaluation
