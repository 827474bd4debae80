// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "heed/attention/attention.h"
#include "heed/attention/window_inputs.h"

namespace heed::attention::testing {

/// One problem of window attention.
struct WindowCase {
  int64_t height = 5, width = 7, size = 3, stride = 1, head_dim = 8;
  bool zero_border = false, tables = true, shared_tables = false;
  double dropout = 0;
  int64_t batch = 2, heads = 2;
  at::ScalarType dtype = at::kDouble;
  uint64_t seed = 1;

  std::string text() const;
  Window2d pattern() const;
};

struct WindowTensors {
  at::Tensor query, key, value, row, column;
  /// Those that a case has; absent tables are left out.
  std::vector<at::Tensor> all() const;
};

/// Standard normal numbers of the case's dtype that are a function of the case alone; leaves that require
/// gradients. `as` holds the same numbers in another dtype.
WindowTensors make_window_tensors(const WindowCase& c);
WindowTensors make_window_tensors(const WindowCase& c, at::ScalarType as);
Spec make_window_spec(const WindowCase& c, const WindowTensors& t, Backend backend);
WindowInputs make_window_inputs(const WindowCase& c, const WindowTensors& t);

/// Output, logsumexp and the gradients of sum(output * weight) for a fixed weight.
struct WindowOutcome {
  at::Tensor output, logsumexp;
  std::vector<at::Tensor> gradients;
};
enum class WindowBy { kReference, kOperator };
WindowOutcome run_window(const WindowCase& c, const WindowTensors& t, WindowBy by);

/// Shapes at the edges: one row or column, smaller than the window, one around a vector's length, not square,
/// ...
std::vector<WindowCase> odd_window_cases();
/// A case drawn from everything the operator allows.
WindowCase random_window_case(std::mt19937_64& random);

/// The operator written from its definition, one number at a time, in double.
at::Tensor naive_window_attention(const WindowCase& c, const WindowTensors& t);

/// Largest difference of two outcomes' numbers, each tensor's in units of its own largest number where that
/// exceeds 1.
double window_difference(const WindowOutcome& a, const WindowOutcome& b);

}  // namespace heed::attention::testing
