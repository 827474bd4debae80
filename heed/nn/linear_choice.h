// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

/// Whose float32 matrix products the linear layers use on the CPU.
///
/// Decided once a process by what the machine is, never by a clock: a resumed training takes the same one
/// again, and so gives the same bits. The environment variable HEED_LINEAR=mkl|onednn|heed forces one.
namespace heed::nn {

/// kMkl     libtorch's own choice, at::linear: MKL on x86
/// kOneDnn  oneDNN, as libtorch holds it, forward and backward; heed's kernels on packed weights in inference
/// kHeed    heed's kernels (heed/kernels/gemm.h) forward, backward and on packed weights
enum class LinearKind { kMkl, kOneDnn, kHeed };
const char* linear_kind_name(LinearKind kind);

/// What the choice depends on.
struct LinearMachine {
  std::string vendor;  ///< "amd", "intel", else empty
  int vector_floats =
      4;                ///< of the best row of kernels::available_cpu_kernels(): 16 with AVX-512, 8 with AVX2
  bool onednn = false;  ///< whether libtorch has it
};
LinearMachine this_machine();

struct LinearChoice {
  LinearKind kind = LinearKind::kMkl;
  std::string reason;
};

/// `forced` names one; empty: by the machine. Throws heed::Error(kConfig) on an unknown name, naming the
/// nearest, and where oneDNN is asked for and missing.
LinearChoice choose_linear(const std::string& forced, const LinearMachine& machine);

/// The choice of this process, made at the first call.
const LinearChoice& chosen_linear();

/// "heed: an AMD machine without AVX-512, where ...", for people.
std::string linear_choice();

/// Speed of one product here and now, forward, on libtorch's threads.
struct LinearSpeed {
  std::string name;      ///< "mkl", "onednn", "heed"
  double gigaflops = 0;  ///< best of a few runs
};
/// All that there are, for [128, 256] times [256, 1024], in a few milliseconds. It shows, and decides
/// nothing.
std::vector<LinearSpeed> measure_linear();

}  // namespace heed::nn
