// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/linear_choice.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>

#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/kernels/isa.h"
#include "heed/nn/matrix_product.h"
#include "heed/nn/onednn_linear.h"

namespace heed::nn {
namespace {

struct Named {
  const char* name;
  LinearKind kind;
};
constexpr Named kKinds[] = {
    {"mkl", LinearKind::kMkl}, {"onednn", LinearKind::kOneDnn}, {"heed", LinearKind::kHeed}};

LinearKind parse_kind(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& named : kKinds) {
    if (name == named.name) return named.kind;
    names.emplace_back(named.name);
  }
  throw Error(ErrorKind::kConfig, unknown_name_message("linear layer in HEED_LINEAR", name, names));
}

double best_gigaflops(double operations, const std::function<void()>& run) {
  using Clock = std::chrono::steady_clock;
  run();  // warms up pages, caches and generated code
  double best = 0;
  for (int i = 0; i < 3; ++i) {
    const auto begin = Clock::now();
    run();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    best = std::max(best, operations / seconds * 1e-9);
  }
  return best;
}

}  // namespace

const char* linear_kind_name(LinearKind kind) {
  for (const auto& named : kKinds) {
    if (kind == named.kind) return named.name;
  }
  return "?";
}

LinearMachine this_machine() {
  LinearMachine machine;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_is("amd")) machine.vendor = "amd";
  if (__builtin_cpu_is("intel")) machine.vendor = "intel";
#endif
  machine.vector_floats = kernels::available_cpu_kernels().front()->vector_floats;
  machine.onednn = at::globalContext().hasMKLDNN();
  return machine;
}

LinearChoice choose_linear(const std::string& forced, const LinearMachine& machine) {
  if (!forced.empty()) {
    const LinearKind kind = parse_kind(forced);
    if (kind == LinearKind::kOneDnn && !machine.onednn)
      throw Error(ErrorKind::kConfig, "HEED_LINEAR=onednn: this libtorch is built without oneDNN");
    return {kind, "HEED_LINEAR says so"};
  }
  if (machine.vendor == "amd" && machine.vector_floats == 16 && machine.onednn)
    return {LinearKind::kOneDnn,
            "MKL reaches less than half of oneDNN's speed on AMD processors with AVX-512"};
  if (machine.vendor == "amd" && machine.vector_floats == 8)
    return {LinearKind::kHeed,
            "it is faster than MKL and oneDNN on AMD processors with AVX2, especially for few rows"};
  return {LinearKind::kMkl, "libtorch's default; only AMD processors prefer another"};
}

const LinearChoice& chosen_linear() {
  static const LinearChoice chosen = [] {
    const char* forced = std::getenv("HEED_LINEAR");
    return choose_linear(forced ? forced : "", this_machine());
  }();
  return chosen;
}

std::string linear_choice() {
  return std::string(linear_kind_name(chosen_linear().kind)) + ": " + chosen_linear().reason;
}

std::vector<LinearSpeed> measure_linear() {
  const at::NoGradGuard no_grad;
  constexpr int64_t kRows = 128, kIn = 256, kOut = 1024;
  const at::Tensor input = at::full({kRows, kIn}, 0.5, at::kFloat);
  const at::Tensor weight = at::full({kOut, kIn}, 0.25, at::kFloat), bias = at::full({kOut}, 1.0, at::kFloat);
  const double operations = 2.0 * kRows * kIn * kOut;
  std::vector<LinearSpeed> speeds;
  const auto add = [&](LinearKind kind, const std::function<void()>& run) {
    speeds.push_back({linear_kind_name(kind), best_gigaflops(operations, run)});
  };
  add(LinearKind::kMkl, [&] { at::linear(input, weight, bias); });
  if (this_machine().onednn) add(LinearKind::kOneDnn, [&] { onednn_linear(input, weight, bias); });
  add(LinearKind::kHeed, [&] { matrix_product(input, weight.t(), bias); });
  return speeds;
}

}  // namespace heed::nn
