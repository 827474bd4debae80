// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cmath>
#include <optional>

#include <ATen/Parallel.h>

#include "heed/cli/program.h"
#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/data/image/image_reader.h"
#include "heed/data/image/png_writer.h"
#include "heed/evaluation/image_quality.h"
#include "heed/imaging/noise.h"
#include "heed/imaging/non_local_means.h"

namespace heed::cli {
namespace fs = std::filesystem;
namespace {

constexpr double kGreyLevels = 255;

struct DenoiseFlags {
  fs::path input, output, clean, noisy;
  std::optional<double> sigma, strength, own_weight, added;
  std::optional<int64_t> patch, search, aggregate;
  uint64_t seed = 0;
  bool exact = false;
};

/// JSON has no infinity.
nlohmann::ordered_json finite(double number) {
  return std::isfinite(number) ? nlohmann::ordered_json(number) : nlohmann::ordered_json("infinite");
}

imaging::NonLocalMeansOptions choose(const DenoiseFlags& given, double sigma, const imaging::Planes& picture,
                                     int threads) {
  auto options = given.exact ? imaging::exact_non_local_means_options(sigma, picture)
                             : imaging::non_local_means_options(sigma, picture);
  if (given.strength) options.strength = *given.strength;
  if (given.search) options.search = *given.search;
  if (given.own_weight) options.centre = *given.own_weight;
  if (given.patch) options.patch = *given.patch;
  options.aggregate = given.aggregate ? *given.aggregate : std::min(options.aggregate, options.patch);
  options.threads = threads;
  return options;
}

/// "psnr", "ssim" and what they were before.
void measure(const image::Image& noisy, const image::Image& result, const image::Image& clean,
             nlohmann::ordered_json& found) {
  const auto similarity = [&](const image::Image& picture) {
    const auto value = evaluation::structural_similarity(picture, clean);
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  found["noisy_psnr"] = finite(evaluation::psnr(noisy, clean));
  found["noisy_ssim"] = similarity(noisy);
  found["psnr"] = finite(evaluation::psnr(result, clean));
  found["ssim"] = similarity(result);
}

int denoise(const Common& common, const DenoiseFlags& options) {
  if (common.device != "cpu")
    throw Error(ErrorKind::kUsage, "denoise runs on the CPU only", FieldName{"device"});
  if (!options.noisy.empty() && !options.added)
    throw Error(ErrorKind::kUsage, "needs --add-noise", FieldName{"noisy_output"});
  image::Image noisy = image::read_image(options.input);
  std::optional<image::Image> clean;
  if (!options.clean.empty()) clean = image::read_image(options.clean);
  if (options.added) {
    if (!clean) clean = noisy;
    imaging::Planes planes = imaging::to_planes(noisy);
    imaging::add_noise(planes, *options.added, options.seed);
    noisy = imaging::to_image(planes);
    if (!options.noisy.empty()) image::write_png(options.noisy, noisy);
  }
  if (clean &&
      (clean->height != noisy.height || clean->width != noisy.width || clean->channels != noisy.channels))
    throw Error(ErrorKind::kData,
                "has " + std::to_string(clean->height) + " x " + std::to_string(clean->width) +
                    " pixels of " + std::to_string(clean->channels) + " channels, " + options.input.string() +
                    " " + std::to_string(noisy.height) + " x " + std::to_string(noisy.width) + " of " +
                    std::to_string(noisy.channels),
                options.clean.string());

  const auto begin = std::chrono::steady_clock::now();
  const imaging::Planes planes = imaging::to_planes(noisy);
  const double sigma = options.sigma ? *options.sigma : imaging::estimate_noise(planes);
  const auto means = choose(options, sigma, planes, at::get_num_threads());
  const image::Image result = imaging::to_image(imaging::non_local_means(planes, means));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  image::write_png(options.output, result);

  nlohmann::ordered_json found{{"picture", options.output.string()},
                               {"height", noisy.height},
                               {"width", noisy.width},
                               {"channels", noisy.channels},
                               {"sigma", sigma},
                               {"sigma_estimated", !options.sigma.has_value()},
                               {"strength", means.strength},
                               {"patch", means.patch},
                               {"search", means.search},
                               {"aggregate", means.aggregate},
                               {"seconds", seconds}};
  if (clean) measure(noisy, result, *clean, found);
  print_result(common, found);
  return 0;
}

}  // namespace

void add_denoise(Program& program) {
  auto options = std::make_shared<DenoiseFlags>();
  CLI::App* verb = program.add_verb("denoise", "Remove noise from a picture by non-local means",
                                    [&program, options] { return denoise(program.common, *options); });
  const auto level = CLI::Range(0.0, kGreyLevels);
  verb->add_option("noisy", options->input, "picture to read")->required();
  verb->add_option("--output", options->output, "picture to write (.png)")->required();
  verb->add_option("--sigma", options->sigma,
                   "standard deviation of the noise in grey levels of 0 to 255; default: estimated")
      ->check(level);
  verb->add_option("--patch", options->patch,
                   "side of the compared patches, odd; default: chosen by the noise")
      ->check(CLI::PositiveNumber);
  verb->add_option("--search", options->search,
                   "side of the search window, odd; default: 15, with --exact 21")
      ->check(CLI::PositiveNumber);
  verb->add_option("--strength", options->strength,
                   "h in grey levels: higher is smoother; default: chosen by the noise")
      ->check(level);
  verb->add_option(
          "--aggregate", options->aggregate,
          "side of the square around a patch's centre that gets its weight, odd; default: 3, with --exact 1")
      ->check(CLI::PositiveNumber);
  verb->add_option("--own-weight", options->own_weight,
                   "weight of a pixel for itself (an equal patch has 1); default: 0.5, with --exact 1")
      ->check(CLI::NonNegativeNumber);
  verb->add_flag("--exact", options->exact,
                 "the pixelwise form with Gaussian patches of 7 pixels, as scikit-image defines it");
  verb->add_option("--clean", options->clean,
                   "the picture without noise: report PSNR and structural similarity to it");
  verb->add_option("--add-noise", options->added,
                   "first add Gaussian noise of this standard deviation, rounded to whole grey levels; "
                   "--clean is then the "
                   "picture itself by default")
      ->check(level);
  verb->add_option("--seed", options->seed, "seed of the added noise")->capture_default_str();
  verb->add_option("--noisy-output", options->noisy, "file for the picture with the added noise (.png)");
}

}  // namespace heed::cli
