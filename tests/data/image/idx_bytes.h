// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/data/image/image_files.h"

namespace heed::image::testing {

/// Makes an idx file of unsigned bytes; the number of values need not match the sizes.
inline std::string idx(const std::vector<uint32_t>& sizes, std::string_view values) {
  std::string file(3, '\0');
  file[2] = 8;
  file += static_cast<char>(sizes.size());
  for (const uint32_t size : sizes) file += big_endian(size);
  return file.append(values);
}

}  // namespace heed::image::testing
