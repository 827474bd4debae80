// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "heed/kernels/isa_row.h"

/// Which of the rows this machine runs, and which is in use.
namespace heed::kernels {

/// Every row this program was compiled with, best first; the portable one is always there. The emulated ones
/// after it do in plain code, slowly, what AVX-512 BF16 and AMX do: never chosen unless named, so that every
/// machine can test them.
std::vector<const CpuKernels*> compiled_cpu_kernels();
/// Those of them that this machine runs.
std::vector<const CpuKernels*> available_cpu_kernels();
/// The row in use: the best available one, or what the environment variable HEED_CPU_ISA names. Chosen on
/// first use. Throws heed::Error(kConfig) when that names no row or one that this machine cannot run.
const CpuKernels& cpu_kernels();
/// The same choice for a given name; empty: the best.
const CpuKernels& cpu_kernels_named(const std::string& name);

}  // namespace heed::kernels
