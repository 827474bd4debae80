// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_generation.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "heed/decoding/generate.h"
#include "heed/decoding/start_state.h"

namespace heed::tasks {
namespace {

DrawnImage to_image(const decoding::Generated& sample, const ImageRequest& request, const at::Tensor& order,
                    const nn::ImageDomain& domain) {
  DrawnImage drawn;
  drawn.sample = sample.sample;
  drawn.image = {domain.height, domain.width, domain.channels,
                 std::vector<uint8_t>(static_cast<size_t>(domain.values()))};
  const KnownPixels* known = request.known.empty()
                                 ? nullptr
                                 : &request.known[static_cast<size_t>(sample.sample - request.first_sample)];
  const auto* places = order.const_data_ptr<int64_t>();
  for (size_t i = 0; i < sample.tokens.size(); ++i) {
    const auto place = static_cast<size_t>(places[i]);
    drawn.image.pixels[place] = static_cast<uint8_t>(sample.tokens[i]);
    if (known != nullptr && known->keep[place / static_cast<size_t>(domain.channels)]) continue;
    drawn.log_probability += sample.log_probabilities[i];
    ++drawn.drawn;
  }
  drawn.complete = std::ssize(sample.tokens) == domain.values();
  return drawn;
}

void check(const ImageRequest& request, const nn::ImageDomain& domain) {
  TORCH_CHECK(request.count >= 1 && request.first_sample >= 0,
              "[generate_images] count must be at least 1 and first_sample at least 0, got ", request.count,
              " and ", request.first_sample);
  for (const auto& tensor : {request.condition.labels, request.condition.source})
    TORCH_CHECK(!tensor || tensor->size(0) == request.count, "[generate_images] the condition needs ",
                request.count, " rows");
  TORCH_CHECK(request.known.empty() || std::ssize(request.known) == request.count,
              "[generate_images] known pixels need one image for each sample, or none");
  for (const auto& known : request.known)
    TORCH_CHECK(std::ssize(known.image.pixels) == domain.values() &&
                    std::ssize(known.keep) == domain.pixels() && known.image.channels == domain.channels,
                "[generate_images] known pixels must have the model's size");
}

decoding::GenerateRequest decoding_request(const ImageRequest& request, const nn::ImageDomain& domain,
                                           const at::Tensor& order) {
  decoding::GenerateRequest generate;
  generate.prompts = {{0}};  // the first step consumes a value before the image, which has no effect
  generate.count = request.count;
  generate.first_sample = request.first_sample;
  generate.batch_size = request.batch_size;
  generate.max_new_tokens = domain.values();
  generate.seed = request.seed;
  generate.sampling = request.sampling;
  generate.progress = request.progress;
  generate.stop = request.stop;
  if (!request.known.empty()) generate.constraint = force_known(request.known, order, request.first_sample);
  return generate;
}

}  // namespace

double DrawnImage::bits_per_dim() const {
  return drawn > 0 ? -log_probability / (static_cast<double>(drawn) * std::numbers::ln2) : 0;
}

ImageGeneration generate_images(nn::PixelModel& model, const ImageRequest& request) {
  const nn::ImageDomain& domain = model.domain();
  check(request, domain);
  const at::Tensor order = model.order().contiguous();
  const auto generation = decoding::generate(model, decoding::start_images(model, request.condition),
                                             decoding_request(request, domain, order));
  ImageGeneration result;
  for (const auto& sample : generation.samples)
    result.images.push_back(to_image(sample, request, order, domain));
  result.values = generation.drawn;
  result.pixels = result.values / domain.channels;
  result.seconds = generation.seconds;
  result.stopped = generation.stopped;
  return result;
}

}  // namespace heed::tasks
