// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "heed/core/safetensors.h"

namespace heed::graph {

/// An array of a file, and its name and the file's in messages: "cora.safetensors" and "x_indptr".
struct NamedArray {
  TensorView view;
  std::string file, name;

  /// The shape, such as {2708, -1}; -1 allows any size. Throws Error(kData) for another.
  void expect_shape(const std::vector<int64_t>& shape) const;
  [[noreturn]] void fail(const std::string& message) const;
};

/// The values as whole numbers from `least` to `most`, of any integer type or of floats without a fraction. Throws
/// Error(kData), with the array and the index, for others.
std::vector<int64_t> whole_numbers(const NamedArray& array,
                                   int64_t least = std::numeric_limits<int64_t>::min(),
                                   int64_t most = std::numeric_limits<int64_t>::max());
std::vector<int32_t> small_numbers(const NamedArray& array, int32_t least, int32_t most);

/// The values as float32. Throws Error(kData) for those that are not finite.
std::vector<float> finite_floats(const NamedArray& array);
/// The values as float64; NaN is allowed, infinities are not.
std::vector<double> doubles_or_nan(const NamedArray& array);

/// Throws Error(kData) unless the values begin with 0, ascend, and end with `last`.
void check_pointers(const NamedArray& array, const std::vector<int64_t>& pointers, int64_t last);

}  // namespace heed::graph
