// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/image_scoring.h"

#include <cstdio>

#include "heed/cli/checks.h"
#include "heed/cli/weights_option.h"
#include "heed/core/progress.h"
#include "heed/tasks/image/image_task.h"

namespace heed::cli {
namespace {

nlohmann::ordered_json mean_row(const evaluation::MeanWithError& value) {
  return {{"mean", value.mean}, {"standard_error", value.standard_error}};
}

nlohmann::ordered_json score_likelihood(const tasks::TrainedImageModel& trained, const tasks::ImageData& data,
                                        ImageScoring& options) {
  Progress progress("evaluate", 0);
  options.likelihood.progress = [&](int64_t done, int64_t images, double bits) {
    char detail[80];
    std::snprintf(detail, sizeof detail, "of %ld images  %.4f bits/dim", static_cast<long>(images), bits);
    progress.update(done, detail);
  };
  const auto result = tasks::evaluate_images(*trained.model, data, options.split, options.likelihood);
  progress.finish("images");
  return {{"bits_per_dim", result.bits_per_dim.mean},
          {"standard_error", result.bits_per_dim.standard_error},
          {"nll", result.nll()},
          {"unit", "value"},
          {"images", result.images},
          {"values", result.values},
          {"total_nats", result.total_nats}};
}

nlohmann::ordered_json score_super_resolution(const tasks::TrainedImageModel& trained,
                                              const tasks::ImageData& data, ImageScoring& options) {
  Progress progress("draw", 0);
  options.sampling.progress = [&](int64_t values, int64_t all) {
    progress.update(values, "of " + std::to_string(all) + " values");
  };
  const auto result = tasks::evaluate_super_resolution(trained.model, data, options.split, options.sampling);
  progress.finish("values");
  return {{"temperature", options.sampling.sampling.temperature},
          {"images", result.images},
          {"consistency_mae", result.consistency_mae},
          {"consistency_rmse", result.consistency_rmse},
          {"bicubic_consistency_mae", result.bicubic_consistency_mae},
          {"bicubic_consistency_rmse", result.bicubic_consistency_rmse},
          {"psnr", mean_row(result.psnr)},
          {"bicubic_psnr", mean_row(result.bicubic_psnr)},
          {"sample_bits_per_dim", mean_row(result.bits_per_dim)}};
}

}  // namespace

int evaluate_images(const Common& common, ImageScoring options) {
  const auto trained =
      tasks::load_image_model(options.model, tasks::parse_device(common.device), options.attention_backend);
  use_weights(*trained.model, options.weights);
  const auto data = tasks::read_images_for(trained, options.data);
  auto result = options.super_resolution ? score_super_resolution(trained, data, options)
                                         : score_likelihood(trained, data, options);
  result["split"] = options.split;
  result["model"] = trained.folder.string();
  print_result(common, result);
  return 0;
}

void add_image_scoring(CLI::App* command, ImageScoring& options) {
  CLI::Option_group* verb = command->add_option_group(kImageScoring);
  verb->add_option("--max-images", options.likelihood.max_images,
                   "only so many, spread over the split; 0: all")
      ->check(kNonNegative);
  verb->add_flag("--super-resolution", options.super_resolution,
                 "instead: draw from the smaller images; are samples, made smaller again, what they were "
                 "drawn from, and how near to the originals, beside bicubic upscaling?");
  verb->add_option("--sampled-images", options.sampling.images, "images for --super-resolution")
      ->check(kPositive)
      ->capture_default_str();
}

}  // namespace heed::cli
