// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace heed {

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) of bytes that arrive in chunks: the checksum of
/// TFRecord files, checkpoints and data cards. The value does not depend on how the bytes are divided.
class Crc32c {
 public:
  void add(std::span<const std::byte> bytes);
  uint32_t value() const { return ~state_; }

 private:
  uint32_t state_ = 0xFFFFFFFFu;
};

/// Returns the checksum of all bytes at once.
uint32_t crc32c(std::span<const std::byte> bytes);
/// Does the same without the processor's instruction, as on processors that lack it.
uint32_t crc32c_by_tables(std::span<const std::byte> bytes);

/// Returns the checksum as stored in TFRecord: rotated and offset, so that a checksum of data that contains
/// checksums stays meaningful.
uint32_t masked_crc32c(std::span<const std::byte> bytes);

}  // namespace heed
