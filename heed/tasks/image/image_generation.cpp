// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_generation.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <ATen/ops/tensor.h>

#include "heed/decoding/generate.h"
#include "heed/nn/inference_scope.h"

namespace heed::tasks {
namespace {

/// An image model with its condition bound, as a model of sequences of values.
class ValueSequence : public nn::SequenceModel {
 public:
  ValueSequence(std::shared_ptr<nn::ImageModel> model, nn::ImageCondition condition)
      : model_(register_module("model", std::move(model))), condition_(std::move(condition)) {
    train(model_->is_training());  // a new module is in training mode, and would leave the model in it
  }

  at::Tensor forward(const nn::Sequence&) override {
    TORCH_CHECK(false, "[generate_images] images are scored by nll");
  }
  std::unique_ptr<nn::DecodingState> start(int64_t batch, int64_t /*capacity*/) override {
    return model_->start(batch, condition_);
  }
  at::Tensor step(const at::Tensor& tokens, nn::DecodingState& state) override {
    return model_->step(tokens.squeeze(1), state);
  }
  int64_t vocabulary_size() const override { return 256; }

 private:
  std::shared_ptr<nn::ImageModel> model_;
  nn::ImageCondition condition_;  ///< of the rows of a tile
};

/// What the rows of the tile that begins at a sample go by; rows that nobody asked for, by what others do.
nn::ImageCondition tile_condition(const ImageRequest& request, int64_t tile_begin, at::Device device) {
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < request.tile; ++row)
    rows.push_back(std::clamp<int64_t>(tile_begin + row - request.first_sample, 0, request.count - 1));
  const at::Tensor index = at::tensor(rows, at::kLong);
  const auto take = [&](const std::optional<at::Tensor>& tensor) {
    return tensor ? std::make_optional(tensor->to(at::kCPU).index_select(0, index).to(device)) : std::nullopt;
  };
  return {take(request.condition.labels), take(request.condition.source)};
}

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
  return drawn;
}

void check(const ImageRequest& request, const nn::ImageDomain& domain) {
  TORCH_CHECK(request.count >= 1 && request.first_sample >= 0 && request.tile >= 1,
              "[generate_images] count and tile must be at least 1, first_sample not negative, got ",
              at::IntArrayRef{request.count, request.tile, request.first_sample});
  for (const auto& tensor : {request.condition.labels, request.condition.source})
    TORCH_CHECK(!tensor || tensor->size(0) == request.count, "[generate_images] the condition needs ",
                request.count, " rows");
  TORCH_CHECK(request.known.empty() || std::ssize(request.known) == request.count,
              "[generate_images] known pixels are for no sample or for each");
  for (const auto& known : request.known)
    TORCH_CHECK(std::ssize(known.image.pixels) == domain.values() &&
                    std::ssize(known.keep) == domain.pixels() && known.image.channels == domain.channels,
                "[generate_images] known pixels must be of the model's size");
}

}  // namespace

double DrawnImage::bits_per_dim() const {
  return drawn > 0 ? -log_probability / (static_cast<double>(drawn) * std::numbers::ln2) : 0;
}

ImageGeneration generate_images(const std::shared_ptr<nn::ImageModel>& model, const ImageRequest& request) {
  const nn::ImageDomain& domain = model->domain();
  check(request, domain);
  const at::Tensor order = model->order().contiguous();
  const int64_t end = request.first_sample + request.count;
  decoding::GenerateRequest generate;
  generate.prompts = {{0}};  // the first step takes the value before the image, whatever it is
  generate.batch_size = request.batch_size;
  generate.tile = request.tile;
  generate.max_new_tokens = domain.values();
  generate.seed = request.seed;
  generate.sampling = request.sampling;
  if (!request.known.empty()) generate.constraint = force_known(request.known, order, request.first_sample);

  ImageGeneration result;
  // A tile at a time: sample s stands in row s % tile, and so the rows of one tile have samples, and
  // conditions, that follow each other.
  for (int64_t first = request.first_sample; first < end; first += generate.count) {
    const int64_t tile_begin = first / request.tile * request.tile;
    generate.first_sample = first;
    generate.count = std::min(end, tile_begin + request.tile) - first;
    if (request.progress)
      generate.progress = [&, before = result.values](int64_t drawn) { request.progress(before + drawn); };
    ValueSequence sequence(model, tile_condition(request, tile_begin, nn::device_of(*model)));
    const auto generation = decoding::generate(sequence, generate);
    for (const auto& sample : generation.samples)
      result.images.push_back(to_image(sample, request, order, domain));
    result.values += generation.drawn;
    result.seconds += generation.seconds;
  }
  result.pixels = result.values / domain.channels;
  return result;
}

}  // namespace heed::tasks
