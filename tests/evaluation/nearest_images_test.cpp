// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/nearest_images.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

namespace heed::evaluation {
namespace {

at::Tensor random_images(int64_t count, uint32_t seed) {
  std::mt19937 random(seed);
  at::Tensor images = at::empty({count, 5, 7, 3}, at::kByte);
  for (int64_t i = 0; i < images.numel(); ++i)
    images.data_ptr<uint8_t>()[i] = static_cast<uint8_t>(random() >> 8);
  return images;
}

TEST(NearestImages, AreThoseOfEveryComparison) {
  const at::Tensor queries = random_images(9, 1), references = random_images(50, 2);
  for (const int64_t block : {1, 7, 50, 1000}) {
    int64_t heard = 0;
    const auto found = nearest_images(queries, references, block, [&](int64_t done) { heard = done; });
    EXPECT_EQ(heard, 50);
    for (int64_t q = 0; q < 9; ++q) {
      const at::Tensor squares =
          (references.to(at::kDouble) - queries[q].to(at::kDouble)).square().flatten(1).mean(1);
      EXPECT_EQ(found[static_cast<size_t>(q)].index, squares.argmin().item<int64_t>()) << block;
      EXPECT_NEAR(found[static_cast<size_t>(q)].distance, std::sqrt(squares.min().item<double>()), 1e-9);
    }
  }
}

TEST(NearestImages, FindAPlantedCopyExactlyAndTheFirstOfSeveral) {
  at::Tensor references = random_images(60, 3);
  const at::Tensor queries = random_images(4, 4);
  references[41].copy_(queries[2]);
  references[12].copy_(queries[2]);
  references[33].copy_(queries[0]);
  references[33][0][0][0] += 1;  // one value differs by one
  const auto found = nearest_images(queries, references, 16);
  EXPECT_EQ(found[2].index, 12);
  EXPECT_EQ(found[2].distance, 0);
  EXPECT_EQ(found[0].index, 33);
  EXPECT_LT(found[0].distance, 30);
}

TEST(NearestImages, RefuseWhatCannotBeCompared) {
  const at::Tensor images = random_images(2, 5);
  EXPECT_TRUE(nearest_images(images.narrow(0, 0, 0), images).empty());
  EXPECT_THROW(nearest_images(images, images.narrow(0, 0, 0)), c10::Error);
  EXPECT_THROW(nearest_images(images, images.narrow(1, 0, 3)), c10::Error);
  EXPECT_THROW(nearest_images(images.to(at::kFloat), images), c10::Error);
}

}  // namespace
}  // namespace heed::evaluation
