// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/texture_synthesis.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "heed/core/error.h"
#include "heed/imaging/neighbour_search.h"
#include "heed/imaging/transparency.h"
#include "heed/imaging/workers.h"
#include "heed/kernels/dropout_hash.h"

namespace heed::imaging {
namespace {

constexpr int64_t kSeedSide = 3;
constexpr int64_t kRunsOfRing = 4;
constexpr int64_t kMostPixels = int64_t{1} << 26;

void check(int64_t height, int64_t width, int64_t channels, const TextureSynthesisOptions& options) {
  const auto size = [](int64_t rows, int64_t columns) {
    return std::to_string(rows) + " x " + std::to_string(columns);
  };
  const auto wrong = [](const char* field, const std::string& message) {
    throw Error(ErrorKind::kUsage, message, FieldName{field});
  };
  const auto wrong_texture = [](const std::string& message) {
    throw Error(ErrorKind::kUsage, message, "synthesize_texture");
  };
  if (options.window < 3 || options.window % 2 == 0)
    wrong("window", "must be odd and at least 3, got " + std::to_string(options.window));
  if (!(options.tolerance >= 0) || !std::isfinite(options.tolerance))
    wrong("tolerance", "must be a number of at least 0, got " + std::to_string(options.tolerance));
  if (!(options.max_error > 0) || !std::isfinite(options.max_error))
    wrong("max_error", "must be a number above 0, got " + std::to_string(options.max_error));
  if (options.height < 1 || options.width < 1 || options.height > kMostPixels / options.width)
    wrong("size", "the new image must have 1 to " + std::to_string(kMostPixels) + " pixels, got " +
                      size(options.height, options.width));
  if (channels * height * width > std::numeric_limits<int32_t>::max())
    wrong_texture("the texture is too large: " + size(height, width));
  if (height < options.window || width < options.window)
    wrong_texture("the texture has " + size(height, width) + " pixels, less than a window of " +
                  size(options.window, options.window) + ": use a smaller window");
}

/// Fills the runs of rings, each run on one thread.
class Grower {
 public:
  Grower(const Planes& texture, const TextureSynthesisOptions& options)
      : options_(options),
        windows_(texture, options.window),
        growth_(texture.channels, options.height, options.width),
        searches_(kRunsOfRing, NeighbourSearch(windows_, options.tolerance)) {}

  /// Copies the first pixels: those of the seed inside the image.
  Seed plant() {
    const Seed seed{(options_.height - kSeedSide) / 2, (options_.width - kSeedSide) / 2, kSeedSide};
    const auto below = [&](uint64_t number, int64_t count) {
      const uint64_t bits = kernels::mix64(kernels::mix64(options_.seed) + number);
      return static_cast<int64_t>((bits >> 32) * static_cast<uint64_t>(count) >> 32);
    };
    const int64_t first_row = below(1, std::max<int64_t>(1, windows_.rows() - kSeedSide + 1));
    const int64_t first_column = below(2, std::max<int64_t>(1, windows_.columns() - kSeedSide + 1));
    for (int64_t y = 0; y < kSeedSide; ++y) {
      for (int64_t x = 0; x < kSeedSide; ++x) {
        const Pixel to{seed.row + y, seed.column + x};
        if (to.row < 0 || to.row >= options_.height || to.column < 0 || to.column >= options_.width) continue;
        const int64_t row = std::min(first_row + y, windows_.rows() - 1);
        const int64_t column = std::min(first_column + x, windows_.columns() - 1);
        fill(to, static_cast<int32_t>(row * windows_.columns() + column));
      }
    }
    return seed;
  }

  /// Fills runs that do not see each other.
  void grow(const std::vector<Run>& runs) {
    for_each_index(static_cast<int64_t>(runs.size()), options_.threads, [&](int64_t i) {
      grow_run(runs[static_cast<size_t>(i)], searches_[static_cast<size_t>(i)]);
    });
  }

