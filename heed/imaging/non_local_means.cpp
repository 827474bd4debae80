// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/non_local_means.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "heed/core/error.h"
#include "heed/imaging/workers.h"
#include "heed/kernels/isa.h"

namespace heed::imaging {
namespace {

constexpr int64_t kSlack = 64;  ///< values that vectors may access beyond the ends of rows
constexpr const char* kPlace = "non_local_means";

void check(const NonLocalMeansOptions& options, const Planes& planes) {
  const auto wrong = [](const char* field, const std::string& message) {
    throw Error(ErrorKind::kUsage, message, FieldName{field});
  };
  for (const auto& [name, side] : {std::pair("patch", options.patch), std::pair("search", options.search),
                                   std::pair("aggregate", options.aggregate)}) {
    if (side < 1 || side % 2 == 0) wrong(name, "must be odd and at least 1, got " + std::to_string(side));
  }
  if (options.patch > std::min(planes.height, planes.width))
    wrong("patch", "patches of " + std::to_string(options.patch) + " x " + std::to_string(options.patch) +
                       " pixels are larger than the image of " + std::to_string(planes.height) + " x " +
                       std::to_string(planes.width) + ": use smaller patches");
  if (options.aggregate > options.patch)
    wrong("aggregate", "must be at most the patch, got " + std::to_string(options.aggregate) + " and " +
                           std::to_string(options.patch));
  for (const auto& [name, number] :
       {std::pair("sigma", options.sigma), std::pair("strength", options.strength),
        std::pair("own_weight", options.own_weight), std::pair("cutoff", options.cutoff)}) {
    if (!(number >= 0) || !std::isfinite(number))
      wrong(name, "must be a number of at least 0, got " + std::to_string(number));
  }
}

/// Returns the weights of a patch along one axis; their products sum to 1 / channels.
std::vector<float> patch_taps(const NonLocalMeansOptions& options, int64_t channels) {
  std::vector<double> taps(static_cast<size_t>(options.patch), 1.0);
  const double deviation = static_cast<double>(options.patch - 1) / 4;
  if (options.shape == PatchShape::kGaussian && deviation > 0) {
    const int64_t centre = options.patch / 2;
    for (size_t i = 0; i < taps.size(); ++i) {
      const auto x = static_cast<double>(static_cast<int64_t>(i) - centre);
      taps[i] = std::exp(-x * x / (2 * deviation * deviation));
    }
  }
  double total = 0;
  for (const double tap : taps) total += tap;
  std::vector<float> result;
  result.reserve(taps.size());
  for (const double tap : taps)
    result.push_back(static_cast<float>(tap / total / std::sqrt(static_cast<double>(channels))));
  return result;
}

/// An image with reflected margins, for the kernel.
struct Reflected {
  Reflected(const Planes& planes, int64_t margin)
      : rows(planes.height + 2 * margin), stride(planes.width + 2 * margin + kSlack) {
    pixels.resize(static_cast<size_t>(planes.channels * rows * stride + 2 * kSlack));
    for (int64_t c = 0; c < planes.channels; ++c) {
      for (int64_t y = 0; y < rows; ++y) {
        float* to = pixels.data() + kSlack + (c * rows + y) * stride;
        const int64_t row = reflected(y - margin, planes.height);
        for (int64_t x = 0; x < planes.width + 2 * margin; ++x)
          to[x] = planes.at(c, row, reflected(x - margin, planes.width));
      }
    }
  }
  int64_t rows, stride;
  std::vector<float> pixels;
};

/// Strips of rows. A strip's pixels also add to the `reach` rows below it. Each strip has its own sums, which
/// are added in the order of the strips, whatever threads computed them.
class Strips {
 public:
  Strips(const kernels::NonLocalMeansProblem& problem, int64_t reach, int threads)
      : problem_(problem),
        reach_(reach),
        threads_(threads),
        rows_(std::clamp<int64_t>(problem.height / 8, 32, 64)),
        stride_(problem.width + kSlack),
        sums_(static_cast<size_t>((problem.height + rows_ - 1) / rows_)) {}

  void run() {
    for_each_index(static_cast<int64_t>(sums_.size()), threads_, [&](int64_t i) { add_strip(i); });
  }

  /// Calls finish(y, sums of row y: channels first, then weights).
  template <class Finish>
  void finish(const Finish& finish) {
    for_each_index(problem_.height, threads_, [&](int64_t y) {
      std::vector<const float*> rows(static_cast<size_t>(problem_.channels + 1));
      std::vector<float> total(static_cast<size_t>((problem_.channels + 1) * problem_.width));
      for (int64_t i = std::max<int64_t>(0, y - rows_ - reach_ + 1) / rows_; i <= y / rows_; ++i)
        add_row(i, y, total);
      for (size_t c = 0; c < rows.size(); ++c)
        rows[c] = total.data() + static_cast<int64_t>(c) * problem_.width;
      finish(y, rows);
    });
  }

