// SPDX-License-Identifier: Apache-2.0
// The program whose output scikit_compare.py compares with scikit-image. Raw files, numbers in the machine's
// byte order.
//   imaging_dump means FILE CHANNELS HEIGHT WIDTH PATCH SEARCH SIGMA STRENGTH
//     float32 planes in; stdout: the same
//   imaging_dump quality A B CHANNELS HEIGHT WIDTH
//     bytes in; stdout: PSNR SSIM
#include <cstdio>
#include <string>
#include <vector>

#include "heed/core/error.h"
#include "heed/evaluation/image_quality.h"
#include "heed/imaging/non_local_means.h"

namespace {

template <class Number>
void read_numbers(const char* path, std::vector<Number>& to) {
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr || std::fread(to.data(), sizeof(Number), to.size(), file) != to.size())
    throw heed::Error(heed::ErrorKind::kData, "cannot be read", path);
  std::fclose(file);
}

int means(char** arguments) {
  const auto whole = [&](int i) { return std::stoll(arguments[i]); };
  heed::imaging::Planes picture(whole(1), whole(2), whole(3));
  read_numbers(arguments[0], picture.pixels);
  heed::imaging::NonLocalMeansOptions options;
  options.shape = heed::imaging::PatchShape::kGaussian;
  options.patch = whole(4);
  options.search = whole(5);
  options.sigma = std::stod(arguments[6]);
  options.strength = std::stod(arguments[7]);
  options.threads = 1;
  const auto result = heed::imaging::non_local_means(picture, options);
  return std::fwrite(result.pixels.data(), sizeof(float), result.pixels.size(), stdout) ==
                 result.pixels.size()
             ? 0
             : 1;
}

int quality(char** arguments) {
  heed::image::Image a{std::stoll(arguments[3]), std::stoll(arguments[4]), std::stoll(arguments[2]), {}};
  a.pixels.resize(static_cast<size_t>(a.height * a.width * a.channels));
  heed::image::Image b = a;
  read_numbers(arguments[0], a.pixels);
  read_numbers(arguments[1], b.pixels);
  std::printf("%.15g %.15g\n", heed::evaluation::psnr(a, b),
              heed::evaluation::structural_similarity(a, b).value());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "means" && argc == 10) return means(argv + 2);
  if (mode == "quality" && argc == 7) return quality(argv + 2);
  std::fprintf(stderr, "see the head of imaging_dump.cpp\n");
  return 2;
}
