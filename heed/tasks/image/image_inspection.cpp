// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_inspection.h"

#include <algorithm>
#include <cstdio>
#include <numbers>

#include "heed/core/error.h"
#include "heed/nn/inference_scope.h"
#include "heed/rendering/attention_on_image.h"
#include "heed/tasks/image/image_tensors.h"

namespace heed::tasks {
namespace {

void check_pixels(const nn::ImageDomain& domain, const std::vector<ImagePixel>& pixels) {
  for (const auto& pixel : pixels) {
    if (pixel.row >= 0 && pixel.row < domain.height && pixel.column >= 0 && pixel.column < domain.width)
      continue;
    throw Error(ErrorKind::kUsage,
                "the image has no pixel " + std::to_string(pixel.row) + "," + std::to_string(pixel.column) +
                    ": it has rows 0 to " + std::to_string(domain.height - 1) + ", columns 0 to " +
                    std::to_string(domain.width - 1),
                FieldName{"pixel"});
  }
}

void check_layer(const nn::PixelModel& model, int64_t layer) {
  const int64_t layers = model.attention_layers();
  if (layer >= 0 && layer < layers) return;
  throw Error(ErrorKind::kUsage,
              layers == 0 ? "this model has no attention to draw"
                          : "this model has layers 0 to " + std::to_string(layers - 1),
              FieldName{"layer"});
}

void check_heads(const nn::AttentionTrace& trace, const std::vector<int64_t>& heads) {
  for (const int64_t head : heads) {
    if (head >= 0 && head < trace.query.size(1)) continue;
    throw Error(ErrorKind::kUsage,
                "this layer has no head " + std::to_string(head) + ": it has heads 0 to " +
                    std::to_string(trace.query.size(1) - 1),
                FieldName{"heads"});
  }
}

std::vector<ImagePixel> chosen_pixels(const nn::ImageDomain& domain, const ImageAttentionOptions& options) {
  if (!options.pixels.empty()) return options.pixels;
  return {{domain.height / 2, domain.width / 2}};
}

/// The raster index of the pixel at each position of a trace, and the positions of each pixel.
struct Positions {
  std::vector<int64_t> pixel;
  int64_t per_pixel = 1;
  std::vector<std::vector<int64_t>> of_pixel;
};

Positions trace_positions(const nn::PixelModel& model, int64_t length) {
  const nn::ImageDomain& domain = model.domain();
  TORCH_CHECK(length == domain.values() || length == domain.pixels(),
              "[pixel_attention] a trace of images needs a position for each value or pixel, got ", length);
  const at::Tensor order = model.order().contiguous();
  Positions positions;
  positions.per_pixel = length / domain.pixels();
  positions.of_pixel.resize(static_cast<size_t>(domain.pixels()));
  const int64_t values = domain.channels / positions.per_pixel;  // values of one position
  for (int64_t p = 0; p < length; ++p) {
    const int64_t pixel = order.const_data_ptr<int64_t>()[p * values] / domain.channels;
    positions.pixel.push_back(pixel);
    positions.of_pixel[static_cast<size_t>(pixel)].push_back(p);
  }
  return positions;
}

PixelWeights gather(const at::Tensor& weights, const Positions& positions) {
  PixelWeights gathered;
  gathered.pixels.assign(positions.of_pixel.size(), 0);
  const auto share = 1.0F / static_cast<float>(weights.size(0));
  const auto values = weights.accessor<float, 2>();  // [queries, keys]
  for (int64_t q = 0; q < weights.size(0); ++q) {
    gathered.beginning += share * values[q][0];
    for (int64_t key = 1; key < weights.size(1); ++key)  // key j has consumed position j - 1
      gathered.pixels[static_cast<size_t>(positions.pixel[static_cast<size_t>(key - 1)])] +=
          share * values[q][key];
  }
  return gathered;
}

/// Pixels that the model generates before this one. The first channels of the pixel itself do not count.
std::vector<bool> seen_before(const nn::PixelModel& model, int64_t pixel) {
  const nn::ImageDomain& domain = model.domain();
  const at::Tensor order = model.order().contiguous();
  std::vector<bool> seen(static_cast<size_t>(domain.pixels()), false);
  for (int64_t i = 0; i < order.numel(); i += domain.channels) {
    const int64_t place = order.const_data_ptr<int64_t>()[i] / domain.channels;
    if (place == pixel) break;
    seen[static_cast<size_t>(place)] = true;
  }
  return seen;
}

std::vector<float> surprise_of(nn::PixelModel& model, const at::Tensor& images,
                               const nn::ImageCondition& condition) {
  const at::Tensor bits =
      (model.nll(images, condition)[0] / std::numbers::ln2).to(at::kCPU, at::kFloat).contiguous();
  return {bits.const_data_ptr<float>(), bits.const_data_ptr<float>() + bits.numel()};
}

}  // namespace

std::vector<std::vector<PixelWeights>> pixel_attention(nn::PixelModel& model, const image::Image& image,
                                                       const nn::ImageCondition& condition,
                                                       const ImageAttentionOptions& options) {
  const nn::InferenceScope scope(model);
  const auto pixels = chosen_pixels(model.domain(), options);
  check_layer(model, options.layer);
  check_pixels(model.domain(), pixels);
  const at::Tensor images = tensor_of(image).unsqueeze(0).to(nn::device_of(model));
  const nn::AttentionTrace trace = model.trace(images, condition, options.layer);
  check_heads(trace, options.heads);
  const Positions positions = trace_positions(model, trace.query.size(2));
  std::vector<int64_t> rows;
  for (const auto& pixel : pixels) {
    const auto& own = positions.of_pixel[static_cast<size_t>(pixel.row * image.width + pixel.column)];
    rows.insert(rows.end(), own.begin(), own.end());
  }
  const at::Tensor weights =
      attention::attention_weights(trace.query, trace.key, trace.spec, options.heads, rows)[0]
          .to(at::kCPU, at::kFloat)
          .contiguous();  // [heads, rows, keys]
  std::vector<std::vector<PixelWeights>> all(pixels.size());
  for (size_t i = 0; i < pixels.size(); ++i) {
    for (int64_t head = 0; head < weights.size(0); ++head)
      all[i].push_back(
          gather(weights[head].narrow(0, static_cast<int64_t>(i) * positions.per_pixel, positions.per_pixel),
                 positions));
  }
  return all;
}

void draw_image_attention(nn::PixelModel& model, const image::Image& image,
                          const nn::ImageCondition& condition, const ImageAttentionOptions& options,
                          const std::filesystem::path& picture) {
  const nn::InferenceScope scope(model);
  const auto pixels = chosen_pixels(model.domain(), options);
  const auto weights = pixel_attention(model, image, condition, options);
  std::vector<rendering::PixelAttention> panels;
  for (size_t i = 0; i < pixels.size(); ++i) {
    const auto& pixel = pixels[i];
    const auto seen = seen_before(model, pixel.row * image.width + pixel.column);
    for (size_t head = 0; head < options.heads.size(); ++head) {
      const PixelWeights& found = weights[i][head];
      char note[80];
      std::snprintf(note, sizeof note, "largest %.3f, beginning %.3f",
                    *std::max_element(found.pixels.begin(), found.pixels.end()), found.beginning);
      panels.push_back({"head " + std::to_string(options.heads[head]) + ", pixel " +
                            std::to_string(pixel.row) + "," + std::to_string(pixel.column),
                        note, pixel.row, pixel.column, found.pixels, seen});
    }
  }
  rendering::AttentionOnImageOptions drawing;
  drawing.title = options.title;
  drawing.columns = static_cast<int>(options.heads.size());
  if (options.surprise) {
    drawing.surprise = surprise_of(model, tensor_of(image).unsqueeze(0).to(nn::device_of(model)), condition);
  }
  rendering::draw_attention_on_image(image, panels, drawing, picture);
}

}  // namespace heed::tasks
