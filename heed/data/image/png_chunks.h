// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace heed::image {

/// Length of the signature with which every PNG begins.
inline constexpr size_t kPngSignatureBytes = 8;

/// Returns the content of the first chunk of this kind, such as "eXIf", before the end mark; empty if there
/// is none. Checksums are not looked at: decode_png has checked them all.
std::span<const std::byte> png_chunk(std::span<const std::byte> file, std::string_view kind);

}  // namespace heed::image
