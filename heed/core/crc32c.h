// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace heed {

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) of bytes that come piece by piece: the checksum of
/// TFRecord files, of checkpoints and of data cards. However the bytes are split, the value is the same.
class Crc32c {
 public:
  void add(std::span<const std::byte> bytes);
  uint32_t value() const { return ~state_; }

 private:
  uint32_t state_ = 0xFFFFFFFFu;
};

/// The checksum of bytes that are all there.
uint32_t crc32c(std::span<const std::byte> bytes);
/// The same without the processor's instruction for it, as on processors that have none.
uint32_t crc32c_by_tables(std::span<const std::byte> bytes);

/// As TFRecord stores it: rotated and offset, so that a checksum of data that holds checksums stays
/// meaningful.
uint32_t masked_crc32c(std::span<const std::byte> bytes);

}  // namespace heed
