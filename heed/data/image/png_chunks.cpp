// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/png_chunks.h"

#include "heed/data/big_endian.h"

namespace heed::image {

std::span<const std::byte> png_chunk(std::span<const std::byte> file, std::string_view kind) {
  constexpr size_t kHeadBytes = 8, kChecksumBytes = 4;
  if (file.size() < kPngSignatureBytes) return {};
  auto rest = file.subspan(kPngSignatureBytes);
  while (rest.size() >= kHeadBytes + kChecksumBytes) {
    const size_t size = big_endian(rest.first(4));
    if (size > rest.size() - kHeadBytes - kChecksumBytes) return {};
    const std::string_view name(reinterpret_cast<const char*>(rest.data()) + 4, 4);
    if (name == kind) return rest.subspan(kHeadBytes, size);
    if (name == "IEND") return {};
    rest = rest.subspan(kHeadBytes + size + kChecksumBytes);
  }
  return {};
}

}  // namespace heed::image
