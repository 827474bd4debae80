// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/machine.h"

#include <algorithm>
#include <atomic>
#include <fstream>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

#include "heed/bench/timing.h"
#include "heed/kernels/isa.h"

namespace heed::bench {
namespace {

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

/// GFLOP/s of a burst of a few milliseconds on every thread.
double peak_burst(int threads) {
  constexpr int64_t kRounds = 2'000'000;
  const auto& peak = kernels::cpu_kernels().peak;
  std::atomic<float> kept{0};
  const double time = milliseconds([&] {
    at::parallel_for(0, threads, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) kept = peak.multiply_adds(kRounds, 0.5f);
    });
  });
  return static_cast<double>(threads * kRounds * peak.operations) / time / 1e6;
}

}  // namespace

Machine describe_machine() {
  return {.cpu = cpu_name(),
          .kernels = kernels::cpu_kernels().name,
          .torch = TORCH_VERSION,
          .threads = at::get_num_threads()};
}

void measure_machine(Machine& machine, double seconds) {
  at::NoGradGuard no_grad;
  constexpr int64_t kSize = 1024;
  const auto left = at::randn({kSize, kSize}), right = at::randn({kSize, kSize});
  auto result = at::mm(left, right);
  std::vector<double> products;
  double spent = 0;
  do {
    machine.peak_gflops = std::max(machine.peak_gflops, peak_burst(machine.threads));
    products.push_back(milliseconds([&] { at::mm_out(result, left, right); }));
    spent += products.back() / 1e3;
  } while (spent < seconds);
  const double gflops = 2.0 * kSize * kSize * kSize / summarize(products).median / 1e6;
  machine.gemm_gflops = std::max(machine.gemm_gflops, gflops);
}

}  // namespace heed::bench
