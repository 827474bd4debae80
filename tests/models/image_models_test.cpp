// SPDX-License-Identifier: Apache-2.0
// Requirements on every image model.
#include <cmath>
#include <memory>
#include <numeric>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "tests/core/expect_error.h"
#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/optim/adam.h>
#include <torch/utils.h>

#include "heed/attention/attention.h"
#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/models/registry.h"
#include "heed/nn/autocast.h"
#include "heed/nn/inference_scope.h"
#include "heed/nn/linear.h"
#include "heed/nn/pixel_model.h"

namespace heed::models {
namespace {

using nn::ImageCondition;
using nn::ImageDomain;
using nn::PixelModel;

struct NamedSection {
  std::string name, text;  ///< section [model] of a small model without dropout
};

void PrintTo(const NamedSection& section, std::ostream* stream) {
  *stream << section.name;
}

std::vector<NamedSection> sections() {
  const std::string small =
      "kind = 'image_transformer'\nd_model = 16\nheads = 2\nlayers = 2\nd_ff = 24\nencoder_layers = 1\n"
      "dropout = 0.0\nmixtures = 3\n";
  return {
      {"full", small + "attention = 'full'\nsource_at_place = false"},
      {"full_mixture_post_norm", small + "attention = 'full'\noutput = 'dmol'\nnorm = 'post'"},
      {"full_distance", small + "attention = 'full'\nposition = 'none'\ndistance = true"},
      {"local_1d", small + "attention = 'local_1d'\nquery_block = 5\nmemory_block = 7\nposition = 'learned'"},
      {"local_1d_distance",
       small +
           "attention = 'local_1d'\nquery_block = 4\nmemory_block = 4\nposition = 'none'\ndistance = true"},
      {"local_1d_mixture",
       small + "attention = 'local_1d'\nquery_block = 4\nmemory_block = 4\noutput = 'dmol'"},
      {"local_2d", small + "attention = 'local_2d'\nquery_height = 2\nquery_width = 3\nflange = 1"},
      {"local_2d_distance", small + "attention = 'local_2d'\nquery_height = 2\nquery_width = 2\nflange = "
                                    "2\nposition = 'none'\ndistance = true\noutput = 'dmol'"},
      {"local_2d_mixture_learned", small + "attention = 'local_2d'\nquery_height = 2\nquery_width = "
                                           "2\nflange = 1\noutput = 'dmol'\nposition = 'learned'"},
      {"gated_pixel_cnn",
       "kind = 'gated_pixel_cnn'\nwidth = 12\nlayers = 2\nfirst_kernel = 5\noutput_width = 16\ndropout = "
       "0.0"},
      {"gated_pixel_cnn_odd",
       "kind = 'gated_pixel_cnn'\nwidth = 11\nlayers = 1\nkernel = 5\nfirst_kernel = 3\noutput_width = 10"},
      {"pixel_snail",
       "kind = 'pixel_snail'\nwidth = 16\nblocks = 2\nresidual_layers = 2\nheads = 2\nhead_dim = 8\nmixtures "
       "= "
       "3\ndropout = 0.0"},
      {"pixel_snail_wide_kernel",
       "kind = 'pixel_snail'\nwidth = 9\nblocks = 1\nresidual_layers = 1\nkernel = 3\nheads = 1\nhead_dim = "
       "5\nmixtures = 10\ndropout = 0.0\nattention_backend = 'tiled'"},
  };
}

struct NamedDomain {
  std::string name;
  ImageDomain domain;
};

void PrintTo(const NamedDomain& domain, std::ostream* stream) {
  *stream << domain.name;
}

std::vector<NamedDomain> domains() {
  return {
      {"colour", {.height = 5, .width = 7}},
      {"grey", {.height = 3, .width = 4, .channels = 1}},
      {"one_pixel", {.height = 1, .width = 1, .channels = 3, .classes = 2}},
      {"classes", {.height = 4, .width = 3, .channels = 3, .classes = 5}},
      {"source",
       {.height = 5, .width = 6, .channels = 3, .classes = 0, .source_height = 2, .source_width = 3}},
      {"grey_all",
       {.height = 4, .width = 4, .channels = 1, .classes = 3, .source_height = 2, .source_width = 2}},
  };
}

std::shared_ptr<PixelModel> make(const std::string& text, const ImageDomain& domain) {
  torch::manual_seed(1);
  toml::table section = parse_toml(text, "test");
  return make_model<nn::PixelModel>(section, domain);
}

class EveryImageModel : public testing::TestWithParam<std::tuple<NamedSection, NamedDomain>> {
 protected:
  EveryImageModel()
      : domain(std::get<1>(GetParam()).domain), model(make(std::get<0>(GetParam()).text, domain)) {}

