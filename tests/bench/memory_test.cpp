// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/memory.h"

#include "tests/core/expect_error.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "heed/bench/child_memory.h"
#include "heed/core/error.h"

namespace heed::bench {
namespace {

constexpr double kMega = 1024 * 1024;

TEST(PeakExtraMemory, SeesWhatIsTakenAndGivenBack) {
  const double bytes = peak_extra_memory([] { at::ones({1024}, at::kByte); },
                                         [] {
                                           at::ones({64, 1024, 1024}, at::kByte);
                                         });
  EXPECT_NEAR(bytes / kMega, 64, 4);
}

TEST(PeakExtraMemory, AFailingChildIsAnError) {
  EXPECT_THAT(error_of(ErrorKind::kSystem,
                       [&] { peak_extra_memory([] {}, [] { throw Error(ErrorKind::kSystem, "no"); }); }),
              ::testing::HasSubstr("the measuring process failed"));
}

TEST(RelativeAttentionMemory, ComputesTheLineOfThePaper) {
  const auto lines = relative_attention_memory({.length = 2048, .width = 512, .limit_bytes = 20e6});
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_NEAR(lines[0].computed_bytes, 8.59e9, 0.01e9);
  EXPECT_NEAR(lines[1].computed_bytes, 4.19e6, 0.01e6);
  EXPECT_NEAR(lines[1].measured_bytes / lines[1].computed_bytes, 1, 0.2);
  EXPECT_EQ(lines[0].measured_bytes, -1) << "a limit of 20 MB leaves the gathered form out";
  EXPECT_NE(lines[0].note.find("not measured"), std::string::npos) << lines[0].note;
}

TEST(RelativeAttentionMemory, TiledGrowsWithLengthWhereTheReferenceGrowsWithItsSquare) {
  const auto small = relative_attention_memory({.length = 512, .width = 256, .heads = 8, .limit_bytes = 1e9});
  const auto large =
      relative_attention_memory({.length = 1024, .width = 256, .heads = 8, .limit_bytes = 1e9});
  EXPECT_GT(large[2].measured_bytes / small[2].measured_bytes, 3);
  EXPECT_LT(large[3].measured_bytes / small[3].measured_bytes, 2.7);
  EXPECT_LT(large[3].measured_bytes, large[2].measured_bytes / 4);
  EXPECT_LT(large[4].measured_bytes, large[2].measured_bytes / 4);
}

/// The length from which it divides each head's queries into the maximum number of parts, each with its own
/// gradients.
TEST(RelativeAttentionMemory, FusedGrowsWithLength) {
  const auto small =
      relative_attention_memory({.length = 2048, .width = 128, .heads = 8, .limit_bytes = 10e6});
  const auto large =
      relative_attention_memory({.length = 4096, .width = 128, .heads = 8, .limit_bytes = 10e6});
  EXPECT_LT(large[4].measured_bytes / small[4].measured_bytes, 2.4);
}

/// 8 heads of 64, causal, relative: one [heads, length, length] in float32 is 512 MiB.
TEST(RelativeAttentionMemory, TrainsALengthOf4096In256MiB) {
  const auto lines =
      relative_attention_memory({.length = 4096, .width = 512, .heads = 8, .limit_bytes = 100e6});
  for (const int backend : {3, 4})
    EXPECT_LT(lines[backend].measured_bytes, 256 * kMega) << lines[backend].what;
}

}  // namespace
}  // namespace heed::bench
