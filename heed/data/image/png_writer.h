// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "heed/data/image/image.h"

namespace heed::image {

/// The bytes of an 8-bit grey or RGB PNG. The same picture gives the same bytes. Throws std::invalid_argument
/// for a picture without pixels, of other than one or three channels, or whose pixels are not as many as its
/// size says.
std::vector<std::byte> encode_png(const Image& image);

/// Writes aside, syncs, renames; Error(kSystem) when that fails.
void write_png(const std::filesystem::path& file, const Image& image);

}  // namespace heed::image
