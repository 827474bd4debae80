// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

/// The implementation of the linear layers' float32 matrix products on the CPU.
///
/// The choice is made once per process from the machine's properties, never from timings: a resumed training
/// makes the same choice and so has the same bits. The environment variable HEED_LINEAR=mkl|onednn|heed
/// overrides it.
namespace heed::nn {

/// kMkl     libtorch's own choice, at::linear: MKL on x86
/// kOneDnn  libtorch's oneDNN, forward and backward; heed's kernels for packed weights in inference
/// kHeed    heed's kernels (heed/kernels/gemm.h): forward, backward and for packed weights
enum class LinearKind { kMkl, kOneDnn, kHeed };
const char* linear_kind_name(LinearKind kind);

/// The properties of a machine that decide the choice.
struct LinearMachine {
  std::string vendor;     ///< "amd", "intel" or ""
  int vector_floats = 4;  ///< vector width of the best available kernels: 16 with AVX-512, 8 with AVX2
  bool onednn = false;    ///< whether libtorch includes oneDNN
};
LinearMachine this_machine();

struct LinearChoice {
  LinearKind kind = LinearKind::kMkl;
  std::string reason;
};

/// Chooses by `forced`, or by the machine if it is empty. Throws heed::Error(kConfig) for an unknown name
/// (with the nearest one) and if oneDNN is requested but missing.
LinearChoice choose_linear(const std::string& forced, const LinearMachine& machine);

/// Returns the choice of this process, made at the first call.
const LinearChoice& chosen_linear();

/// Describes the choice for users: "heed: it is faster than ...".
std::string linear_choice();

/// Measured speed of a forward product on libtorch's threads.
struct LinearSpeed {
  std::string name;      ///< "mkl", "onednn", "heed"
  double gigaflops = 0;  ///< best of a few runs, in gigaflops
};
/// Measures every available implementation on [128, 256] times [256, 1024], in a few milliseconds. For
/// display only.
std::vector<LinearSpeed> measure_linear();

}  // namespace heed::nn
