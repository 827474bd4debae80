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

/// Differences between smaller images and images made as small as they are.
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

/// Nats of each image of a batch, [images] float64 on the CPU.
at::Tensor image_nats(nn::PixelModel& model, const ImageBatch& batch) {
  return model.nll(batch.images, batch.condition).sum({1, 2}, false, at::kDouble).to(at::kCPU).contiguous();
}

/// Scores of samples and of bicubic upscaling.
class SampleScores {
 public:
  void add(const DrawnImage& drawn, const image::Image& original, const image::Image& source) {
    const auto upscaled = imaging::upscale_bicubic(source, original.height, original.width);
    consistency_.add(drawn.image, source);
    bicubic_consistency_.add(upscaled, source);
    psnr_.push_back(finite_psnr(drawn.image, original));
    bicubic_psnr_.push_back(finite_psnr(upscaled, original));
    bits_.push_back(drawn.bits_per_dim());
  }
  SuperResolutionEvaluation result() const {
    return {std::ssize(bits_),
            consistency_.mae(),
            consistency_.rmse(),
            bicubic_consistency_.mae(),
            bicubic_consistency_.rmse(),
            evaluation::mean_with_error(psnr_),
            evaluation::mean_with_error(bicubic_psnr_),
            evaluation::mean_with_error(bits_)};
  }

 private:
  Consistency consistency_, bicubic_consistency_;
  std::vector<double> psnr_, bicubic_psnr_, bits_;
};

ImageRequest make_request(const ImageBatch& batch, const SuperResolutionOptions& options, int64_t values) {
  ImageRequest request;
  request.count = batch.images.size(0);
  request.batch_size = options.batch_size;
  request.seed = options.seed;
  request.sampling = options.sampling;
  request.condition = batch.condition;
  request.stop = options.stop;
  if (options.progress) {
    request.progress = [&progress = options.progress, all = request.count * values](int64_t drawn) {
      progress(drawn, all);
    };
  }
  return request;
}

}  // namespace

ImageEvaluation evaluate_images(nn::PixelModel& model, const ImageData& data, const std::string& split,
                                const ImageEvaluationOptions& options) {
  const nn::InferenceScope scope(model);
  const at::Device device = nn::device_of(model);
  const ImageSet& set = data.split(split);
  const auto chosen = spread_evenly(set.count(), options.max_images);
  const double nats_of_bit =
      static_cast<double>(model.domain().values()) * std::numbers::ln2;  // of one bit/dim
  ImageEvaluation result;
  std::vector<double> bits;
  for (auto begin = chosen.begin(); begin < chosen.end() && !options.stop.stop_requested();) {
    const auto end = begin + std::min<ptrdiff_t>(options.batch_size, chosen.end() - begin);
    const at::Tensor nats = image_nats(model, make_image_batch(set, {begin, end}).to(device));
    for (int64_t i = 0; i < nats.numel(); ++i) {
      result.total_nats += nats.const_data_ptr<double>()[i];
      bits.push_back(nats.const_data_ptr<double>()[i] / nats_of_bit);
    }
    begin = end;
    result.images = std::ssize(bits);
    if (options.progress) {
      const double mean_nats = result.total_nats / static_cast<double>(result.images);
      options.progress(result.images, std::ssize(chosen), mean_nats / nats_of_bit);
    }
  }
  result.values = result.images * model.domain().values();
  result.bits_per_dim = evaluation::mean_with_error(bits);
  return result;
}

SuperResolutionEvaluation evaluate_super_resolution(nn::PixelModel& model, const ImageData& data,
                                                    const std::string& split,
                                                    const SuperResolutionOptions& options) {
  if (model.domain().source_height == 0) {
    throw Error(ErrorKind::kUsage,
                "needs a model that is conditioned on a smaller image ([data] condition = source)",
                FieldName{"super_resolution"});
  }
  const ImageSet& set = data.split(split);
  const ImageBatch batch = make_image_batch(set, spread_evenly(set.count(), options.images));
  const auto generation = generate_images(model, make_request(batch, options, model.domain().values()));
  SampleScores scores;
  for (size_t i = 0; i < generation.images.size(); ++i) {
    if (!generation.images[i].complete) continue;
    const auto row = static_cast<int64_t>(i);
    scores.add(generation.images[i], image_of(batch.images[row]), image_of((*batch.condition.source)[row]));
  }
  return scores.result();
}

}  // namespace heed::tasks