 private:
  int64_t begin(int64_t strip) const { return strip * rows_; }
  int64_t end(int64_t strip) const { return std::min(problem_.height, begin(strip) + rows_); }
  /// Number of rows to which a strip adds.
  int64_t height(int64_t strip) const {
    return std::min(problem_.height, end(strip) + reach_) - begin(strip);
  }

  void add_strip(int64_t i) {
    const auto& kernel = kernels::cpu_kernels().non_local_means;
    std::vector<float>& sums = sums_[static_cast<size_t>(i)];
    sums.resize(static_cast<size_t>((problem_.channels + 1) * height(i) * stride_ + kSlack));
    std::vector<float> scratch(static_cast<size_t>(kernel.scratch_floats(problem_)));
    const kernels::NonLocalMeansSums to{sums.data(), height(i), stride_, begin(i)};
    for (int64_t down = 0; down <= std::min(reach_, problem_.height - 1); ++down) {
      const int64_t widest = std::min(reach_, problem_.width - 1);
      for (int64_t right = down == 0 ? 1 : -widest; right <= widest; ++right)
        kernel.add_shift(problem_, to, begin(i), end(i), down, right, scratch.data());
    }
  }

  void add_row(int64_t strip, int64_t y, std::vector<float>& total) const {
    const int64_t row = y - begin(strip);
    if (row < 0 || row >= height(strip)) return;
    for (int64_t c = 0; c <= problem_.channels; ++c) {
      const float* from = sums_[static_cast<size_t>(strip)].data() + (c * height(strip) + row) * stride_;
      float* to = total.data() + c * problem_.width;
      for (int64_t x = 0; x < problem_.width; ++x) to[x] += from[x];
    }
  }

  const kernels::NonLocalMeansProblem& problem_;
  int64_t reach_;
  int threads_;
  int64_t rows_, stride_;
  std::vector<std::vector<float>> sums_;
};

/// Interpolates between the values at 15, 25 and 50 grey levels; constant outside.
double by_sigma(double sigma, double at_15, double at_25, double at_50) {
  if (sigma <= 25) return std::lerp(at_15, at_25, std::clamp((sigma - 15) / 10, 0.0, 1.0));
  return std::lerp(at_25, at_50, std::clamp((sigma - 25) / 25, 0.0, 1.0));
}

/// Returns the largest odd patch side up to `side` that fits into the image.
int64_t fitting(int64_t side, const Planes& planes) {
  const int64_t most = std::min(planes.height, planes.width);
  return std::min(side, most - (most % 2 == 0 ? 1 : 0));
}

}  // namespace

NonLocalMeansOptions non_local_means_options(double sigma, const Planes& planes) {
  NonLocalMeansOptions options;
  options.sigma = sigma;
  options.strength = sigma * by_sigma(sigma, 0.75, 0.6, 0.38);
  options.patch = fitting(sigma < 8 ? 3 : sigma < 42 ? 5 : 7, planes);
  options.search = 15;
  options.aggregate = std::min<int64_t>(3, options.patch);
  options.own_weight = 0.5;
  return options;
}

NonLocalMeansOptions exact_non_local_means_options(double sigma, const Planes& planes) {
  NonLocalMeansOptions options;
  options.sigma = sigma;
  options.strength = sigma * by_sigma(sigma, 0.9, 0.8, 0.6);
  options.patch = fitting(7, planes);
  options.shape = PatchShape::kGaussian;
  return options;
}

Planes non_local_means(const Planes& noisy, const NonLocalMeansOptions& options) {
  check_planes(noisy, kPlace);
  check(options, noisy);
  if (options.strength == 0) return noisy;
  const auto taps = patch_taps(options, noisy.channels);
  kernels::NonLocalMeansProblem problem;
  problem.radius = options.patch / 2;
  problem.spread = options.aggregate / 2;
  problem.margin = problem.radius + problem.spread;
  const Reflected image(noisy, problem.margin);
  problem.image = image.pixels.data() + kSlack;
  problem.channels = noisy.channels;
  problem.height = noisy.height;
  problem.width = noisy.width;
  problem.stride = image.stride;
  problem.taps = taps.data();
  problem.noise = static_cast<float>(2 * options.sigma * options.sigma);
  problem.scale = static_cast<float>(1 / (options.strength * options.strength));
  problem.cutoff = static_cast<float>(options.cutoff);

  Strips strips(problem, options.search / 2, options.threads);
  strips.run();
  Planes result(noisy.channels, noisy.height, noisy.width);
  const auto own =
      static_cast<float>(options.own_weight * static_cast<double>(options.aggregate * options.aggregate));
  strips.finish([&](int64_t y, const std::vector<const float*>& sums) {
    const float* weights = sums.back();
    for (int64_t c = 0; c < noisy.channels; ++c) {
      for (int64_t x = 0; x < noisy.width; ++x) {
        const float total = weights[x] + own, value = noisy.at(c, y, x);
        // A pixel without similar patches, itself included, stays unchanged.
        result.at(c, y, x) = total > 0 ? (sums[static_cast<size_t>(c)][x] + own * value) / total : value;
      }
    }
  });
  return result;
}

}  // namespace heed::imaging
