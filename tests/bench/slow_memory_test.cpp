// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "heed/bench/memory.h"

namespace heed::bench {
namespace {

/// Where the reference needs tens of gigabytes.
TEST(TiledAttention, TrainsALengthOf8192With8HeadsOf64InUnder2GiB) {
  const auto lines =
      relative_attention_memory({.length = 8192, .width = 512, .heads = 8, .limit_bytes = 100e6});
  RecordProperty("megabytes", static_cast<int>(lines[3].measured_bytes / 1e6));
  EXPECT_LT(lines[3].measured_bytes, 2.0 * 1024 * 1024 * 1024);
}

}  // namespace
}  // namespace heed::bench
