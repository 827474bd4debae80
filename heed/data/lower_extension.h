// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cctype>
#include <filesystem>
#include <string>

namespace heed {

/// Returns ".mid" for "Song.MID".
inline std::string lower_extension(const std::filesystem::path& file) {
  std::string extension = file.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension;
}

}  // namespace heed
