// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <unistd.h>

namespace heed::testing {

/// Returns the folder of larger, optional data: HEED_TEST_DATA, or ../shared/data beside the source tree.
inline std::filesystem::path shared_data() {
  const char* named = std::getenv("HEED_TEST_DATA");
  if (named != nullptr) return named;
  return std::filesystem::path(HEED_SOURCE_DIR) / ".." / "shared" / "data";
}

/// A separate folder for a test, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "heed-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::filesystem::filesystem_error("mkdtemp", name, {});
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace heed::testing
