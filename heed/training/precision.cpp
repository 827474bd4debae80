// SPDX-License-Identifier: Apache-2.0
#include "heed/training/precision.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "heed/core/log.h"

namespace heed::training {
namespace {

double best_seconds(const at::Tensor& a, const at::Tensor& b) {
  constexpr int kMostRepeats = 8;
  constexpr double kEnough = 0.05;  // a bf16 product without hardware support may alone take this long
  double best = std::numeric_limits<double>::infinity(), spent = 0;
  for (int i = 0; i < kMostRepeats && (i < 2 || spent < kEnough); ++i) {
    const auto begin = std::chrono::steady_clock::now();
    // Reading a value waits for the device.
    at::matmul(a, b)[0][0].item<float>();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    best = std::min(best, seconds);
    spent += seconds;
  }
  return best;
}

}  // namespace

double bf16_speedup(at::Device device) {
  const c10::NoGradGuard no_grad;
  const int64_t width = device.is_cpu() ? 256 : 4096;
  // Not random: the default generator belongs to training.
  const at::Tensor a = at::full({width, width}, 0.5, at::TensorOptions().device(device));
  const at::Tensor half = a.to(at::kBFloat16);
  return best_seconds(a, a) / best_seconds(half, half);
}

std::string resolve_precision(const std::string& precision, at::Device device) {
  constexpr double kWorthwhile = 1.2, kEmulated = 0.5;
  if (precision == "fp32") return precision;
  const double speedup = bf16_speedup(device);
  if (precision == "auto") return speedup > kWorthwhile ? "bf16" : "fp32";
  if (speedup < kEmulated) {
    char text[160];
    std::snprintf(text, sizeof text,
                  "bf16 takes %.0f times as long as fp32 on this device, which has no instructions for it: "
                  "precision \"auto\" would choose fp32",
                  1 / speedup);
    warn(text);
  }
  return precision;
}

}  // namespace heed::training
