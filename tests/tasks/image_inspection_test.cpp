// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_inspection.h"

#include <numeric>

#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/tasks/tiny_images.h"
#include <gtest/gtest.h>

#include "heed/data/image/image_reader.h"
#include "heed/tasks/image/memorisation.h"

namespace heed::tasks {
namespace {

using testing::random_data;
using testing::random_images;
using testing::tiny_image_model;

const nn::ImageDomain kDomain{.height = 4, .width = 6, .channels = 3};

TEST(PixelAttention, FallsOnWhatCameBeforeAndSumsToOne) {
  for (const char* more :
       {"attention = 'full'", "attention = 'local_1d'", "attention = 'local_2d'", "output = 'dmol'"}) {
    const auto model = tiny_image_model(kDomain, more);
    const auto image = image_of(random_images(1, kDomain).images[0]);
    ImageAttentionOptions options;
    options.heads = {1, 0};
    options.pixels = {{0, 0}, {2, 4}, {3, 5}};
    const auto found = pixel_attention(*model, image, {}, options);
    ASSERT_EQ(found.size(), 3U);
    const at::Tensor order = model->order();
    for (size_t i = 0; i < found.size(); ++i) {
      ASSERT_EQ(found[i].size(), 2U);
      const int64_t own = options.pixels[i].row * 6 + options.pixels[i].column;
      std::vector<bool> before(24, false);
      for (int64_t p = 0; p < order.numel(); ++p) {
        const int64_t pixel = order[p].item<int64_t>() / 3;
        before[static_cast<size_t>(pixel)] = true;
        if (pixel == own) break;
      }
      for (const auto& weights : found[i]) {
        const float sum = std::accumulate(weights.pixels.begin(), weights.pixels.end(), weights.beginning);
        EXPECT_NEAR(sum, 1, 1e-4) << more;
        for (size_t pixel = 0; pixel < 24; ++pixel) {
          EXPECT_TRUE(before[pixel] || weights.pixels[pixel] == 0) << more << " pixel " << pixel;
        }
      }
    }
    EXPECT_GT(found[0][0].beginning, 0.3) << "the first pixel has little else to look at";
  }
}

TEST(PixelAttention, IsDrawnAndWhatIsNotThereIsSaid) {
  const TemporaryFolder folder;
  const auto model = tiny_image_model(kDomain);
  const auto image = image_of(random_images(1, kDomain).images[0]);
  ImageAttentionOptions options;
  options.heads = {0, 1};
  options.surprise = true;
  draw_image_attention(*model, image, {}, options, folder / "attention.png");
  EXPECT_GT(image::read_image(folder / "attention.png").width, 300);
  const auto fails = [&](const ImageAttentionOptions& wrong) {
    return error_of(ErrorKind::kUsage, [&] { pixel_attention(*model, image, {}, wrong); });
  };
  auto wrong = options;
  wrong.heads = {2};
  EXPECT_THAT(fails(wrong), ::testing::HasSubstr("heads 0 to 1"));
  wrong = options;
  wrong.layer = 1;
  EXPECT_THAT(fails(wrong), ::testing::HasSubstr("layers 0 to 0"));
  wrong = options;
  wrong.pixels = {{4, 0}};
  EXPECT_THAT(fails(wrong), ::testing::HasSubstr("rows 0 to 3, columns 0 to 5"));
}

TEST(Memorisation, FindsACopyAndItsMirrorImage) {
  const ImageData data = random_data(40, 30, kDomain);
  const at::Tensor& train = data.split("train").images;
  const at::Tensor samples =
      at::stack({train[17], mirrored(train[5]), random_images(1, kDomain, 9).images[0]});
  MemorisationOptions options;
  const auto plain = check_memorisation(samples, data, options);
  EXPECT_EQ(plain.samples[0].index, 17);
  EXPECT_EQ(plain.samples[0].distance, 0);
  EXPECT_GT(plain.samples[1].distance, 0);
  EXPECT_EQ(plain.valid_images, 30);
  EXPECT_GT(plain.valid_median, plain.valid_low);
  EXPECT_GE(plain.suspicious, 1);
  options.mirror = true;
  const auto both = check_memorisation(samples, data, options);
  EXPECT_EQ(both.samples[1].index, 5);
  EXPECT_TRUE(both.samples[1].mirrored);
  EXPECT_EQ(both.samples[1].distance, 0);
  EXPECT_EQ(both.samples[1].image.pixels, image_of(samples[1]).pixels);
  EXPECT_FALSE(both.samples[0].mirrored);
}

}  // namespace
}  // namespace heed::tasks
