// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>

#include "tests/core/temporary_folder.h"

namespace heed::testing {

/// Returns the folder of larger, optional data: HEED_TEST_DATA, or ../shared/data beside the source tree.
inline std::filesystem::path shared_data() {
  const char* named = std::getenv("HEED_TEST_DATA");
  if (named != nullptr) return named;
  return std::filesystem::path(HEED_SOURCE_DIR) / ".." / "shared" / "data";
}

using heed::TemporaryFolder;

}  // namespace heed::testing
