// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/pixel_embedding.h"

#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

#include "heed/nn/positions.h"
#include "heed/nn/table_rows.h"

namespace heed::nn {
namespace {
constexpr int64_t kLevels = 256;
}

PixelEmbeddingImpl::PixelEmbeddingImpl(const PixelEmbeddingOptions& options) : options_(options) {
  const double deviation = 1.0 / std::sqrt(static_cast<double>(options.d_model));
  const auto table = [&](const char* name, int64_t rows) {
    auto module = register_module(name, torch::nn::Embedding(rows, options.d_model));
    torch::nn::init::normal_(module->weight, 0.0, deviation);
    return module;
  };
  values_ = table("values", options.channels * kLevels);
  if (options.begin) begin_ = register_parameter("begin", at::randn({options.d_model}));
  if (options.position == "learned") {
    rows_ = table("rows", options.height);
    columns_ = table("columns", options.width);
    if (!options.whole_pixels && options.channels > 1) channels_ = table("channels", options.channels);
  }
  TORCH_CHECK(options.position != "sinusoidal" || options.d_model % 4 == 0,
              "[pixel_embedding] d_model must be a multiple of 4 for sinusoidal rows and columns, got ",
              options.d_model);
}

at::Tensor PixelEmbeddingImpl::values(const at::Tensor& values, const at::Tensor& places) {
  const int64_t together = options_.whole_pixels ? options_.channels : 1;
  TORCH_CHECK(values.dim() == 3 && values.size(1) == places.size(0) && values.size(2) == together,
              "[pixel_embedding] values must be [batch, ", places.size(0), ", ", together, "], got ",
              values.sizes());
  at::Tensor channel = at::arange(options_.channels, places.options());
  if (!options_.whole_pixels) channel = places.remainder(options_.channels).unsqueeze(1);
  const at::Tensor embedded = values_->forward(values.to(at::kLong) + channel * kLevels).sum(2);
  return embedded * std::sqrt(static_cast<double>(options_.d_model) / static_cast<double>(together));
}

at::Tensor PixelEmbeddingImpl::step(const at::Tensor& values, int64_t place, const at::Tensor& added) {
  const int64_t together = options_.whole_pixels ? options_.channels : 1, rows = values.size(0);
  const int64_t first = options_.whole_pixels ? 0 : place % options_.channels;
  const double scale = std::sqrt(static_cast<double>(options_.d_model) / static_cast<double>(together));
  const auto channel = [&](int64_t i) -> TableRows {
    if (i >= together) return {};
    return {values_->weight, values.select(1, i).to(at::kLong) + (first + i) * kLevels, scale};
  };
  return sum_table_rows(rows, {channel(0), channel(1), channel(2), {added, {}}});
}

at::Tensor PixelEmbeddingImpl::places(const at::Tensor& places) {
  const at::Tensor& weight = values_->weight;
  if (options_.position == "none") return at::zeros({places.size(0), options_.d_model}, weight.options());
  const int64_t channels = options_.whole_pixels ? 1 : options_.channels, line = options_.width * channels;
  const at::Tensor row = places.div(line, "floor"), along = places.remainder(line);
  if (options_.position == "sinusoidal") {
    const auto middle = [](const at::Tensor& count, int64_t scale) { return count * scale + scale / 2; };
    const at::Tensor column = middle(along.div(channels, "floor"), options_.column_scale);
    const int64_t half = options_.d_model / 2;
    return at::cat({sinusoidal_positions(middle(row, options_.row_scale), half),
                    sinusoidal_positions(column * channels + along.remainder(channels), half)},
                   -1)
        .to(weight.scalar_type());
  }
  at::Tensor sum = rows_->forward(row) + columns_->forward(along.div(channels, "floor"));
  if (channels_) sum = sum + channels_->forward(along.remainder(channels));
  return sum;
}

}  // namespace heed::nn
