// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace heed::bench {

/// What a table was measured on. GFLOP/s are of all threads together, in float32.
struct Machine {
  std::string cpu;      ///< as the processor names itself
  std::string kernels;  ///< heed's row of kernels: "avx2"
  std::string torch;
  int threads = 1;
  double peak_gflops = 0;  ///< multiply-adds between registers, every thread at once: the best of many bursts
  double gemm_gflops = 0;  ///< libtorch's product of two 1024 x 1024 matrices: the median
};

/// The names alone.
Machine describe_machine();

/// Measures peak and product for about `seconds` each; the better of that and what is there stays, so that
/// a second call adds to the first.
void measure_machine(Machine& machine, double seconds);

}  // namespace heed::bench
