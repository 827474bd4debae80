// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "heed/kernels/isa_row.h"

/// Which rows this machine runs, and which is in use.
namespace heed::kernels {

/// Every row of this program, best first; there is always a portable one. The emulated ones after it do in
/// plain code, slowly, what AVX-512 BF16 and AMX do, so that every machine can test them; they are chosen
/// only by name.
std::vector<const CpuKernels*> compiled_cpu_kernels();
/// The compiled rows that this machine runs.
std::vector<const CpuKernels*> available_cpu_kernels();
/// The row in use: the best available one, or the one that the environment variable HEED_CPU_ISA names.
/// Chosen on first use. Throws heed::Error(kConfig) if there is no row of that name, or this machine cannot
/// run it.
const CpuKernels& cpu_kernels();
/// The row of a name; the best available one if the name is empty.
const CpuKernels& cpu_kernels_named(const std::string& name);

}  // namespace heed::kernels
