// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_generation.h"

#include <algorithm>
#include <array>
#include <memory>
#include <numbers>
#include <stop_token>
#include <string>

#include "tests/core/expect_error.h"
#include "tests/tasks/tiny_images.h"
#include <gtest/gtest.h>

#include "heed/core/config.h"
#include "heed/tasks/image/image_batches.h"
#include "heed/tasks/image/image_evaluation.h"

namespace heed::tasks {
namespace {

using testing::random_data;
using testing::random_images;
using testing::tiny_image_model;

const nn::ImageDomain kPlain{.height = 4, .width = 6, .channels = 3};
const nn::ImageDomain kByClass{.height = 4, .width = 6, .channels = 1, .classes = 3};
const nn::ImageDomain kFromSource{
    .height = 4, .width = 6, .channels = 3, .classes = 0, .source_height = 2, .source_width = 2};

/// Returns the conditions of the samples of a larger request, from those of the set in turn.
nn::ImageCondition turns(const ImageSet& set, int64_t first, int64_t count) {
  std::vector<int64_t> rows;
  for (int64_t s = first; s < first + count; ++s) rows.push_back(s % set.count());
  return make_image_batch(set, rows).condition;
}

ImageRequest request_of(const ImageSet& set, int64_t first, int64_t count) {
  ImageRequest request;
  request.first_sample = first;
  request.count = count;
  request.seed = 7;
  request.condition = turns(set, first, count);
  return request;
}

/// Makes a small model, by default an Image Transformer.
const char* const kKinds[] = {
    "attention = 'full'",
    "attention = 'local_1d'",
    "attention = 'local_2d'\ndistance = true",
    "output = 'dmol'",
    "kind = 'gated_pixel_cnn'\nwidth = 11\nlayers = 1\nfirst_kernel = 3\noutput_width = 10",
    "kind = 'pixel_snail'\nwidth = 9\nblocks = 1\nresidual_layers = 1\nheads = 1\nhead_dim = 5\nmixtures = 3",
};

/// Scales weights so that a flipped bit would show.
std::shared_ptr<nn::PixelModel> model_of_kind(const std::string& text, const nn::ImageDomain& domain) {
  if (text.find("kind = ") == std::string::npos) return tiny_image_model(domain, text);
  at::manual_seed(3);
  toml::table section = parse_toml(text, "test");
  auto model = models::make_model<nn::PixelModel>(section, domain);
  model->eval();
  return model;
}

class GenerateImagesOfEveryKind : public ::testing::TestWithParam<const char*> {};

TEST_P(GenerateImagesOfEveryKind, TheSameSeedGivesTheSameImageWhateverCountBatchAndThreads) {
  for (const auto& domain : {kPlain, kByClass, kFromSource}) {
    const auto model = model_of_kind(GetParam(), domain);
    const at::NoGradGuard no_gradient;
    for (auto& parameter : model->parameters()) parameter.add_(at::randn_like(parameter) * 0.1);
    const ImageSet set = random_images(3, domain);
    const auto ten = generate_images(*model, request_of(set, 0, 10));
    ASSERT_EQ(ten.images.size(), 10U);
    EXPECT_NE(ten.images[0].image.pixels, ten.images[3].image.pixels);
    const auto expect_same = [&](const ImageGeneration& some, int64_t first) {
      for (size_t i = 0; i < some.images.size(); ++i) {
        const auto& one = some.images[i];
        const auto& same = ten.images[static_cast<size_t>(first) + i];
        EXPECT_EQ(one.sample, first + static_cast<int64_t>(i));
        EXPECT_EQ(one.image.pixels, same.image.pixels);
        EXPECT_EQ(one.log_probability, same.log_probability) << "to the last bit";
      }
    };
    for (const auto& [first, count, batch] :
         {std::array<int64_t, 3>{0, 1, 16}, {2, 5, 1}, {3, 6, 3}, {9, 1, 2}}) {
      ImageRequest request = request_of(set, first, count);
      request.batch_size = batch;
      expect_same(generate_images(*model, request), first);
    }
    at::set_num_threads(4);
    ImageRequest many = request_of(set, 0, 10);
    expect_same(generate_images(*model, many), 0);
    at::set_num_threads(1);
  }
}

TEST_P(GenerateImagesOfEveryKind, ThreadsThatShareABatchGiveEveryImageItsCondition) {
  const auto model = model_of_kind(GetParam(), kByClass);
  const ImageSet set = random_images(3, kByClass);
  ImageRequest request = request_of(set, 0, 66);
  request.batch_size = 66;  // two shares
  at::set_num_threads(2);
  const auto shared = generate_images(*model, request);
  at::set_num_threads(1);
  const auto few = generate_images(*model, request_of(set, 60, 6));
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(shared.images[60 + i].image.pixels, few.images[i].image.pixels);
    EXPECT_EQ(shared.images[60 + i].log_probability, few.images[i].log_probability);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, GenerateImagesOfEveryKind, ::testing::ValuesIn(kKinds));

TEST(GenerateImages, TheirProbabilityIsThatOfTheFullPass) {
  for (const char* more :
       {"attention = 'full'", "attention = 'local_1d'", "attention = 'local_2d'", "output = 'dmol'"}) {
    for (const auto& domain : {kPlain, kFromSource}) {
      const auto model = tiny_image_model(domain, more);
      const ImageSet set = random_images(2, domain);
      const auto drawn = generate_images(*model, request_of(set, 0, 2));
      for (size_t i = 0; i < 2; ++i) {
        const at::NoGradGuard no_gradient;
        const at::Tensor images = tensor_of(drawn.images[i].image).unsqueeze(0);
        const double nats = model->nll(images, turns(set, static_cast<int64_t>(i), 1)).sum().item<double>();
        EXPECT_NEAR(drawn.images[i].log_probability, -nats, 1e-4 * nats) << more;
        EXPECT_EQ(drawn.images[i].drawn, domain.values());
        EXPECT_NEAR(drawn.images[i].bits_per_dim(),
                    nats / static_cast<double>(domain.values()) / std::numbers::ln2, 1e-3);
      }
    }
  }
}

TEST(GenerateImages, LeavesTheModelInItsMode) {
  const auto model = tiny_image_model(kPlain);
  const ImageSet set = random_images(1, kPlain);
  generate_images(*model, request_of(set, 0, 1));
  EXPECT_FALSE(model->is_training());
  model->train();
  generate_images(*model, request_of(set, 0, 1));
  EXPECT_TRUE(model->is_training());
}

TEST(GenerateImages, ReportsProgressOverAllBatches) {
  const auto model = tiny_image_model(kByClass);
  const ImageSet set = random_images(3, kByClass);
  ImageRequest request = request_of(set, 2, 7);
  int64_t last = 0;
  request.progress = [&](int64_t drawn) {
    EXPECT_GT(drawn, last);
    last = drawn;
  };
  const auto result = generate_images(*model, request);
  EXPECT_EQ(last, 7 * kByClass.values());
  EXPECT_EQ(result.values, last);
  EXPECT_EQ(result.pixels, 7 * 24);
}

TEST(GenerateImages, CompletionKeepsWhatIsGivenAndDrawsTheRest) {
  for (const char* more : {"attention = 'local_1d'", "attention = 'local_2d'"}) {
    const auto model = tiny_image_model(kPlain, more);
    const ImageSet set = random_images(5, kPlain, 4);
    for (const char* part : {"top", "bottom", "left", "right", "all-but-centre", "1"}) {
      ImageRequest request = request_of(set, 1, 5);
      for (int64_t i = 0; i < 5; ++i)
        request.known.push_back({image_of(set.images[i]), parse_kept(part, 4, 6)});
      const auto result = generate_images(*model, request);
      for (size_t i = 0; i < 5; ++i) {
        const auto& known = request.known[i];
        int64_t free = 0, differing = 0;
        for (size_t value = 0; value < known.image.pixels.size(); ++value) {
          const bool equal = result.images[i].image.pixels[value] == known.image.pixels[value];
          EXPECT_TRUE(equal || !known.keep[value / 3]) << part;
          free += known.keep[value / 3] ? 0 : 1;
          differing += equal ? 0 : 1;
        }
        EXPECT_EQ(result.images[i].drawn, free);
        EXPECT_GT(differing, free / 2) << part << ": nothing was copied";
      }
    }
  }
}

TEST(GenerateImages, RefuseWhatDoesNotFit) {
  const auto model = tiny_image_model(kByClass);
  const ImageSet set = random_images(3, kByClass);
  ImageRequest request = request_of(set, 0, 3);
  request.count = 2;
  EXPECT_THROW(generate_images(*model, request), c10::Error);
  request = request_of(set, 0, 1);
  request.known.push_back({image_of(random_images(1, kPlain).images[0]), std::vector<bool>(24)});
  EXPECT_THROW(generate_images(*model, request), c10::Error);
}

TEST(GenerateImages, StopWithinAStepAndSayWhichImagesAreComplete) {
  const auto model = tiny_image_model(kByClass);
  const ImageSet set = random_images(3, kByClass);
  const auto whole = generate_images(*model, request_of(set, 0, 4));
  EXPECT_FALSE(whole.stopped);
  ImageRequest request = request_of(set, 0, 4);
  request.batch_size = 2;
  std::stop_source source;
  request.stop = source.get_token();
  request.progress = [&](int64_t drawn) {
    if (drawn >= 2 * kByClass.values() + 6) source.request_stop();  // in the second batch
  };
  at::set_num_threads(1);
  const auto some = generate_images(*model, request);
  EXPECT_TRUE(some.stopped);
  ASSERT_EQ(some.images.size(), 4U);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(some.images[i].complete, i < 2);
    EXPECT_TRUE(whole.images[i].complete);
    EXPECT_EQ(some.images[i].drawn, i < 2 ? kByClass.values() : 3);
    const auto begin = some.images[i].image.pixels.begin();
    EXPECT_TRUE(std::equal(begin, begin + some.images[i].drawn, whole.images[i].image.pixels.begin()));
  }
}

TEST(KeptPixels, AreHalvesAFrameOrRows) {
  const auto text = [](const std::vector<bool>& keep, int64_t width) {
    std::string drawn;
    for (size_t i = 0; i < keep.size(); ++i) {
      drawn += keep[i] ? '#' : '.';
      if ((i + 1) % static_cast<size_t>(width) == 0) drawn += '/';
    }
    return drawn;
  };
  EXPECT_EQ(text(parse_kept("top", 4, 2), 2), "##/##/../../");
  EXPECT_EQ(text(parse_kept("bottom", 5, 1), 1), "./././#/#/");
  EXPECT_EQ(text(parse_kept("left", 1, 5), 5), "##.../");
  EXPECT_EQ(text(parse_kept("right", 1, 5), 5), "...##/");
  EXPECT_EQ(text(parse_kept("all-but-centre", 4, 4), 4), "####/#..#/#..#/####/");
  EXPECT_EQ(text(parse_kept("3", 4, 1), 1), "#/#/#/./");
  for (const char* wrong : {"middle", "0", "4", "-1", "", "2x"})
    error_of(ErrorKind::kUsage, [&] { parse_kept(wrong, 4, 4); });
}

TEST(EvaluateImages, BitsPerDimAreThoseOfTheSteps) {
  for (const auto& domain : {kPlain, kByClass, kFromSource}) {
    const auto model = tiny_image_model(domain);
    const ImageData data = random_data(2, 5, domain);
    ImageEvaluationOptions options;
    options.batch_size = 2;
    const auto result = evaluate_images(*model, data, "valid", options);
    EXPECT_EQ(result.images, 5);
    EXPECT_EQ(result.values, 5 * domain.values());

    // Step by step: the chain rule over the values in the model's order.
    const at::NoGradGuard no_gradient;
    const ImageSet& set = data.split("valid");
    const ImageBatch all = make_image_batch(set, {0, 1, 2, 3, 4});
    const auto state = model->start(5, all.condition);
    const at::Tensor order = model->order(), values = all.images.flatten(1).to(at::kLong);
    at::Tensor previous = at::zeros({5}, at::kLong);
    double nats = 0;
    for (int64_t i = 0; i < domain.values(); ++i) {
      const at::Tensor next = values.select(1, order[i].item<int64_t>());
      nats -= model->step({previous, {}}, *state)
                  .log_softmax(1)
                  .gather(1, next.unsqueeze(1))
                  .sum()
                  .item<double>();
      previous = next;
    }
    EXPECT_NEAR(result.total_nats, nats, 1e-4 * nats);
    EXPECT_NEAR(result.nll(), nats / static_cast<double>(result.values), 1e-3);
    EXPECT_NEAR(result.bits_per_dim.mean * std::numbers::ln2, result.nll(), 1e-6);
    EXPECT_GT(result.bits_per_dim.standard_error, 0);
    options.max_images = 2;
    EXPECT_EQ(evaluate_images(*model, data, "valid", options).images, 2);
  }
}

TEST(EvaluateImages, StopAfterABatchOrAStep) {
  std::stop_source source;
  ImageEvaluationOptions options;
  options.batch_size = 2;
  options.stop = source.get_token();
  options.progress = [&](int64_t, int64_t, double) { source.request_stop(); };
  const auto some = evaluate_images(*tiny_image_model(kPlain), random_data(2, 5, kPlain), "valid", options);
  EXPECT_EQ(some.images, 2);
  EXPECT_EQ(some.bits_per_dim.count, 2);

  SuperResolutionOptions drawing;
  drawing.images = 3;
  drawing.stop = source.get_token();
  const auto none = evaluate_super_resolution(*tiny_image_model(kFromSource), random_data(2, 3, kFromSource),
                                              "valid", drawing);
  EXPECT_EQ(none.images, 0) << "only complete images count";
}

TEST(EvaluateImages, SuperResolutionMeasuresConsistencyBesideBicubic) {
  const auto model = tiny_image_model(kFromSource);
  const ImageData data = random_data(2, 3, kFromSource);
  SuperResolutionOptions options;
  options.images = 3;
  const auto result = evaluate_super_resolution(*model, data, "valid", options);
  EXPECT_EQ(result.images, 3);
  EXPECT_GT(result.consistency_mae, result.bicubic_consistency_mae) << "the model is not trained";
  EXPECT_EQ(result.psnr.count, 3);
  EXPECT_GT(result.bicubic_psnr.mean, result.psnr.mean);
  error_of(ErrorKind::kUsage, [&] {
    evaluate_super_resolution(*tiny_image_model(kPlain), random_data(2, 2, kPlain), "valid", options);
  });
}

}  // namespace
}  // namespace heed::tasks
