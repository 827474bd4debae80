// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/bench/timing.h"

/// Contests between implementations of one computation: compared first, then timed in turns.
namespace heed::bench {

using Tensors = std::vector<at::Tensor>;

/// Floating-point operations by formula; a multiply-add counts as two.
struct Operations {
  double forward = 0, backward = 0;
};

/// An implementation. Those of one contest with equal `answer` get inputs of the same values and shapes, each
/// in its preferred memory layout, and must agree.
struct Rival {
  std::string name;
  std::string answer;                   ///< name of what it computes
  Tensors inputs;                       ///< leaves, all of whose gradients are computed
  std::function<at::Tensor()> forward;  ///< computes the output from the inputs
  at::Tensor output_grad;
  Operations operations;
  bool timed = true;  ///< false: used only for comparison
};

/// A problem and its implementations, heed's first.
struct Contest {
  std::string problem, shape;
  at::ScalarType dtype = at::kFloat;
  std::string series = {};  ///< contests of one series differ only in `size`
  int64_t size = 0;
  std::function<std::vector<Rival>()> make = {};       ///< allocates the tensors
  std::function<std::vector<Rival>()> make_tiny = {};  ///< the same at a negligible size
};

/// The results of one implementation.
struct Score {
  double difference = -1;  ///< largest, of output and gradients; -1: not comparable
  Timing forward, forward_backward;
};

/// Returns the output, then the gradients of the inputs.
Tensors forward_backward(const Rival& rival);

/// Returns the largest difference of two lists of tensors, relative to the largest number of each tensor; NaN
/// if either contains NaN.
double largest_difference(const Tensors& a, const Tensors& b);

/// Returns the allowed difference between two correct implementations in a dtype.
double tolerance(at::ScalarType dtype);

/// Runs each implementation once and compares those with equal answers: Error(kSystem) if they differ by more
/// than the tolerance. Then times them in turns, so that all see the same noise: forward without gradients,
/// and forward with backward. `repeats` 0: as many as fit into `seconds` each, 3 to 15. Scores are in the
/// order of `rivals`.
std::vector<Score> run_contest(const Contest& contest, const std::vector<Rival>& rivals, int64_t repeats,
                               double seconds);

}  // namespace heed::bench
