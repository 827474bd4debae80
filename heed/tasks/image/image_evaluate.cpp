// SPDX-License-Identifier: Apache-2.0
#include "heed/core/progress.h"
#include "heed/tasks/image/image_actions.h"
#include "heed/tasks/image/image_evaluation.h"
#include "heed/tasks/image/image_model.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct EvaluateImagesOptions {
  Paths data;
  std::string split = "valid";
  int64_t batch_size = 16;
  ImageEvaluationOptions likelihood;
  SuperResolutionOptions samples;
  bool super_resolution = false;
};

Fields fields(EvaluateImagesOptions& options) {
  auto& samples = options.samples;
  const std::vector<std::string> drawing{"super_resolution"};
  const Fields data{required(data_field(options.data)), split_field(options.split),
                    batch_size_field(options.batch_size, "images in one pass")};
  const Fields likelihood{excludes({"max_images", &options.likelihood.max_images,
                                    "images to score, spread over the split; 0: all", at_least(0)},
                                   drawing)};
  const Fields super_resolution{
      {"super_resolution", &options.super_resolution,
       "instead: draw images from the smaller ones, and measure how well they match the smaller images and "
       "the "
       "originals, beside bicubic upscaling"},
      needs({"sampled_images", &samples.images, "images to draw, spread over the split", at_least(1)},
            drawing),
      needs({"seed", &samples.seed, "seed of the samples"}, drawing),
      needs({"temperature", &samples.sampling.temperature, "temperature of the samples", between(0, 100)},
            drawing)};
  return data + under("Likelihood", likelihood) + under("Super-resolution", super_resolution);
}

Json score_likelihood(const ImageTaskModel& model, EvaluateImagesOptions& options, const ImageData& data) {
  Progress progress("evaluate", 0);
  options.likelihood.progress = [&](int64_t done, int64_t images, double bits) {
    progress.update(done, "of " + std::to_string(images) + " images  " + fixed_number(bits, 4) + " bits/dim");
  };
  const auto result = evaluate_images(model.model(), data, options.split, options.likelihood);
  progress.finish("images");
  return {{"bits_per_dim", result.bits_per_dim.mean},
          {"standard_error", result.bits_per_dim.standard_error},
          {"nll", result.nll()},
          {"unit", "value"},
          {"images", result.images},
          {"values", result.values},
          {"total_nats", result.total_nats}};
}

Json score_super_resolution(const ImageTaskModel& model, EvaluateImagesOptions& options,
                            const ImageData& data) {
  Progress progress("draw", 0);
  options.samples.progress = [&](int64_t values, int64_t all) {
    progress.update(values, "of " + std::to_string(all) + " values");
  };
  const auto result = evaluate_super_resolution(model.model(), data, options.split, options.samples);
  progress.finish("values");
  return {{"temperature", options.samples.sampling.temperature},
          {"images", result.images},
          {"consistency_mae", result.consistency_mae},
          {"consistency_rmse", result.consistency_rmse},
          {"bicubic_consistency_mae", result.bicubic_consistency_mae},
          {"bicubic_consistency_rmse", result.bicubic_consistency_rmse},
          {"psnr", mean_json(result.psnr)},
          {"bicubic_psnr", mean_json(result.bicubic_psnr)},
          {"sample_bits_per_dim", mean_json(result.bits_per_dim)}};
}

Answer evaluate(const ImageTaskModel& model, EvaluateImagesOptions& options, const Call& call) {
  options.likelihood.batch_size = options.samples.batch_size = options.batch_size;
  options.likelihood.stop = options.samples.stop = call.stop;
  const auto data = model.read_images(options.data);
  Json result = options.super_resolution ? score_super_resolution(model, options, data)
                                         : score_likelihood(model, options, data);
  result["split"] = options.split;
  result["model"] = model.trained.folder.string();
  return {result};
}

}  // namespace

Action evaluate_image_action() {
  return model_action(
      "evaluate", "Exact bits/dim of a split; for super-resolution also the quality of samples", evaluate);
}

}  // namespace heed::tasks
