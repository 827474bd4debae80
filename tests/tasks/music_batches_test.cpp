// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_batches.h"

#include <map>

#include "tests/tasks/tiny_music.h"
#include <gtest/gtest.h>

namespace heed::tasks {
namespace {

std::shared_ptr<const music::Corpus> shared_corpus(const std::vector<int>& lengths) {
  return std::make_shared<const music::Corpus>(testing::counting_corpus(lengths));
}

MusicDataOptions small_options() {
  MusicDataOptions options;
  options.crop = 16;
  options.batch_size = 3;
  options.augment = false;
  return options;
}

TEST(MusicBatches, AreAFunctionOfSeedAndIndexAlone) {
  const auto corpus = shared_corpus({5, 30, 12});
  auto forward = music_batches(corpus, "train", small_options(), 9);
  auto backward = music_batches(corpus, "train", small_options(), 9);
  std::vector<TokenBatch> first;
  for (int64_t i = 0; i < 12; ++i) first.push_back(forward.batch(i));
  for (int64_t i = 11; i >= 0; --i) {
    const TokenBatch again = backward.batch(i);
    EXPECT_TRUE(again.input.tokens.equal(first[static_cast<size_t>(i)].input.tokens)) << i;
    EXPECT_TRUE(again.targets.equal(first[static_cast<size_t>(i)].targets)) << i;
  }
  auto other = music_batches(corpus, "train", small_options(), 10);
  bool differs = false;
  for (int64_t i = 0; i < 12; ++i)
    differs |= !other.batch(i).input.tokens.equal(first[static_cast<size_t>(i)].input.tokens);
  EXPECT_TRUE(differs);
}

TEST(MusicBatches, TargetsFollowTheirTokensAndPositionsAreThoseOfThePiece) {
  const auto corpus = shared_corpus({24});
  auto batches = music_batches(corpus, "train", small_options(), 1);
  const auto whole = with_marks(*corpus->encoding, corpus->split("train")[0].body);
  for (int64_t index = 0; index < 20; ++index) {
    const TokenBatch batch = batches.batch(index);
    for (int64_t r = 0; r < 3; ++r) {
      for (int64_t i = 0; i < 16; ++i) {
        if (batch.targets[r][i].item<int64_t>() == TokenBatch::kIgnore) continue;
        const auto position = static_cast<size_t>((*batch.input.positions)[r][i].item<int64_t>());
        EXPECT_EQ(batch.input.tokens[r][i].item<int64_t>(), whole[position]);
        EXPECT_EQ(batch.targets[r][i].item<int64_t>(), whole[position + 1]);
      }
    }
  }
}

TEST(MusicBatches, MarksAreSeenAboutAsOftenAsOtherTokens) {
  const auto corpus = shared_corpus({24});  // 96 tokens, crops of 16
  auto batches = music_batches(corpus, "train", small_options(), 1);
  std::map<int64_t, int> seen;
  int64_t total = 0;
  for (int64_t index = 0; index < 400; ++index) {
    const TokenBatch batch = batches.batch(index);
    const at::Tensor targets = batch.targets.flatten().contiguous();
    for (int64_t i = 0; i < targets.numel(); ++i) {
      const int64_t target = targets.data_ptr<int64_t>()[i];
      if (target != TokenBatch::kIgnore) ++seen[target], ++total;
    }
  }
  const double mean = static_cast<double>(total) / 97;
  EXPECT_GT(seen[corpus->encoding->end()], 0.3 * mean);
  EXPECT_GT(seen[10], 0.3 * mean);  // the first after the begin mark
  EXPECT_LT(seen[corpus->encoding->end()], 3 * mean);
}

TEST(MusicBatches, AnEpochVisitsEveryCropOfEveryPieceOnce) {
  const auto corpus = shared_corpus({2, 2, 2, 2, 2, 2});
  MusicDataOptions options = small_options();
  options.batch_size = 2;
  auto batches = music_batches(corpus, "train", options, 4);
  EXPECT_EQ(batches.batches_per_epoch(), 3);
}

TEST(MusicBatches, PackingFillsRowsAndKeepsPiecesApart) {
  const auto corpus = shared_corpus({1, 2});
  MusicDataOptions options = small_options();
  auto loose = music_batches(corpus, "train", options, 2);
  EXPECT_FALSE(loose.batch(0).input.segments.has_value());
  options.packing = true;
  auto packed = music_batches(corpus, "train", options, 2);
  const TokenBatch batch = packed.batch(0);
  ASSERT_TRUE(batch.input.segments.has_value());
  const int64_t filled = batch.targets.ne(TokenBatch::kIgnore).sum().item<int64_t>();
  EXPECT_GT(filled, 3 * (16 - 5));
  const int64_t starts = batch.input.tokens.eq(corpus->encoding->begin())
                             .logical_and(batch.targets.ne(TokenBatch::kIgnore))
                             .sum()
                             .item<int64_t>();
  int64_t segments = 0;
  for (int64_t r = 0; r < 3; ++r) segments += (*batch.input.segments)[r].max().item<int64_t>() + 1;
  EXPECT_LE(starts, segments);
}

TEST(MusicWindows, HoldEveryTargetOnce) {
  const auto corpus = shared_corpus({5, 9});
  for (const int64_t window : {0, 7, 16, 21, 100}) {
    size_t targets = 0;
    for (const auto& crop : music_windows(*corpus, "valid", window)) targets += crop.tokens.size() - 1;
    EXPECT_EQ(targets, 5u * 4 + 1 + 9 * 4 + 1) << window;
  }
}

}  // namespace
}  // namespace heed::tasks
