// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "heed/data/image/image.h"
#include "heed/data/image/read_limits.h"

namespace heed::image {

/// A PNG or JPEG file, told apart by its first bytes, not by its name. Throws the Error(kData) of
/// decode_png and decode_jpeg, or one that names what the file seems to be instead.
Image read_image(const std::filesystem::path& file, const ReadLimits& limits = {});
/// `place` is the input's name, for messages.
Image decode_image(std::span<const std::byte> bytes, const std::string& place, const ReadLimits& limits = {});

/// A file of more bytes is no picture of use: read_image refuses it.
inline constexpr uint64_t kMaxImageBytes = uint64_t{1} << 30;

}  // namespace heed::image
