// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "heed/bench/memory.h"

namespace heed::bench {
namespace {

/// A length at which the reference needs tens of gigabytes.
TEST(RelativeAttentionMemory, TrainsALengthOf8192With8HeadsOf64InUnder2GiB) {
  const auto lines =
      relative_attention_memory({.length = 8192, .width = 512, .heads = 8, .limit_bytes = 100e6});
  for (const int backend : {3, 4})
    EXPECT_LT(lines[backend].measured_bytes, 2.0 * 1024 * 1024 * 1024) << lines[backend].what;
}

TEST(RelativeAttentionMemory, FusedTrainsALengthOf16384InUnder1GiB) {
  const auto lines =
      relative_attention_memory({.length = 16384, .width = 512, .heads = 8, .limit_bytes = 100e6});
  EXPECT_LT(lines[4].measured_bytes, 1.0 * 1024 * 1024 * 1024) << lines[4].what;
}

}  // namespace
}  // namespace heed::bench