  int64_t reach() const { return windows_.reach(); }
  Growth growth() && { return std::move(growth_); }

 private:
  void grow_run(Run run, NeighbourSearch& search) {
    double max_error = options_.max_error;
    Run waiting;
    while (!run.empty()) {
      waiting.clear();
      for (const Pixel& pixel : run) {
        const int32_t source = search.find(growth_, pixel, max_error, draw(pixel));
        if (source == Growth::kUnknown) {
          waiting.push_back(pixel);
        } else {
          fill(pixel, source);
        }
      }
      if (waiting.size() == run.size()) max_error *= 1.1;
      run.swap(waiting);
    }
  }

  uint32_t draw(const Pixel& pixel) const {
    const auto number = static_cast<uint64_t>(pixel.row * options_.width + pixel.column);
    return static_cast<uint32_t>(
        kernels::mix64(kernels::mix64(options_.seed) + 0x9e3779b97f4a7c15u * (number + 1)) >> 32);
  }

  void fill(const Pixel& pixel, int32_t source) {
    const float* from = windows_.candidate(source / windows_.columns(), source % windows_.columns());
    for (int64_t c = 0; c < windows_.channels(); ++c)
      growth_.picture.at(c, pixel.row, pixel.column) = from[c * windows_.plane()];
    growth_.source[static_cast<size_t>(pixel.row * options_.width + pixel.column)] = source;
  }

  const TextureSynthesisOptions& options_;
  TextureWindows windows_;
  Growth growth_;
  std::vector<NeighbourSearch> searches_;
};

Growth grow(const Planes& texture, const TextureSynthesisOptions& options) {
  Grower grower(texture, options);
  const Seed seed = grower.plant();
  const int64_t total = options.height * options.width;
  int64_t done = std::min(kSeedSide, options.height) * std::min(kSeedSide, options.width);
  for (int64_t number = 1; done < total; ++number) {
    const Ring ring = growth_ring(seed, number, options.height, options.width, grower.reach());
    grower.grow(ring.sides);
    grower.grow(ring.corners);
    for (const auto* runs : {&ring.sides, &ring.corners}) {
      for (const Run& run : *runs) done += static_cast<int64_t>(run.size());
    }
    if (options.progress) options.progress(done, total);
  }
  return std::move(grower).growth();
}

/// The channels that the search compares, whole numbers as its kernels need them.
Planes compared_planes(const image::Picture& texture) {
  Planes planes = to_planes(texture);
  const auto opacity = opacity_of(texture);
  if (!opacity.empty()) {
    for (size_t i = 0; i < planes.pixels.size(); ++i) planes.pixels[i] *= opacity[i % opacity.size()];
    for (const float alpha : opacity) planes.pixels.push_back(255 * alpha);
    ++planes.channels;
  }
  for (float& value : planes.pixels) value = std::nearbyint(value);
  return planes;
}

}  // namespace

image::Image synthesize_texture(const image::Image& texture, const TextureSynthesisOptions& options) {
  check(texture.height, texture.width, texture.channels, options);
  return to_image(grow(to_planes(texture), options).picture);
}

image::Picture synthesize_texture(const image::Picture& texture, const TextureSynthesisOptions& options) {
  check(texture.height, texture.width, texture.channels, options);
  const Growth growth = grow(compared_planes(texture), options);
  const int64_t reach = options.window / 2, columns = texture.width - 2 * reach;
  image::Picture result{options.height, options.width, texture.channels, texture.bits, {}, texture.notes};
  result.pixels.reserve(growth.source.size() * static_cast<size_t>(texture.channels));
  for (const int32_t source : growth.source) {
    const int64_t row = source / columns + reach, column = source % columns + reach;
    const auto pixel = texture.pixels.begin() + (row * texture.width + column) * texture.channels;
    result.pixels.insert(result.pixels.end(), pixel, pixel + texture.channels);
  }
  return result;
}

}  // namespace heed::imaging
