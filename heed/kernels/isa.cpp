// SPDX-License-Identifier: Apache-2.0
#include "heed/kernels/isa.h"

#include <cstdlib>

#include "heed/core/config.h"
#include "heed/core/error.h"

namespace heed::kernels {

// One function for each file that is compiled for one instruction set (cpu_kernels.cpp; see CMakeLists.txt).
const CpuKernels& portable_kernels();
#if defined(HEED_KERNELS_X86)
const CpuKernels& avx2_kernels();
const CpuKernels& avx512_kernels();
#endif

namespace {

struct Row {
  const CpuKernels* kernels;
  bool runs;  ///< here: the CPU has the instructions and the operating system saves their registers
};

std::vector<Row> rows() {
  std::vector<Row> list;
#if defined(HEED_KERNELS_X86)
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  list.push_back({&avx512_kernels(), avx512});
  list.push_back({&avx2_kernels(), __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")});
#endif
  list.push_back({&portable_kernels(), true});
  return list;
}

}  // namespace

std::vector<const CpuKernels*> compiled_cpu_kernels() {
  std::vector<const CpuKernels*> list;
  for (const Row& row : rows()) list.push_back(row.kernels);
  return list;
}

std::vector<const CpuKernels*> available_cpu_kernels() {
  std::vector<const CpuKernels*> list;
  for (const Row& row : rows()) {
    if (row.runs) list.push_back(row.kernels);
  }
  return list;
}

const CpuKernels& cpu_kernels_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Row& row : rows()) {
    if (name.empty() && row.runs) return *row.kernels;
    if (name == row.kernels->name) {
      if (row.runs) return *row.kernels;
      throw Error(ErrorKind::kConfig, "HEED_CPU_ISA=" + name + " needs " + row.kernels->needs +
                                          ", which this machine does not have");
    }
    names.emplace_back(row.kernels->name);
  }
  throw Error(ErrorKind::kConfig, unknown_name_message("instruction set in HEED_CPU_ISA", name, names));
}

const CpuKernels& cpu_kernels() {
  static const CpuKernels& chosen = [&]() -> const CpuKernels& {
    const char* name = std::getenv("HEED_CPU_ISA");
    return cpu_kernels_named(name ? name : "");
  }();
  return chosen;
}

}  // namespace heed::kernels
