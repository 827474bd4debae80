// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/weight_type.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "tests/core/expect_error.h"
#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/utils.h>

#include "heed/core/error.h"
#include "heed/kernels/isa.h"
#include "heed/nn/linear.h"
#include "heed/nn/linear_cross_entropy.h"
#include "heed/nn/lstm.h"
#include "heed/nn/packed_weight.h"
#include "heed/nn/weight_norm_linear.h"

namespace heed::nn {
namespace {

constexpr WeightType kTypes[] = {WeightType::kFloat32, WeightType::kBfloat16, WeightType::kInt8};

/// How much a product may differ from the exact one, in each type, of its largest number.
double tolerance(WeightType type) {
  return type == WeightType::kFloat32 ? 1e-5 : type == WeightType::kBfloat16 ? 2e-2 : 6e-2;
}

/// difference, as a part of b's largest number.
double relative(const at::Tensor& a, const at::Tensor& b) {
  return difference(a, b) / b.abs().max().item<double>();
}

class WeightTypes : public testing::Test {
 protected:
  WeightTypes() : threads_(at::get_num_threads()) { torch::manual_seed(5); }
  ~WeightTypes() override { at::set_num_threads(threads_); }

 private:
  int threads_;
};

TEST_F(WeightTypes, NamesAreReadBackAndAnUnknownOneNamesTheNearest) {
  for (const WeightType type : kTypes) EXPECT_EQ(parse_weight_type(weight_type_name(type)), type);
  EXPECT_THAT(error_of(ErrorKind::kConfig, [] { parse_weight_type("bfloat"); }),
              testing::HasSubstr("did you mean 'bfloat16'"));
}

/// What bfloat16 products read of an input, by the instruction set.
at::Tensor read_of(const at::Tensor& input) {
  return kernels::cpu_kernels().gemm.bfloat16.round ? input.to(at::kBFloat16).to(at::kDouble)
                                                    : input.to(at::kDouble);
}

TEST_F(WeightTypes, Bfloat16IsTheProductWithRoundedWeights) {
  for (const int64_t rows : {1, 8, 40}) {
    for (const int64_t in : {1, 255, 256, 257}) {
      for (const int64_t out : {1, 31, 33, 130}) {
        SCOPED_TRACE(testing::Message() << rows << " x " << in << " x " << out);
        const at::Tensor x = at::randn({rows, in}), w = at::randn({out, in}), bias = at::randn({out});
        PackedWeight packed;
        packed.set_type(WeightType::kBfloat16);
        const at::Tensor rounded = w.to(at::kBFloat16).to(at::kDouble);
        EXPECT_LT(difference(packed.product(x, w, bias), read_of(x).mm(rounded.t()) + bias), 1e-4);
      }
    }
  }
}

TEST_F(WeightTypes, ARowsBitsDependOnThatRowAloneAndNotOnTheThreads) {
  for (const WeightType type : kTypes) {
    for (const int64_t in : {1, 3, 255, 256, 257, 1000}) {
      for (const int64_t out : {1, 15, 16, 17, 511}) {
        const at::Tensor x = at::randn({120, in}), w = at::randn({out, in}), bias = at::randn({out});
        PackedWeight packed;
        packed.set_type(type);
        at::set_num_threads(1);
        const at::Tensor whole = packed.product(x, w, bias);
        for (const int threads : {1, 3}) {
          at::set_num_threads(threads);
          for (int64_t rows = 1; rows <= 13; ++rows) {
            ASSERT_TRUE(packed.product(x.narrow(0, 0, rows), w, bias).equal(whole.narrow(0, 0, rows)))
                << weight_type_name(type) << ", " << rows << " x " << in << " x " << out << ", " << threads
                << " threads";
          }
          ASSERT_TRUE(packed.product(x, w, bias).equal(whole)) << weight_type_name(type) << " " << threads;
        }
      }
    }
  }
}

struct LayerInALayer : torch::nn::Module {
  LayerInALayer() {
    list = register_module("list", torch::nn::ModuleList());
    list->push_back(linear);
    register_module("normed", normed);
  }
  at::Tensor forward(const at::Tensor& x) { return normed->forward(linear->forward(x)); }

