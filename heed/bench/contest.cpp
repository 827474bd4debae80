// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/contest.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <ATen/ATen.h>
#include <torch/autograd.h>

#include "heed/core/error.h"

namespace heed::bench {
namespace {

constexpr double kFewestRepeats = 3, kMostRepeats = 15;

/// Sums of a few thousand float32 products in different order differ by less. A bfloat16 has 8 bits, and some
/// implementations round scores and weights to it.
constexpr double kFloatTolerance = 1e-3, kBFloat16Tolerance = 5e-2;

[[noreturn]] void throw_mismatch(const Contest& contest, const Rival& a, const Rival& b, double difference) {
  std::ostringstream text;
  text << contest.problem << ", " << contest.shape << ", " << c10::toString(contest.dtype) << ": " << b.name
       << " differs from " << a.name << " by " << difference;
  throw Error(ErrorKind::kSystem, text.str());
}

/// Compares results and warms up; returns the seconds of one round of the timed implementations.
double compare(const Contest& contest, const std::vector<Rival>& rivals, std::vector<Score>& scores) {
  std::vector<Tensors> found(rivals.size());
  double seconds = 0;
  for (size_t i = 0; i < rivals.size(); ++i) {
    const double time = milliseconds([&] { found[i] = forward_backward(rivals[i]); });
    if (rivals[i].timed) seconds += time / 1e3;
    const auto first = std::find_if(rivals.begin(), rivals.begin() + static_cast<ptrdiff_t>(i),
                                    [&](const Rival& r) { return r.answer == rivals[i].answer; });
    const auto truth = static_cast<size_t>(first - rivals.begin());
    if (truth == i) continue;
    const double difference = largest_difference(found[truth], found[i]);
    if (!(difference < tolerance(contest.dtype)))
      throw_mismatch(contest, rivals[truth], rivals[i], difference);
    scores[i].difference = difference;
    scores[truth].difference = std::max(scores[truth].difference, difference);
    found[i].clear();
  }
  return seconds;
}

}  // namespace

double tolerance(at::ScalarType dtype) {
  return dtype == at::kBFloat16 ? kBFloat16Tolerance : kFloatTolerance;
}

Tensors forward_backward(const Rival& rival) {
  const auto output = rival.forward();
  auto results = torch::autograd::grad({output}, rival.inputs, {rival.output_grad});
  results.insert(results.begin(), output.detach());
  return results;
}

double largest_difference(const Tensors& a, const Tensors& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const auto x = a[i].detach().to(at::kFloat), y = b[i].detach().to(at::kFloat);
    const double scale = std::max(x.abs().max().item<double>(), 1e-30);
    const double relative = (x - y).abs().max().item<double>() / scale;
    if (std::isnan(relative)) return relative;
    largest = std::max(largest, relative);
  }
  return largest;
}

std::vector<Score> run_contest(const Contest& contest, const std::vector<Rival>& rivals, int64_t repeats,
                               double seconds) {
  std::vector<Score> scores(rivals.size());
  const double round = 1.4 * compare(contest, rivals, scores);  // plus the forward passes alone
  if (repeats <= 0) {
    const auto timed = std::count_if(rivals.begin(), rivals.end(), [](const Rival& r) { return r.timed; });
    const double fitting = seconds * static_cast<double>(timed) / round;
    repeats = static_cast<int64_t>(std::clamp(fitting, kFewestRepeats, kMostRepeats));
  }
  std::vector<std::vector<double>> forward(rivals.size()), both(rivals.size());
  for (int64_t repeat = 0; repeat < repeats; ++repeat) {
    for (size_t i = 0; i < rivals.size(); ++i) {
      if (!rivals[i].timed) continue;
      both[i].push_back(milliseconds([&] { forward_backward(rivals[i]); }));
      at::NoGradGuard no_grad;
      forward[i].push_back(milliseconds([&] { rivals[i].forward(); }));
    }
  }
  for (size_t i = 0; i < rivals.size(); ++i) {
    if (!rivals[i].timed) continue;
    scores[i].forward = summarize(forward[i]);
    scores[i].forward_backward = summarize(both[i]);
  }
  return scores;
}

}  // namespace heed::bench
