// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/picture_writer.h"

#include <algorithm>
#include <string>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/image/jpeg_writer.h"
#include "heed/data/image/png_writer.h"

namespace heed::image {

PictureFormat picture_format(const std::filesystem::path& file) {
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
  if (ending == ".png") return PictureFormat::kPng;
  if (ending == ".jpg" || ending == ".jpeg" || ending == ".jfif") return PictureFormat::kJpeg;
  throw Error(ErrorKind::kUsage, "heed writes PNG and JPEG: the name must end in .png or .jpg",
              file.string());
}

void check_picture_file(const std::filesystem::path& file, int64_t height, int64_t width) {
  if (picture_format(file) == PictureFormat::kJpeg && std::max(height, width) > kMaxJpegSide)
    throw Error(ErrorKind::kUsage,
                "a JPEG has at most " + std::to_string(kMaxJpegSide) + " rows and columns, and the picture " +
                    std::to_string(height) + " x " + std::to_string(width) + ": write a .png",
                file.string());
  check_writable(file);
}

void write_picture(const std::filesystem::path& file, const Picture& picture, int jpeg_quality) {
  check_picture_file(file, picture.height, picture.width);
  write_atomically(file, picture_format(file) == PictureFormat::kPng ? encode_png(picture)
                                                                     : encode_jpeg(picture, jpeg_quality));
}

}  // namespace heed::image
