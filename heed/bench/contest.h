// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/bench/timing.h"

/// Several ways to compute one thing: compared first, then timed in turns.
namespace heed::bench {

using Tensors = std::vector<at::Tensor>;

/// Floating-point operations by formula, a multiply-add being two.
struct Operations {
  double forward = 0, backward = 0;
};

/// One way. Rivals of one contest with the same `answer` get inputs of the same values and shapes, in the
/// memory layout that suits each, and must agree.
struct Rival {
  std::string name;
  std::string answer;                   ///< what it computes
  Tensors inputs;                       ///< leaves; all of their gradients are taken
  std::function<at::Tensor()> forward;  ///< from the inputs
  at::Tensor output_grad;
  Operations operations;
  bool timed = true;  ///< else it is there to compare with
};

/// A problem and its rivals, ours first.
struct Contest {
  std::string problem, shape;
  at::ScalarType dtype = at::kFloat;
  std::string series = {};  ///< contests of one series differ in `size` alone
  int64_t size = 0;
  std::function<std::vector<Rival>()> make = {};       ///< allocates the tensors
  std::function<std::vector<Rival>()> make_tiny = {};  ///< the same rivals at a size that takes no time
};

/// What a contest found of one rival.
struct Score {
  double difference = -1;  ///< of output and gradients; -1: nothing to compare with
  Timing forward, forward_backward;
};

/// Output, then the gradients of the rival's inputs.
Tensors forward_backward(const Rival& rival);

/// The largest difference of two lists of tensors, relative to the largest number of each tensor; NaN when
/// there is one.
double largest_difference(const Tensors& a, const Tensors& b);

/// What two correct rivals may differ by, in each dtype.
double tolerance(at::ScalarType dtype);

/// Runs each rival once and compares those of one answer: Error(kSystem) when they differ by more than the
/// tolerance. Then times the timed ones in turns, so that all meet the same noise: forward without gradients,
/// and forward and backward. `repeats` 0: what fits `seconds` for each of them, 3 to 15. Scores stand in the
/// order of rivals.
std::vector<Score> run_contest(const Contest& contest, const std::vector<Rival>& rivals, int64_t repeats,
                               double seconds);

}  // namespace heed::bench
