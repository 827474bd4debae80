// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "heed/data/image/picture.h"

namespace heed::image {

enum class PictureFormat { kPng, kJpeg };

/// The format that the ending of a name says: .png, or .jpg, .jpeg and .jfif, in any case. Throws Error(kUsage)
/// that names the endings for another one.
PictureFormat picture_format(const std::filesystem::path& file);

/// Call before long work: throws Error(kUsage) if a picture of this size cannot be written in the format, and
/// the errors of picture_format and check_writable.
void check_picture_file(const std::filesystem::path& file, int64_t height, int64_t width);

/// Writes the picture in the format of the name's ending, with its notes; `jpeg_quality` is from 1 to 100. A
/// JPEG loses what lost_in_jpeg says. Writes aside, syncs and renames. Throws the errors of check_picture_file.
void write_picture(const std::filesystem::path& file, const Picture& picture, int jpeg_quality = 95);

}  // namespace heed::image