  /// Randomises the weights as after some training: weights that start at zero would hide errors.
  void make_lively() {
    const at::NoGradGuard no_gradient;
    for (auto& parameter : model->parameters()) parameter.add_(at::randn_like(parameter) * 0.1);
  }
  at::Tensor random_images(int64_t batch) const {
    return at::randint(256, {batch, domain.height, domain.width, domain.channels}, at::kLong).to(at::kByte);
  }
  ImageCondition random_condition(int64_t batch) const {
    ImageCondition condition;
    if (domain.classes > 0) condition.labels = at::randint(domain.classes, {batch}, at::kLong);
    if (domain.source_height > 0) {
      condition.source =
          at::randint(256, {batch, domain.source_height, domain.source_width, domain.channels}, at::kLong)
              .to(at::kByte);
    }
    return condition;
  }
  /// Returns the values [batch, values] in the order of generation.
  at::Tensor in_order(const at::Tensor& images) const {
    return images.flatten(1).to(at::kLong).index_select(1, model->order());
  }
  /// Returns the nats in that order, [batch, pixels].
  at::Tensor nll_in_order(const at::Tensor& images, const ImageCondition& condition) {
    const at::Tensor pixels =
        model->order().view({-1, domain.channels}).select(1, 0).div(domain.channels, "floor");
    return model->nll(images, condition).flatten(1).index_select(1, pixels);
  }
  at::Tensor stepped(const at::Tensor& values, const ImageCondition& condition) {
    const auto state = model->start(values.size(0), condition);
    at::Tensor previous = at::zeros({values.size(0)}, at::kLong);
    std::vector<at::Tensor> logits;
    for (int64_t t = 0; t < values.size(1); ++t) {
      logits.push_back(model->step({previous, {}}, *state));
      previous = values.select(1, t);
    }
    return at::stack(logits, 1);
  }

