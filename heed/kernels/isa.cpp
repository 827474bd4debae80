// SPDX-License-Identifier: Apache-2.0
#include "heed/kernels/isa.h"

#include <cstdlib>
#include <utility>

#if defined(HEED_KERNELS_X86) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "heed/core/error.h"
#include "heed/core/names.h"

namespace heed::kernels {

// One function for each instruction set that cpu_kernels.cpp is compiled for (see CMakeLists.txt).
const CpuKernels& portable_kernels();
#if defined(HEED_KERNELS_X86)
const CpuKernels& avx2_kernels();
const CpuKernels& avx512_kernels();
const CpuKernels& avx512_bf16_kernels();
const CpuKernels& amx_bf16_kernels();
const CpuKernels& emulated_bf16_kernels();
const CpuKernels& emulated_amx_kernels();
#endif

namespace {

struct Row {
  const CpuKernels* kernels;
  bool runs;  ///< the CPU has the instructions, and the operating system saves their registers
};

#if defined(HEED_KERNELS_X86)

/// Whether the CPU has AMX's tiles and their bfloat16 product, and the operating system lets this process use
/// them: on Linux a process must request the registers (8 KiB a thread) once.
bool amx_bf16() {
#if defined(__linux__)
  uint32_t a = 0, b = 0, c = 0, d = 0;
  constexpr uint32_t kBf16 = 1u << 22, kTiles = 1u << 24;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & kBf16) == 0 || (d & kTiles) == 0) return false;
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // arch_prctl(2), ARCH_REQ_XCOMP_PERM
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

/// Intel's processors multiply pairs of bfloat16 at half the rate of float32, others at twice that rate. Two cores of an
/// Emerald Rapids, eight rows by 19 million weights: 162 GFLOP/s in pairs, 242 widened to float32.
bool pairs_are_slow() {
  return __builtin_cpu_is("intel");
}

/// Widens bfloat16 to float32, and multiplies bytes by VNNI.
const CpuKernels& avx512_vnni_kernels() {
  static const CpuKernels row = [] {
    CpuKernels vnni = avx512_kernels();
    vnni.name = "avx512_vnni";
    vnni.needs = avx512_bf16_kernels().needs;
    vnni.int8 = avx512_bf16_kernels().int8;
    return vnni;
  }();
  return row;
}

/// AMX is Intel's. The products of linear layers do not use its tiles.
const CpuKernels& amx_kernels() {
  static const CpuKernels row = [] {
    CpuKernels amx = amx_bf16_kernels();
    amx.gemm = avx512_kernels().gemm;
    return amx;
  }();
  return row;
}

std::vector<Row> find_rows() {
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const bool avx512_bf16 =
      avx512 && __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni");
  const CpuKernels *pairs = &avx512_bf16_kernels(), *vnni = &avx512_vnni_kernels();
  if (pairs_are_slow()) std::swap(pairs, vnni);
  return {{&amx_kernels(), avx512_bf16 && amx_bf16()},
          {pairs, avx512_bf16},
          {vnni, avx512_bf16},
          {&avx512_kernels(), avx512},
          {&avx2_kernels(), __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")},
          {&portable_kernels(), true},
          {&emulated_bf16_kernels(), true},
          {&emulated_amx_kernels(), true}};
}

#else

std::vector<Row> find_rows() {
  return {{&portable_kernels(), true}};
}

#endif

const std::vector<Row>& rows() {
  static const std::vector<Row> list = find_rows();
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
