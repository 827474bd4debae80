// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace heed::training {

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), the checksum of TFRecord files and of our
/// checkpoints.
uint32_t crc32c(std::span<const std::byte> bytes);

/// As TFRecord stores it: rotated and offset, so that a checksum of data that holds checksums stays
/// meaningful.
uint32_t masked_crc32c(std::span<const std::byte> bytes);

}  // namespace heed::training
