// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/discretized_logistic_mixture.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

namespace heed::nn {
namespace {

double largest(const at::Tensor& x) {
  return x.abs().max().item<double>();
}

/// Parameters of which some are as extreme as an untamed network may make them.
at::Tensor random_parameters(at::IntArrayRef sizes, at::ScalarType dtype, double spread = 2) {
  return at::randn(sizes, dtype) * spread;
}

at::Tensor random_pixels(at::IntArrayRef sizes) {
  at::Tensor pixels = at::randint(256, sizes, at::kLong);
  pixels.view(-1)[0] = 0;
  pixels.view(-1)[-1] = 255;
  return pixels.to(at::kByte);
}

class EveryPixel : public testing::TestWithParam<int64_t> {
 protected:
  EveryPixel() { at::manual_seed(5); }
  int64_t channels = GetParam(), count = discretized_logistic_parameters(channels, 4);
};

TEST_P(EveryPixel, ProbabilitiesOfAChannelSumToOne) {
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    for (const double spread : {0.1, 2.0, 30.0}) {
      const at::Tensor parameters = random_parameters({50, count}, dtype, spread);
      for (int64_t c = 0; c < channels; ++c) {
        const at::Tensor logits =
            discretized_logistic_logits(parameters, channels, at::randint(256, {50, c}, at::kLong));
        ASSERT_EQ(logits.sizes(), at::IntArrayRef({50, 256}));
        const double off = largest(at::logsumexp(logits, {1}));
        EXPECT_LT(off, dtype == at::kDouble ? 1e-11 : 2e-4) << "spread " << spread << " channel " << c;
      }
    }
  }
}

TEST_P(EveryPixel, ChannelsOneAfterAnotherEqualThePixel) {
  for (const double spread : {0.1, 2.0, 30.0}) {
    const at::Tensor parameters = random_parameters({60, count}, at::kDouble, spread);
    const at::Tensor pixels = random_pixels({60, channels}), values = pixels.to(at::kLong);
    at::Tensor sum = at::zeros({60}, at::kDouble);
    for (int64_t c = 0; c < channels; ++c) {
      const at::Tensor logits =
          discretized_logistic_logits(parameters, channels, values.narrow(1, 0, c)).log_softmax(1);
      sum += logits.gather(1, values.narrow(1, c, 1)).squeeze(1);
    }
    const at::Tensor nll = discretized_logistic_nll(parameters, pixels);
    EXPECT_TRUE(at::allclose(-sum, nll, 1e-9, 1e-9)) << "spread " << spread;
  }
}

TEST_P(EveryPixel, GradientsAgreeWithDifferences) {
  const at::Tensor parameters = random_parameters({2, 3, count}, at::kDouble, 1).requires_grad_();
  const at::Tensor pixels = random_pixels({2, 3, channels});
  discretized_logistic_nll(parameters, pixels).sum().backward();
  const at::Tensor plain = parameters.detach(), gradient = parameters.grad();
  const double step = 1e-6;
  at::Tensor numeric = at::zeros_like(plain);
  for (int64_t i = 0; i < plain.numel(); ++i) {
    const auto moved = [&](double by) {
      at::Tensor other = plain.clone();
      other.view(-1)[i] += by;
      return discretized_logistic_nll(other, pixels).sum().item<double>();
    };
    numeric.view(-1)[i] = (moved(step) - moved(-step)) / (2 * step);
  }
  EXPECT_TRUE(at::allclose(gradient, numeric, 1e-5, 1e-6));
}

TEST_P(EveryPixel, FarValuesAndExtremeParametersStayFinite) {
  for (const double spread : {30.0, 1000.0}) {
    const at::Tensor parameters = random_parameters({200, count}, at::kFloat, spread).requires_grad_();
    const at::Tensor nll = discretized_logistic_nll(parameters, random_pixels({200, channels}));
    nll.sum().backward();
    EXPECT_TRUE(nll.isfinite().all().item<bool>());
    EXPECT_TRUE(parameters.grad().isfinite().all().item<bool>());
  }
}

TEST_P(EveryPixel, HalfTypesAreTakenAsFloat32) {
  const at::Tensor parameters = random_parameters({40, count}, at::kBFloat16);
  const at::Tensor pixels = random_pixels({40, channels});
  const at::Tensor nll = discretized_logistic_nll(parameters, pixels);
  EXPECT_EQ(nll.scalar_type(), at::kFloat);
  EXPECT_TRUE(nll.equal(discretized_logistic_nll(parameters.to(at::kFloat), pixels)));
}

TEST_P(EveryPixel, TheFirstLossIsNearThatOfGuessing) {
  const at::Tensor bias = discretized_logistic_bias(channels, 10).expand({2000, -1});
  const double guessing = std::log(256.0) * static_cast<double>(channels);
  const at::Tensor noise = at::randint(256, {2000, channels}, at::kLong).to(at::kByte);
  EXPECT_LT(discretized_logistic_nll(bias, noise).mean().item<double>(), 1.1 * guessing);
  for (const int64_t grey : {0, 64, 128, 255}) {
    const at::Tensor flat = at::full({1, channels}, grey, at::kByte);
    EXPECT_LT(discretized_logistic_nll(bias.narrow(0, 0, 1), flat).item<double>(), 1.15 * guessing) << grey;
  }
}

INSTANTIATE_TEST_SUITE_P(Channels, EveryPixel, testing::Values(1, 3));

TEST(DiscretizedLogistic, TheEndsTakeTheWholeTails) {
  // One component of scale 1 around x = 0: the bin of 0 ends at -254 / 255, that of 255 begins at 254 / 255.
  const at::Tensor parameters = at::zeros({1, 3}, at::kDouble);
  const at::Tensor logits = discretized_logistic_logits(parameters, 1, at::empty({1, 0}, at::kLong));
  const double edge = 0.5 / 127.5 - 1, tail = 1 / (1 + std::exp(-edge));
  EXPECT_NEAR(logits[0][0].item<double>(), std::log(tail), 1e-12);
  EXPECT_NEAR(logits[0][255].item<double>(), std::log(tail), 1e-12);
  const auto cumulative = [](double value) { return 1 / (1 + std::exp(-(value / 127.5 - 1))); };
  for (const int64_t value : {1, 100, 254}) {
    const double mass =
        cumulative(static_cast<double>(value) + 0.5) - cumulative(static_cast<double>(value) - 0.5);
    EXPECT_NEAR(logits[0][value].item<double>(), std::log(mass), 1e-10) << value;
  }
}

TEST(DiscretizedLogistic, LaterChannelsGoByEarlierOnes) {
  at::Tensor parameters = at::zeros({1, 10}, at::kDouble);
  parameters.narrow(1, 4, 3).fill_(-4);                              // log scales
  parameters.narrow(1, 7, 3).copy_(at::tensor({20.0, 0.0, -20.0}));  // green follows red, blue opposes green
  const auto likeliest = [&](std::vector<int64_t> before) {
    const auto count = static_cast<int64_t>(before.size());
    return discretized_logistic_logits(parameters, 3, at::tensor(before).view({1, count}))
        .argmax(1)
        .item<int64_t>();
  };
  EXPECT_EQ(likeliest({200}), 200);
  EXPECT_EQ(likeliest({200, 40}), 215);
}

TEST(DiscretizedLogistic, WrongShapesAreNamed) {
  const at::Tensor pixels = random_pixels({4, 3});
  EXPECT_THROW(discretized_logistic_nll(at::zeros({4, 29}), pixels), c10::Error);
  EXPECT_THROW(discretized_logistic_nll(at::zeros({5, 30}), pixels), c10::Error);
  EXPECT_THROW(discretized_logistic_nll(at::zeros({4, 30}), pixels.to(at::kLong)), c10::Error);
  EXPECT_THROW(discretized_logistic_nll(at::zeros({4, 30}), random_pixels({4, 2})), c10::Error);
  EXPECT_THROW(discretized_logistic_logits(at::zeros({4, 30}), 3, pixels.to(at::kLong)), c10::Error);
  EXPECT_THROW(discretized_logistic_parameters(2, 10), c10::Error);
}

}  // namespace
}  // namespace heed::nn
