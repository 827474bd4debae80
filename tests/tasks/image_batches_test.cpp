// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_batches.h"

#include <set>

#include "tests/core/expect_error.h"
#include "tests/tasks/tiny_images.h"
#include <gtest/gtest.h>

#include "heed/core/error.h"

namespace heed::tasks {
namespace {

using testing::random_images;

const nn::ImageDomain kByClass{.height = 6, .width = 5, .channels = 3, .classes = 4};
const nn::ImageDomain kFromSource{
    .height = 6, .width = 5, .channels = 1, .classes = 0, .source_height = 2, .source_width = 2};

/// Returns the index in the set of a row's image, mirrored or not; -1 if there is none.
int64_t place_of(const at::Tensor& image, const ImageSet& set) {
  for (int64_t i = 0; i < set.count(); ++i) {
    if (image.equal(set.images[i]) || image.equal(mirrored(set.images[i]))) return i;
  }
  return -1;
}

TEST(ImageBatches, AreAFunctionOfSeedAndIndexAlone) {
  const ImageSet set = random_images(11, kByClass);
  ImageBatches forward(set, 4, true, 9), backward(set, 4, true, 9), other(set, 4, true, 10);
  std::vector<ImageBatch> first;
  for (int64_t i = 0; i < 9; ++i) first.push_back(forward.batch(i));
  bool differs = false;
  for (int64_t i = 8; i >= 0; --i) {
    const ImageBatch again = backward.batch(i);
    EXPECT_TRUE(again.images.equal(first[static_cast<size_t>(i)].images)) << i;
    EXPECT_TRUE(again.condition.labels->equal(*first[static_cast<size_t>(i)].condition.labels)) << i;
    differs = differs || !other.batch(i).images.equal(again.images);
  }
  EXPECT_TRUE(differs);
}

TEST(ImageBatches, EveryEpochVisitsEachImageOnceWithItsLabel) {
  const ImageSet set = random_images(10, kByClass);
  ImageBatches batches(set, 4, false, 1);
  EXPECT_EQ(batches.batches_per_epoch(), 2);
  std::vector<int64_t> places;
  for (int64_t i = 0; i < 10; ++i) {  // four epochs
    const ImageBatch batch = batches.batch(i);
    ASSERT_EQ(batch.images.sizes(), at::IntArrayRef({4, 6, 5, 3}));
    for (int64_t row = 0; row < 4; ++row) {
      places.push_back(place_of(batch.images[row], set));
      EXPECT_EQ((*batch.condition.labels)[row].item<int64_t>(), places.back() % 4);
    }
  }
  std::set<std::vector<int64_t>> orders;
  for (size_t epoch = 0; epoch < 4; ++epoch) {
    const auto begin = places.begin() + static_cast<ptrdiff_t>(epoch * 10);
    EXPECT_EQ(std::set<int64_t>(begin, begin + 10).size(), 10U);
    orders.insert({begin, begin + 10});
  }
  EXPECT_EQ(orders.size(), 4U) << "each in an order of its own";
}

TEST(ImageBatches, FlipsAboutHalfAndTheSmallerImageWithIt) {
  const ImageSet set = random_images(8, kFromSource);
  ImageBatches batches(set, 8, true, 3);
  int flipped = 0;
  for (int64_t i = 0; i < 25; ++i) {
    const ImageBatch batch = batches.batch(i);
    EXPECT_TRUE(batch.condition.source->equal(downscale_images(batch.images, 2, 2)));
    for (int64_t row = 0; row < 8; ++row) {
      const int64_t place = place_of(batch.images[row], set);
      ASSERT_GE(place, 0);
      flipped += batch.images[row].equal(set.images[place]) ? 0 : 1;
    }
  }
  EXPECT_GT(flipped, 70);
  EXPECT_LT(flipped, 130);
  ImageBatches plain(set, 8, false, 3);
  for (int64_t row = 0; row < 8; ++row) {
    const at::Tensor image = plain.batch(0).images[row];
    EXPECT_TRUE(image.equal(set.images[place_of(image, set)]));
  }
}

TEST(ImageBatches, RefuseWhatMakesNoBatch) {
  const ImageSet none{at::empty({0, 6, 5, 3}, at::kByte), {}, {}};
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { ImageBatches(none, 4, false, 1); }),
              ::testing::HasSubstr("the data has no images to train on"));
  const ImageSet set = random_images(3, kByClass);
  EXPECT_THROW(ImageBatches(set, 4, false, 1).batch(-1), c10::Error);
  EXPECT_EQ(ImageBatches(set, 4, false, 1).batches_per_epoch(), 1) << "fewer images than a batch";
}

TEST(SpreadEvenly, TakesSomeFromEverywhere) {
  EXPECT_EQ(spread_evenly(10, 5), (std::vector<int64_t>{0, 2, 4, 6, 8}));
  EXPECT_EQ(spread_evenly(3, 0), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(spread_evenly(3, 9).size(), 3U);
  EXPECT_TRUE(spread_evenly(0, 4).empty());
}

}  // namespace
}  // namespace heed::tasks
