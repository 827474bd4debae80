// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace heed::sphere {

/// What a file may ask for at most. More is an error that names the limit.
struct SignalLimits {
  int64_t points = 1'000'000, samples = 50'000'000;
  size_t channels = 65'536;
  size_t classes = 100'000;
  uint64_t bytes = uint64_t{4} << 30;  ///< of an unpacked file; safetensors that are not packed have no limit
};

struct SignalReadOptions {
  /// Whether the column `label` of a table is a class or a number to predict: classes, numbers, or auto (a number if a
  /// value is not whole).
  std::string target_kind = "auto";
  SignalLimits limits = {};
};

}  // namespace heed::sphere
