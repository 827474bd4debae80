// SPDX-License-Identifier: Apache-2.0
#include "heed/kernels/isa.h"

#include <cstdlib>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"

namespace heed::kernels {
namespace {

TEST(CpuKernels, ThePortableRowRunsEverywhereAndComesLastButForTheEmulatedOnes) {
  for (auto rows : {compiled_cpu_kernels(), available_cpu_kernels()}) {
    std::erase_if(rows, [](const CpuKernels* row) { return row->emulated; });
    EXPECT_STREQ(rows.back()->name, "portable");
  }
}

TEST(CpuKernels, NoEmulatedRowIsChosenUnlessNamed) {
  EXPECT_FALSE(cpu_kernels_named("").emulated);
}

TEST(CpuKernels, TheForcedRowIsTheRunningOneElseTheBest) {
  const char* forced = std::getenv("HEED_CPU_ISA");
  EXPECT_STREQ(cpu_kernels().name, forced ? forced : available_cpu_kernels().front()->name);
}

std::string message_for(const std::string& name) {
  try {
    cpu_kernels_named(name);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConfig);
    return error.what();
  }
  return "";
}

TEST(CpuKernels, AnUnknownNameIsAnErrorThatNamesTheNearest) {
  EXPECT_THAT(message_for("avx3"), ::testing::HasSubstr("avx2"));
}

TEST(CpuKernels, ARowThatThisMachineLacksIsAnErrorThatSaysWhatItNeeds) {
  for (const CpuKernels* row : compiled_cpu_kernels()) {
    bool runs = false;
    for (const CpuKernels* other : available_cpu_kernels()) runs = runs || other == row;
    EXPECT_EQ(message_for(row->name).empty(), runs) << row->name;
    if (runs) continue;
    EXPECT_THAT(message_for(row->name), ::testing::HasSubstr(row->needs));
  }
}

}  // namespace
}  // namespace heed::kernels
