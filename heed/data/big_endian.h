// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace heed {

/// Returns the number of at most four bytes, the highest first.
inline uint32_t big_endian(std::span<const std::byte> bytes) {
  uint32_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | static_cast<uint32_t>(byte);
  return value;
}

}  // namespace heed
