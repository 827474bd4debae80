// SPDX-License-Identifier: Apache-2.0
// heed_isa_rows ISA: exit status 0 when this machine runs that row of the CPU kernels, else 1 and why.
#include <cstdio>
#include <exception>

#include "heed/kernels/isa.h"

int main(int count, char** arguments) {
  try {
    const auto& row = heed::kernels::cpu_kernels_named(count > 1 ? arguments[1] : "");
    std::printf("%s\n", row.name);
    return 0;
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}
