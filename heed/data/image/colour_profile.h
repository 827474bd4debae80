// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace heed::image {

/// Limit for the size of an ICC profile in bytes; larger ones are left out.
inline constexpr size_t kMaxProfileBytes = size_t{1} << 24;

/// Whether the bytes have the header of an ICC profile of their own size, for grey (1) or RGB (3).
bool is_colour_profile(std::span<const std::byte> profile, int64_t colours);

/// The content of a PNG's iCCP chunk: a name and the packed profile.
std::vector<std::byte> pack_profile(std::span<const std::byte> profile);
/// Returns the profile in it; empty if it is damaged or above the limit.
std::vector<std::byte> unpack_profile(std::span<const std::byte> chunk);

}  // namespace heed::image
