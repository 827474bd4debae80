// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace heed::bench {

/// The machine on which a table was measured. GFLOP/s are of all threads together, in float32.
struct Machine {
  std::string cpu;      ///< model name of the processor
  std::string kernels;  ///< instruction set of heed's kernels, such as "avx2"
  std::string torch;
  int threads = 1;
  double peak_gflops = 0;  ///< multiply-adds between registers on all threads: best of many bursts
  double gemm_gflops = 0;  ///< libtorch's product of two 1024 x 1024 matrices: median
};

/// Returns the names only.
Machine describe_machine();

/// Measures peak and product for about `seconds` each and keeps the better of old and new values, so that a
/// second call refines the first.
void measure_machine(Machine& machine, double seconds);

}  // namespace heed::bench
