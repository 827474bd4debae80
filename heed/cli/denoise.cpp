// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/denoise.h"

#include <chrono>
#include <cmath>
#include <iomanip>
#include <map>
#include <optional>
#include <sstream>

#include <ATen/Parallel.h>

#include "heed/cli/flags.h"
#include "heed/cli/picture_output.h"
#include "heed/cli/program.h"
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/data/image/image_reader.h"
#include "heed/evaluation/image_quality.h"
#include "heed/imaging/transparency.h"

namespace heed::cli {
namespace fs = std::filesystem;
namespace {

constexpr double kGreyLevels = 255;

struct DenoiseFlags {
  fs::path input, clean, noisy;
  PictureOutput output;
  imaging::DenoiseOptions denoise;
  std::string impulses = "auto";
  std::optional<double> added;
  uint64_t seed = 0;
  const CLI::App* verb = nullptr;
  Fields fields = {};
};

Fields fields_of(DenoiseFlags& flags) {
  auto& denoise = flags.denoise;
  const auto level = between(0, kGreyLevels);
  return flags.output.fields() +
         Fields{
             default_text({"sigma", &denoise.sigma,
                           "standard deviation of the noise in grey levels of 0 to 255", level},
                          "estimated"),
             default_text({"patch", &denoise.patch, "side of the compared patches, odd", odd()},
                          "chosen by the noise"),
             default_text({"search", &denoise.search, "side of the search window, odd", odd()},
                          "15, with --exact 21"),
             default_text({"strength", &denoise.strength, "h in grey levels: higher is smoother", level},
                          "chosen by the noise"),
             default_text({"aggregate", &denoise.aggregate,
                           "side of the square around a patch's centre that gets its weight, odd", odd()},
                          "3, with --exact 1"),
             default_text({"own_weight", &denoise.own_weight,
                           "weight of a pixel for itself (an equal patch has 1)", at_least(0)},
                          "0.5, with --exact 1"),
             {"impulses", &flags.impulses,
              "black and white dots: auto (removed where they are the noise), remove, or keep",
              one_of({"auto", "remove", "keep"})},
             {"exact", &denoise.exact,
              "the pixelwise form with Gaussian patches of 7 pixels, as scikit-image defines it"},
             {"clean", &flags.clean,
              "the picture without noise: report PSNR and structural similarity to it"},
             {"add_noise", &flags.added,
              "first add Gaussian noise of this standard deviation in grey levels, rounded to the picture's "
              "8 or 16 "
              "bits; --clean is then the picture itself by default",
              level},
             {"seed", &flags.seed, "seed of the added noise"},
             needs({"noisy_output", &flags.noisy, "file for the picture with the added noise (.png or .jpg)"},
                   {"add_noise"})};
}

const std::map<std::string, imaging::ImpulseHandling> kImpulses{
    {"auto", imaging::ImpulseHandling::kAuto},
    {"remove", imaging::ImpulseHandling::kReplace},
    {"keep", imaging::ImpulseHandling::kKeep}};

/// JSON has no infinity.
nlohmann::ordered_json finite(double number) {
  return std::isfinite(number) ? nlohmann::ordered_json(number) : nlohmann::ordered_json("infinite");
}

/// As a viewer shows it, in grey levels of 0 to 255 whatever its bits are.
imaging::Planes shown(const image::Picture& picture) {
  return imaging::on_white(imaging::to_planes(picture), imaging::opacity_of(picture));
}

/// "psnr", "ssim" and what they were before.
void measure(const image::Picture& noisy, const image::Picture& result, const image::Picture& clean,
             nlohmann::ordered_json& found) {
  const imaging::Planes before = shown(noisy), after = shown(result), wanted = shown(clean);
  const auto similarity = [&](const imaging::Planes& picture) {
    const auto value = evaluation::structural_similarity(picture, wanted);
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  found["noisy_psnr"] = finite(evaluation::psnr(before, wanted));
  found["noisy_ssim"] = similarity(before);
  found["psnr"] = finite(evaluation::psnr(after, wanted));
  found["ssim"] = similarity(after);
}

void check_clean(const image::Picture& clean, const image::Picture& noisy, const DenoiseFlags& options) {
  const auto size = [](const image::Picture& picture) {
    return std::to_string(picture.height) + " x " + std::to_string(picture.width) + " pixels in " +
           (picture.colours() == 1 ? "grey" : "colour");
  };
  if (size(clean) != size(noisy))
    throw Error(ErrorKind::kData,
                "has " + size(clean) + ", but " + options.input.string() + " has " + size(noisy),
                options.clean.string());
}

std::string grey_levels(double sigma) {
  std::ostringstream text;
  text << std::setprecision(3) << sigma << " grey levels";
  return text.str();
}

/// What the user should know of the noise that was found.
void explain(const imaging::Denoised& result, bool estimated) {
  if (result.impulses > 0) {
    std::ostringstream share;
    share << std::setprecision(2) << 100 * result.impulses;
    inform("the noise is impulses: " + share.str() +
           " % of the values are black or white dots, replaced by the median around them (--impulses keep "
           "leaves them)");
  }
  const std::string sigma = grey_levels(result.noise.sigma);
  if (!estimated) return;
  switch (result.noise.evidence) {
    case imaging::NoiseEvidence::kClear:
      return;
    case imaging::NoiseEvidence::kDrawing:
      inform(
          "found no noise: the picture has flat areas with sharp edges, like a drawing or a code; use "
          "--sigma to smooth it all the same");
      return;
    case imaging::NoiseEvidence::kTexture:
      warn("estimated noise of " + sigma +
           ", but part of it is probably texture: give a smaller --sigma if the result is too smooth");
      return;
    case imaging::NoiseEvidence::kScarce:
      warn(
          "too few pixels tell the noise (the picture is small, transparent, or nearly all black and white); "
          "it is taken as " +
          sigma + ": use --sigma if you know better");
      return;
  }
}

/// Adds the noise, rounded to the bits of the picture, and writes the noisy picture if asked to.
image::Picture with_noise(const image::Picture& picture, const DenoiseFlags& options) {
  imaging::Planes planes = imaging::to_planes(picture);
  imaging::add_noise(planes, *options.added, options.seed);
  image::Picture noisy = imaging::to_picture(planes, picture);
  if (!options.noisy.empty()) options.output.write(options.noisy, noisy);
  return noisy;
}

int denoise(const Common& common, const DenoiseFlags& options) {
  check_given(options.fields, given_fields(*options.verb, options.fields));
  if (common.device != "cpu")
    throw Error(ErrorKind::kUsage, "denoise runs on the CPU only", FieldName{"device"});
  image::Picture noisy = image::read_picture(options.input);
  std::vector<fs::path> others;
  if (!options.noisy.empty()) others.push_back(options.noisy);
  options.output.check(noisy.height, noisy.width, others);
  std::optional<image::Picture> clean;
  if (!options.clean.empty()) {
    clean = image::read_picture(options.clean);
    check_clean(*clean, noisy, options);
  }
  if (options.added) {
    if (!clean) clean = noisy;
    noisy = with_noise(noisy, options);
  }

  imaging::DenoiseOptions chosen = options.denoise;
  chosen.impulses = kImpulses.at(options.impulses);
  chosen.threads = at::get_num_threads();
  const auto begin = std::chrono::steady_clock::now();
  const imaging::Denoised result = imaging::denoise(noisy, chosen);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  explain(result, !chosen.sigma.has_value());
  options.output.write(options.output.file, result.picture);

  nlohmann::ordered_json found = options.output.describe(result.picture);
  found.update({{"sigma", result.noise.sigma},
                {"sigma_estimated", !chosen.sigma.has_value()},
                {"impulses", result.impulses},
                {"strength", result.means.strength},
                {"patch", result.means.patch},
                {"search", result.means.search},
                {"aggregate", result.means.aggregate},
                {"seconds", seconds}});
  if (clean) measure(noisy, result.picture, *clean, found);
  print_result(common, found);
  return 0;
}

}  // namespace

void add_denoise(Program& program) {
  auto options = std::make_shared<DenoiseFlags>();
  CLI::App* verb = program.add_verb(
      "denoise", "Remove noise from a picture by non-local means; keep alpha, 16 bits and profile",
      [&program, options] { return denoise(program.common, *options); });
  verb->add_option("noisy", options->input, "picture to read: PNG or JPEG")->required();
  options->verb = verb;
  options->fields = fields_of(*options);
  add_flags(*verb, options->fields);
}

}  // namespace heed::cli
