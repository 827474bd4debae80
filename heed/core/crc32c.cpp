// SPDX-License-Identifier: Apache-2.0
#include "heed/core/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

namespace heed {
namespace {

static_assert(std::endian::native == std::endian::little, "the 8-byte steps below read little-endian words");
constexpr size_t kSlices = 8;
using Tables = std::array<std::array<uint32_t, 256>, kSlices>;

/// tables[k][b] is the remainder of byte b followed by k zero bytes.
constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0x82F63B78u : 0u);
    tables[0][byte] = crc;
  }
  for (uint32_t byte = 0; byte < 256; ++byte) {
    for (size_t k = 1; k < kSlices; ++k) {
      tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 0xFF];
    }
  }
  return tables;
}
constexpr Tables kTables = make_tables();

using Update = uint32_t (*)(uint32_t, std::span<const std::byte>);

uint32_t update_by_tables(uint32_t crc, std::span<const std::byte> bytes) {
  while (bytes.size() >= kSlices) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    word ^= crc;
    crc = 0;
    for (size_t k = 0; k < kSlices; ++k) crc ^= kTables[kSlices - 1 - k][(word >> (8 * k)) & 0xFF];
    bytes = bytes.subspan(kSlices);
  }
  for (const std::byte byte : bytes)
    crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<uint32_t>(byte)) & 0xFF];
  return crc;
}

#if defined(__x86_64__)
/// Uses the SSE4.2 instruction for this polynomial.
__attribute__((target("sse4.2"))) uint32_t update_by_instruction(uint32_t crc,
                                                                 std::span<const std::byte> bytes) {
  const std::byte* at = bytes.data();
  size_t left = bytes.size();
  uint64_t wide = crc;
  for (; left >= sizeof wide; at += sizeof wide, left -= sizeof wide) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    wide = __builtin_ia32_crc32di(wide, word);
  }
  crc = static_cast<uint32_t>(wide);
  for (; left > 0; ++at, --left) crc = __builtin_ia32_crc32qi(crc, static_cast<uint8_t>(*at));
  return crc;
}
#endif

Update fastest_update() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return update_by_instruction;
#endif
  return update_by_tables;
}

}  // namespace

void Crc32c::add(std::span<const std::byte> bytes) {
  static const Update update = fastest_update();
  state_ = update(state_, bytes);
}

uint32_t crc32c(std::span<const std::byte> bytes) {
  Crc32c crc;
  crc.add(bytes);
  return crc.value();
}

uint32_t crc32c_by_tables(std::span<const std::byte> bytes) {
  return ~update_by_tables(0xFFFFFFFFu, bytes);
}

uint32_t masked_crc32c(std::span<const std::byte> bytes) {
  constexpr uint32_t kDelta = 0xA282EAD8u;
  return std::rotr(crc32c(bytes), 15) + kDelta;
}

}  // namespace heed
