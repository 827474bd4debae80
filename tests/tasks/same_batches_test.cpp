// SPDX-License-Identifier: Apache-2.0
// Batches must never change for a given seed and index: a run of an earlier build continues with the same
// ones.
#include <cstdint>
#include <memory>
#include <optional>
#include <random>

#include "tests/tasks/tiny_images.h"
#include "tests/tasks/tiny_music.h"
#include <gtest/gtest.h>

#include "heed/tasks/image/image_batches.h"
#include "heed/tasks/music/music_batches.h"
#include "heed/tasks/translation/translation_batches.h"

namespace heed::tasks {
namespace {

/// FNV-1a over the values of tensors.
class Digest {
 public:
  void add(const at::Tensor& tensor) {
    const at::Tensor values = tensor.to(at::kLong).contiguous();
    for (int64_t i = 0; i < values.numel(); ++i) add(static_cast<uint64_t>(values.data_ptr<int64_t>()[i]));
  }
  void add(const std::optional<at::Tensor>& tensor) {
    if (tensor) add(*tensor);
  }
  uint64_t value() const { return value_; }

 private:
  void add(uint64_t value) { value_ = (value_ ^ value) * 0x100000001B3u; }
  uint64_t value_ = 0xCBF29CE484222325u;
};

uint64_t music_digest(bool packing, bool augment) {
  const auto corpus = std::make_shared<const music::Corpus>(testing::counting_corpus({5, 30, 12, 2, 1, 18}));
  MusicDataOptions options;
  options.crop = 16;
  options.batch_size = 3;
  options.packing = packing;
  options.augment = augment;
  auto batches = music_batches(corpus, "train", options, 9);
  Digest digest;
  for (int64_t index = 0; index < 30; ++index) {
    const auto batch = batches.batch(index);
    digest.add(batch.input.tokens);
    digest.add(batch.input.positions);
    digest.add(batch.input.segments);
    digest.add(batch.targets);
  }
  return digest.value();
}

TEST(SameBatches, OfMusic) {
  EXPECT_EQ(music_digest(false, false), 15152927009021136050u);
  EXPECT_EQ(music_digest(true, false), 8173373991515053431u);
  EXPECT_EQ(music_digest(true, true), 8198465292075526044u);
}

TEST(SameBatches, WindowsOfMusic) {
  const auto corpus = testing::counting_corpus({5, 30, 12});
  Digest digest;
  for (const int64_t window : {0, 7, 16}) {
    for (const auto& crop : music_windows(corpus, "valid", window)) {
      digest.add(at::tensor(std::vector<int64_t>(crop.tokens.begin(), crop.tokens.end())));
      digest.add(at::tensor(crop.position));
    }
  }
  EXPECT_EQ(digest.value(), 18269421413609141234u);
}

TEST(SameBatches, OfImages) {
  const nn::ImageDomain domain{
      .height = 6, .width = 5, .channels = 3, .classes = 4, .source_height = 2, .source_width = 2};
  const ImageSet set = testing::random_images(11, domain);
  ImageBatches batches(set, 4, /*flip=*/true, 9);
  Digest digest;
  for (int64_t index = 0; index < 9; ++index) {
    const ImageBatch batch = batches.batch(index);
    digest.add(batch.images);
    digest.add(batch.condition.labels);
    digest.add(batch.condition.source);
  }
  EXPECT_EQ(digest.value(), 15824055518075750894u);
}

TEST(SameBatches, OfSentencePairs) {
  std::mt19937_64 random(4);
  std::vector<EncodedPair> pairs(200);
  for (auto& pair : pairs) {
    for (auto* side : {&pair.source, &pair.target}) {
      side->resize(1 + random() % 30);
      for (int32_t& token : *side) token = static_cast<int32_t>(4 + random() % 100);
    }
  }
  TranslationBatchOptions options;
  options.max_tokens = 300;
  TranslationBatches batches(pairs, options, {}, 9);
  Digest digest;
  for (int64_t index = 0; index < 3 * batches.batches_per_epoch(); ++index) {
    const TranslationBatch batch = batches.batch(index);
    digest.add(batch.source.tokens);
    digest.add(batch.target_input);
    digest.add(batch.target_output);
  }
  EXPECT_EQ(digest.value(), 10484907549472575694u);
}

}  // namespace
}  // namespace heed::tasks
