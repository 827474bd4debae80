// SPDX-License-Identifier: Apache-2.0
// The program whose output pillow_compare.py compares with Pillow.
//   picture_dump picture|image FILE...
//     for each file its height, width, channels and bits as text, then its numbers, 16 bits in the machine's order
//   picture_dump write FROM TO QUALITY
#include <cstdio>
#include <string>

#include "heed/data/image/image_reader.h"
#include "heed/data/image/picture_writer.h"

namespace {

heed::image::Picture read(const std::string& mode, const char* file) {
  if (mode == "picture") return heed::image::read_picture(file);
  const auto image = heed::image::read_image(file);
  return {image.height, image.width, image.channels, 8, {image.pixels.begin(), image.pixels.end()}};
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "write" && argc == 5) {
    heed::image::write_picture(argv[3], heed::image::read_picture(argv[2]), std::stoi(argv[4]));
    return 0;
  }
  for (int i = 2; i < argc; ++i) {
    const auto picture = read(mode, argv[i]);
    std::printf("%lld %lld %lld %d\n", static_cast<long long>(picture.height),
                static_cast<long long>(picture.width), static_cast<long long>(picture.channels),
                picture.bits);
    std::fwrite(picture.pixels.data(), sizeof(uint16_t), picture.pixels.size(), stdout);
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