  Linear linear{24, 24};
  torch::nn::ModuleList list{nullptr};
  WeightNormLinear normed{24, 24, 0.5};
};

TEST_F(WeightTypes, EveryLayerWithAPackedWeightTakesTheTypeAndGivesItBack) {
  const at::NoGradGuard no_grad;
  const auto model = std::make_shared<LayerInALayer>();
  LstmLayer lstm(24, 32);
  model->eval();
  lstm->eval();
  const at::Tensor x = at::randn({7, 24}), steps = at::randn({5, 2, 24});
  const auto run = [&](WeightType type) {
    set_weight_type(*model, type);
    set_weight_type(*lstm, type);
    const at::Tensor stepped = lstm->step(steps[0], lstm->zeros(2)).output;
    return std::vector<at::Tensor>{model->forward(x), lstm->forward(steps).output, stepped};
  };
  const auto exact = run(WeightType::kFloat32);
  for (const WeightType type : {WeightType::kBfloat16, WeightType::kInt8}) {
    const auto found = run(type);
    for (size_t i = 0; i < exact.size(); ++i) {
      EXPECT_LT(relative(found[i], exact[i]), tolerance(type)) << weight_type_name(type) << " " << i;
      EXPECT_FALSE(found[i].equal(exact[i])) << weight_type_name(type) << " " << i;
    }
    EXPECT_TRUE(found[1][0].equal(found[2])) << "a whole pass and a step read the same weights";
  }
  const auto again = run(WeightType::kFloat32);
  for (size_t i = 0; i < exact.size(); ++i) EXPECT_TRUE(again[i].equal(exact[i])) << i;
}

TEST_F(WeightTypes, AWeightThatIsWrittenToIsPackedAgain) {
  const at::NoGradGuard no_grad;
  for (const WeightType type : kTypes) {
    Linear layer(LinearOptions(24, 40).bias(false));
    layer->eval();
    set_weight_type(*layer, type);
    const at::Tensor x = at::randn({5, 2, 24}), before = layer->forward(x);
    layer->weight.mul_(-1);
    EXPECT_LT(relative(layer->forward(x), -before), tolerance(type));
  }
}

TEST_F(WeightTypes, GradientsAreThoseOfFloat32) {
  Linear layer(24, 40);
  const at::Tensor x = at::randn({50, 24});
  const auto gradient = [&] {
    layer->zero_grad();
    layer->forward(x).square().sum().backward();
    return layer->weight.grad().clone();
  };
  const at::Tensor expected = gradient();
  set_weight_type(*layer, WeightType::kInt8);
  {
    const at::NoGradGuard no_grad;
    layer->forward(x);
  }
  EXPECT_TRUE(gradient().equal(expected));
}

TEST_F(WeightTypes, ACopyOfALayerKeepsTheType) {
  const at::NoGradGuard no_grad;
  Linear layer(24, 40);
  layer->eval();
  set_weight_type(*layer, WeightType::kBfloat16);
  const auto copy = std::dynamic_pointer_cast<LinearImpl>(layer->clone());
  const at::Tensor x = at::randn({5, 24});
  EXPECT_TRUE(copy->forward(x).equal(layer->forward(x)));
}

TEST_F(WeightTypes, CrossEntropyWithoutGradientReadsThePackedWeight) {
  const at::NoGradGuard no_grad;
  const at::Tensor hidden = at::randn({9, 24}), weight = at::randn({33, 24}), bias = at::randn({33}),
                   target = at::randint(33, {9});
  for (const WeightType type : kTypes) {
    PackedWeight packed;
    packed.set_type(type);
    const at::Tensor logits = packed.product(hidden, weight, bias);
    const double expected = at::cross_entropy_loss(logits, target, {}, at::Reduction::Sum).item<double>();
    const at::Tensor found = linear_cross_entropy(hidden, weight, bias, target, 0, &packed);
    EXPECT_NEAR(found.item<double>(), expected, 1e-3);
  }
}

// What decoding waits for: weights that are in no cache, read for a few rows. For people: run it with
// --gtest_also_run_disabled_tests --gtest_filter='*MemorysSpeed' and OMP_NUM_THREADS.
struct Weights {
  int64_t in, out;
};

int64_t bytes_of(WeightType type) {
  return type == WeightType::kFloat32 ? 4 : type == WeightType::kBfloat16 ? 2 : 1;
}

double seconds_of(const std::function<void()>& run) {
  const auto begin = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The median of many short stretches, so that what else the machine does leaves few traces.
double median_seconds(int64_t count, const std::function<void(int64_t)>& run) {
  std::vector<double> seconds;
  for (int round = 0; round < 7; ++round) {
    seconds.push_back(seconds_of([&] {
      for (int64_t i = 0; i < count; ++i) run(i);
    }));
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2] / static_cast<double>(count);
}

constexpr int64_t kRotated = int64_t{256} << 20;  // bytes

/// Bytes a second of plain vector loads, on as many threads.
double read_bandwidth() {
  const at::Tensor bytes = at::ones({kRotated / 4}, at::kFloat);
  const auto* from = bytes.const_data_ptr<float>();
  const double seconds = median_seconds(1, [&](int64_t) {
    at::parallel_for(0, kRotated / 4, 1 << 16, [&](int64_t begin, int64_t end) {
      float sums[256] = {};
      for (int64_t i = begin; i + 256 <= end; i += 256) {
        for (int64_t j = 0; j < 256; ++j) sums[j] += from[i + j];
      }
      volatile float kept = sums[0];
      (void)kept;
    });
  });
  return static_cast<double>(kRotated) / seconds;
}

TEST_F(WeightTypes, DISABLED_OneRowReadsWeightsAtTheMemorysSpeed) {
  const at::NoGradGuard no_grad;
  const double read = read_bandwidth();
  std::printf("read: %.1f GB/s on %d threads\n", read * 1e-9, at::get_num_threads());
  for (const auto& [in, out] : {Weights{512, 512}, {512, 1536}, {512, 2048}, {2048, 512}, {512, 50257}}) {
    const at::Tensor weight = at::randn({out, in});
    for (const WeightType type : kTypes) {
      const int64_t bytes = in * out * bytes_of(type);
      const int64_t count = std::max<int64_t>(1, kRotated / bytes);
      std::vector<PackedWeight> packed(static_cast<size_t>(count));
      for (auto& each : packed) each.set_type(type);
      double one = 0;
      for (const int64_t rows : {1, 8}) {
        const at::Tensor x = at::randn({rows, in});
        const double seconds =
            median_seconds(count, [&](int64_t i) { linear(x, weight, {}, &packed[static_cast<size_t>(i)]); });
        if (rows == 1) one = seconds;
        const double rate = static_cast<double>(bytes) / seconds;
        std::printf("%4ld -> %5ld %-8s rows %ld: %7.1f us, %5.1f GB/s, %3.0f %% of read, %.2f x one row\n",
                    static_cast<long>(in), static_cast<long>(out), weight_type_name(type).c_str(),
                    static_cast<long>(rows), seconds * 1e6, rate * 1e-9, 100 * rate / read, seconds / one);
      }
    }
  }
}

}  // namespace
}  // namespace heed::nn
