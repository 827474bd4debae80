// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_evaluation.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "heed/core/error.h"
#include "heed/evaluation/image_quality.h"
#include "heed/imaging/resample.h"
#include "heed/nn/inference_scope.h"
#include "heed/tasks/image/image_batches.h"
#include "heed/tasks/image/image_generation.h"
#include "heed/tasks/image/image_tensors.h"

namespace heed::tasks {
namespace {

/// Differences between the smaller images and what images become when they are made as small.
class Consistency {
 public:
  void add(const image::Image& image, const image::Image& source) {
    const auto smaller = imaging::downscale_area(image, source.height, source.width);
    for (size_t i = 0; i < source.pixels.size(); ++i) {
      const double difference = static_cast<double>(smaller.pixels[i]) - source.pixels[i];
      absolute_ += std::abs(difference);
      squared_ += difference * difference;
    }
    values_ += static_cast<double>(source.pixels.size());
  }
  double mae() const { return values_ > 0 ? absolute_ / values_ : 0; }
  double rmse() const { return values_ > 0 ? std::sqrt(squared_ / values_) : 0; }

 private:
  double absolute_ = 0, squared_ = 0, values_ = 0;
};

double finite_psnr(const image::Image& image, const image::Image& original) {
  const double most = 10 * std::log10(255.0 * 255.0 * static_cast<double>(original.pixels.size()));
  return std::min(most, evaluation::psnr(image, original));
}

}  // namespace

ImageEvaluation evaluate_images(nn::ImageModel& model, const ImageData& data, const std::string& split,
                                const ImageEvaluationOptions& options) {
  const nn::InferenceScope scope(model);
  const at::Device device = nn::device_of(model);
  const ImageSet& set = data.split(split);
  const auto chosen = spread_evenly(set.count(), options.max_images);
  const auto values = static_cast<double>(model.domain().values());
  ImageEvaluation result;
  std::vector<double> bits;
  for (auto begin = chosen.begin(); begin < chosen.end();) {
    const auto end = begin + std::min<ptrdiff_t>(options.batch_size, chosen.end() - begin);
    const ImageBatch batch = make_image_batch(set, {begin, end}).to(device);
    const at::Tensor nats =
        model.nll(batch.images, batch.condition).sum({1, 2}, false, at::kDouble).to(at::kCPU).contiguous();
    for (int64_t i = 0; i < nats.numel(); ++i) {
      result.total_nats += nats.const_data_ptr<double>()[i];
      bits.push_back(nats.const_data_ptr<double>()[i] / (values * std::numbers::ln2));
    }
    begin = end;
    result.images = std::ssize(bits);
    if (options.progress) {
      options.progress(result.images, std::ssize(chosen),
                       result.total_nats / (static_cast<double>(result.images) * values * std::numbers::ln2));
    }
  }
  result.values = result.images * model.domain().values();
  result.bits_per_dim = evaluation::mean_with_error(bits);
  return result;
}

SuperResolutionEvaluation evaluate_super_resolution(const std::shared_ptr<nn::ImageModel>& model,
                                                    const ImageData& data, const std::string& split,
                                                    const SuperResolutionOptions& options) {
  const nn::ImageDomain& domain = model->domain();
  if (domain.source_height == 0) {
    throw Error(ErrorKind::kUsage, "this model goes by no smaller image ([data] condition = source)",
                "--super-resolution");
  }
  const ImageSet& set = data.split(split);
  const ImageBatch batch = make_image_batch(set, spread_evenly(set.count(), options.images));
  ImageRequest request;
  request.count = batch.images.size(0);
  request.batch_size = options.batch_size;
  request.seed = options.seed;
  request.sampling = options.sampling;
  request.condition = batch.condition;
  const int64_t all = request.count * domain.values();
  if (options.progress) request.progress = [&](int64_t drawn) { options.progress(drawn, all); };
  const ImageGeneration generation = generate_images(*model, request);

  Consistency samples, bicubic;
  std::vector<double> psnr, bicubic_psnr, bits;
  for (int64_t i = 0; i < request.count; ++i) {
    const auto& drawn = generation.images[static_cast<size_t>(i)];
    const image::Image original = image_of(batch.images[i]), source = image_of((*batch.condition.source)[i]);
    const auto upscaled = imaging::upscale_bicubic(source, domain.height, domain.width);
    samples.add(drawn.image, source);
    bicubic.add(upscaled, source);
    psnr.push_back(finite_psnr(drawn.image, original));
    bicubic_psnr.push_back(finite_psnr(upscaled, original));
    bits.push_back(drawn.bits_per_dim());
  }
  return {request.count,
          samples.mae(),
          samples.rmse(),
          bicubic.mae(),
          bicubic.rmse(),
          evaluation::mean_with_error(psnr),
          evaluation::mean_with_error(bicubic_psnr),
          evaluation::mean_with_error(bits)};
}

}  // namespace heed::tasks
