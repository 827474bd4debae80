// SPDX-License-Identifier: Apache-2.0
#include "heed/core/error.h"

#include <gtest/gtest.h>

namespace heed {
namespace {

TEST(Error, KindDecidesTheExitCode) {
  const std::pair<ErrorKind, int> table[] = {{ErrorKind::kUsage, 2},   {ErrorKind::kConfig, 2},
                                             {ErrorKind::kData, 3},    {ErrorKind::kCheckpoint, 1},
                                             {ErrorKind::kRequest, 1}, {ErrorKind::kSystem, 1}};
  for (const auto& [kind, code] : table) EXPECT_EQ(Error(kind, "message").exit_code(), code);
}

TEST(Error, WhatSaysThePlaceBeforeTheMessage) {
  EXPECT_STREQ(Error(ErrorKind::kData, "no header", at_byte("song.mid", 14)).what(),
               "song.mid, byte 14: no header");
  EXPECT_STREQ(Error(ErrorKind::kData, "no header").what(), "no header");
}

}  // namespace
}  // namespace heed
