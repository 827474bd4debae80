// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "heed/data/image/image.h"
#include "heed/data/image/picture.h"
#include "heed/data/image/read_limits.h"

namespace heed::image {

/// Reads a PNG or JPEG file, which it recognises by its first bytes and not by its name, as 8-bit grey or RGB,
/// upright. Throws the
/// Error(kData) of decode_png and decode_jpeg, or one that says which other format the file seems to have.
Image read_image(const std::filesystem::path& file, const ReadLimits& limits = {});
/// `place` is the input's name in messages.
Image decode_image(std::span<const std::byte> bytes, const std::string& place, const ReadLimits& limits = {});

/// The same with 16 bits, alpha and notes on colours where the file has them.
Picture read_picture(const std::filesystem::path& file, const ReadLimits& limits = {});
Picture decode_picture(std::span<const std::byte> bytes, const std::string& place,
                       const ReadLimits& limits = {});

/// Limit for the size of a file in bytes; read_image refuses larger ones.
inline constexpr uint64_t kMaxImageBytes = uint64_t{1} << 30;

}  // namespace heed::image