  ImageDomain domain;
  std::shared_ptr<PixelModel> model;
};

ImageCondition rows_of(const ImageCondition& condition, const at::Tensor& rows) {
  ImageCondition chosen;
  if (condition.labels) chosen.labels = condition.labels->index_select(0, rows);
  if (condition.source) chosen.source = condition.source->index_select(0, rows);
  return chosen;
}

TEST_P(EveryImageModel, StepsSumToTheNatsOfTheFullPass) {
  make_lively();
  const nn::InferenceScope scope(*model);
  const at::Tensor images = random_images(3), values = in_order(images);
  const ImageCondition condition = random_condition(3);
  const at::Tensor logits = stepped(values, condition);
  ASSERT_EQ(logits.sizes(), at::IntArrayRef({3, domain.values(), 256}));
  const at::Tensor nats =
      -logits.log_softmax(2).gather(2, values.unsqueeze(2)).view({3, -1, domain.channels}).sum(2);
  const at::Tensor whole = nll_in_order(images, condition);
  EXPECT_TRUE(at::allclose(nats, whole, 1e-4, 1e-4)) << difference(nats, whole);
}

TEST_P(EveryImageModel, OrderVisitsEveryValueOnceAndKeepsAPixelsChannelsTogether) {
  const at::Tensor order = model->order();
  EXPECT_EQ(order.scalar_type(), at::kLong);
  EXPECT_TRUE(std::get<0>(order.sort()).equal(at::arange(domain.values(), at::kLong)));
  const at::Tensor pixels = order.view({-1, domain.channels});
  EXPECT_TRUE(pixels.equal(pixels.narrow(1, 0, 1) + at::arange(domain.channels, at::kLong)));
}

TEST_P(EveryImageModel, WhatIsLaterChangesNothingEarlier) {
  make_lively();
  const nn::InferenceScope scope(*model);
  const at::Tensor images = random_images(2);
  const ImageCondition condition = random_condition(2);
  const at::Tensor before = nll_in_order(images, condition);
  for (int64_t pixel = 0; pixel < domain.pixels(); ++pixel) {
    const int64_t first = pixel * domain.channels;
    const at::Tensor places = model->order().narrow(0, first, domain.values() - first);
    at::Tensor other = images.flatten(1).clone();
    other.index_copy_(1, places, other.index_select(1, places).bitwise_xor(0x55));
    const at::Tensor after = nll_in_order(other.view(images.sizes()), condition);
    EXPECT_LT(difference(before.narrow(1, 0, pixel), after.narrow(1, 0, pixel)), 1e-4) << pixel;
  }
}

TEST_P(EveryImageModel, EachPixelChangesWhatFollowsIt) {
  if (domain.pixels() == 1) GTEST_SKIP() << "nothing follows the only pixel";
  make_lively();
  const nn::InferenceScope scope(*model);
  const at::Tensor images = random_images(2);
  const ImageCondition condition = random_condition(2);
  const at::Tensor before = nll_in_order(images, condition);
  for (int64_t pixel = 0; pixel + 1 < domain.pixels(); ++pixel) {
    const at::Tensor places = model->order().narrow(0, pixel * domain.channels, domain.channels);
    at::Tensor other = images.flatten(1).clone();
    other.index_copy_(1, places, other.index_select(1, places).bitwise_xor(0x80));
    const int64_t rest = domain.pixels() - pixel - 1;
    const at::Tensor after = nll_in_order(other.view(images.sizes()), condition);
    EXPECT_GT(difference(before.narrow(1, pixel + 1, rest), after.narrow(1, pixel + 1, rest)), 1e-3) << pixel;
  }
}

TEST_P(EveryImageModel, LabelsAndSmallerImagesMatter) {
  make_lively();
  const nn::InferenceScope scope(*model);
  const at::Tensor images = random_images(2);
  const ImageCondition condition = random_condition(2);
  const at::Tensor before = model->nll(images, condition);
  if (condition.labels) {
    ImageCondition other = condition;
    other.labels = (*condition.labels + 1).remainder(domain.classes);
    EXPECT_GT(difference(before, model->nll(images, other)), 1e-3);
  }
  if (condition.source) {
    ImageCondition other = condition;
    other.source = condition.source->bitwise_xor(0x80);
    EXPECT_GT(difference(before, model->nll(images, other)), 1e-3);
  }
}

TEST_P(EveryImageModel, ReorderedRowsGoOnAsTheirOriginals) {
  make_lively();
  const nn::InferenceScope scope(*model);
  const at::Tensor values = in_order(random_images(3)), rows = at::tensor({int64_t{2}, int64_t{0}});
  const ImageCondition condition = random_condition(3);
  const at::Tensor straight = stepped(values.index_select(0, rows), rows_of(condition, rows));
  for (const int64_t at : {int64_t{1}, domain.values() / 2, domain.values() - 1}) {
    const auto state = model->start(3, condition);
    at::Tensor previous = at::zeros({3}, at::kLong), left = values;
    for (int64_t t = 0; t < domain.values(); ++t) {
      if (t == at) {
        state->reorder(rows);
        EXPECT_EQ(state->rows(), 2);
        left = values.index_select(0, rows);
        previous = previous.index_select(0, rows);
      }
      const at::Tensor logits = model->step({previous, {}}, *state);
      if (t >= at) {
        EXPECT_LT(difference(logits, straight.select(1, t)), 1e-4) << at << " of " << t;
      }
      previous = left.select(1, t);
    }
  }
}

TEST_P(EveryImageModel, AnImagesBitsDependNeitherOnTheImagesBesideItNorOnThoseThatLeave) {
  make_lively();
  const nn::InferenceScope scope(*model);
  const nn::RowInvariantScope invariant;
  const at::Tensor values = in_order(random_images(4));
  const ImageCondition condition = random_condition(4);
  std::vector<at::Tensor> alone;
  for (int64_t i = 0; i < 4; ++i)
    alone.push_back(stepped(values.narrow(0, i, 1), rows_of(condition, at::tensor({i})))[0]);
  const auto state = model->start(4, condition);
  std::vector<int64_t> present{0, 1, 2, 3};
  at::Tensor previous = at::zeros({4}, at::kLong);
  for (int64_t t = 0; t < domain.values(); ++t) {
    if (t == domain.values() / 2) {
      state->reorder(at::tensor({3, 0, 2}, at::kLong));
      present = {3, 0, 2};
      previous = t == 0 ? at::zeros({3}, at::kLong)
                        : values.select(1, t - 1).index_select(0, at::tensor(present, at::kLong));
    }
    const at::Tensor logits = model->step({previous, {}}, *state);
    for (size_t row = 0; row < present.size(); ++row) {
      const auto image = static_cast<size_t>(present[row]);
      ASSERT_TRUE(logits[static_cast<int64_t>(row)].equal(alone[image][t]))
          << "image " << image << " at " << t;
    }
    previous = values.select(1, t).index_select(0, at::tensor(present, at::kLong));
  }
}

TEST_P(EveryImageModel, InFloat64StepsSumToTheNatsOfTheFullPassToo) {
  make_lively();
  const nn::InferenceScope scope(*model);
  model->to(at::kDouble);
  const at::Tensor images = random_images(2), values = in_order(images);
  const ImageCondition condition = random_condition(2);
  const at::Tensor nats = -stepped(values, condition)
                               .log_softmax(2)
                               .gather(2, values.unsqueeze(2))
                               .view({2, -1, domain.channels})
                               .sum(2);
  const at::Tensor whole = nll_in_order(images, condition);
  EXPECT_TRUE(at::allclose(nats, whole, 1e-5, 1e-5)) << difference(nats, whole);
}

TEST_P(EveryImageModel, AttentionSeesOnlyWhatCameBefore) {
  make_lively();
  const nn::InferenceScope scope(*model);
  const at::Tensor images = random_images(2);
  const ImageCondition condition = random_condition(2);
  at::Tensor other = images.flatten(1).clone();
  const at::Tensor last = model->order().narrow(0, domain.values() - domain.channels, domain.channels);
  other.index_copy_(1, last, other.index_select(1, last).bitwise_xor(0x55));
  for (int64_t layer = 0; layer < model->attention_layers(); ++layer) {
    const auto trace = model->trace(images, condition, layer);
    const int64_t length = trace.query.size(2), unit = domain.values() / length;
    ASSERT_TRUE(unit == 1 || unit == domain.channels) << length;
    std::vector<int64_t> heads(static_cast<size_t>(trace.query.size(1))), rows(static_cast<size_t>(length));
    std::iota(heads.begin(), heads.end(), 0);
    std::iota(rows.begin(), rows.end(), 0);
    const at::Tensor weights = attention::attention_weights(trace.query, trace.key, trace.spec, heads, rows);
    EXPECT_EQ(weights.triu(1).abs().max().item<double>(), 0);
    EXPECT_LT(difference(weights.sum(3), at::ones_like(weights.select(3, 0))), 1e-4);
    // No position up to the last pixel's first one has seen that pixel's values.
    const int64_t blind = length - domain.channels / unit + 1;
    const auto moved = model->trace(other.view(images.sizes()), condition, layer);
    EXPECT_LT(difference(trace.query.narrow(2, 0, blind), moved.query.narrow(2, 0, blind)), 1e-5);
    EXPECT_LT(difference(trace.key.narrow(2, 0, blind), moved.key.narrow(2, 0, blind)), 1e-5);
  }
  EXPECT_THROW(model->trace(images, condition, model->attention_layers()), c10::Error);
}

TEST_P(EveryImageModel, EveryParameterLearns) {
  make_lively();
  model->nll(random_images(4), random_condition(4)).mean().backward();
  if (domain.pixels() == 1) GTEST_SKIP() << "one pixel has no neighbours to learn from";
  for (const auto& parameter : model->named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_GT(parameter.value().grad().abs().max().item<double>(), 0) << parameter.key();
  }
}

TEST_P(EveryImageModel, TheFirstLossIsThatOfGuessingAndFalls) {
  const int64_t batch = 6;
  ImageCondition condition = random_condition(batch);
  const at::Tensor shades = at::randint(256, {batch, 1, 1, domain.channels}, at::kLong);
  const at::Tensor images =
      (shades + at::randint(8, {batch, domain.height, domain.width, domain.channels}, at::kLong))
          .clamp_max(255)
          .to(at::kByte);
  torch::optim::Adam optimizer(model->parameters(), torch::optim::AdamOptions(5e-3));
  double first = 0, loss = 0;
  for (int step = 0; step <= 30; ++step) {
    const at::Tensor nats = model->nll(images, condition).mean();
    loss = nats.item<double>();
    if (step == 0) first = loss;
    optimizer.zero_grad();
    nats.backward();
    optimizer.step();
  }
  const double guessing = std::log(256.0) * static_cast<double>(domain.channels);
  EXPECT_LT(first, 1.25 * guessing);
  EXPECT_LT(loss, 0.85 * first);
}

TEST_P(EveryImageModel, TrainsUnderAutocastToBfloat16) {
  const nn::ImageCondition condition = random_condition(4);
  const at::Tensor images = random_images(4);
  const double exact = model->nll(images, condition).mean().item<double>();
  at::Tensor rounded;
  {
    const nn::AutocastGuard autocast(at::kCPU, at::kBFloat16);
    rounded = model->nll(images, condition).mean();
  }
  EXPECT_NEAR(rounded.item<double>(), exact, 0.03 * exact);
  rounded.backward();
  for (const auto& parameter : model->named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_TRUE(parameter.value().grad().isfinite().all().item<bool>()) << parameter.key();
  }
}

TEST_P(EveryImageModel, WrongImagesAndConditionsAreRefused) {
  const nn::InferenceScope scope(*model);
  const at::Tensor images = random_images(2);
  const ImageCondition condition = random_condition(2);
  EXPECT_THROW(model->nll(images.to(at::kLong), condition), c10::Error);
  EXPECT_THROW(model->nll(at::constant_pad_nd(images, {0, 0, 0, 1}), condition), c10::Error);
  if (domain.classes > 0 || domain.source_height > 0) {
    EXPECT_THROW(model->nll(images, random_condition(3)), c10::Error);
  }
  if (domain.classes > 0) {
    ImageCondition wrong = condition;
    wrong.labels = at::full({2}, domain.classes, at::kLong);
    EXPECT_THROW(model->nll(images, wrong), c10::Error);
    EXPECT_THROW(model->start(2, wrong), c10::Error);
    wrong.labels.reset();
    EXPECT_THROW(model->start(2, wrong), c10::Error);
  } else {
    ImageCondition wrong = condition;
    wrong.labels = at::zeros({2}, at::kLong);
    EXPECT_THROW(model->nll(images, wrong), c10::Error);
  }
  const auto state = model->start(2, condition);
  const at::Tensor value = at::zeros({2}, at::kLong);
  for (int64_t t = 0; t < domain.values(); ++t) model->step({value, {}}, *state);
  EXPECT_THROW(model->step({value, {}}, *state), c10::Error) << "past the last value";
  EXPECT_THROW(model->step({at::zeros({3}, at::kLong), {}}, *model->start(2, condition)), c10::Error);
  EXPECT_THROW(model->step({at::zeros({4}, at::kLong), {2, 2}}, *model->start(2, condition)), c10::Error)
      << "one value a step";
}

INSTANTIATE_TEST_SUITE_P(Models, EveryImageModel,
                         testing::Combine(testing::ValuesIn(sections()), testing::ValuesIn(domains())),
                         [](const auto& info) {
                           return std::get<0>(info.param).name + "_on_" + std::get<1>(info.param).name;
                         });

TEST(ImageModelRegistry, ResolvesTheSectionAndRefusesWhatDoesNotFit) {
  const ImageDomain domain{.height = 4, .width = 4};
  toml::table section{{"kind", "gated_pixel_cnn"}, {"width", 12}};
  make_model<nn::PixelModel>(section, domain);
  EXPECT_EQ(section["layers"].value_or(int64_t{0}), 8);
  toml::table even{{"kind", "gated_pixel_cnn"}, {"kernel", 4}};
  EXPECT_THAT(error_of(ErrorKind::kConfig, [&] { make_model<nn::PixelModel>(even, domain); }),
              ::testing::HasSubstr("kernel and first_kernel must be odd"));
  toml::table narrow{{"kind", "gated_pixel_cnn"}, {"width", 2}};
  EXPECT_THAT(error_of(ErrorKind::kConfig, [&] { make_model<nn::PixelModel>(narrow, domain); }),
              ::testing::HasSubstr("width and output_width must be at least the channels"));
  toml::table unknown{{"kind", "pixel_snail"}, {"block", 2}};
  EXPECT_THAT(error_of(ErrorKind::kConfig, [&] { make_model<nn::PixelModel>(unknown, domain); }),
              ::testing::HasSubstr("unknown key 'block'; did you mean 'blocks'?"));
  toml::table snail{{"kind", "pixel_snale"}};
  EXPECT_THAT(error_of(ErrorKind::kConfig, [&] { make_model<nn::PixelModel>(snail, domain); }),
              ::testing::HasSubstr("unknown model kind 'pixel_snale'; did you mean 'pixel_snail'?"));
}

}  // namespace
}  // namespace heed::models
