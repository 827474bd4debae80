// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <torch/nn/module.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/pimpl.h>

namespace heed::nn {

struct PixelEmbeddingOptions {
  int64_t height = 0, width = 0, channels = 3;
  bool whole_pixels = false;            ///< a position represents a pixel instead of a value
  std::string position = "sinusoidal";  ///< none, sinusoidal, learned
  int64_t d_model = 256;
  bool begin = false;  ///< has a vector for the position before the first value
  /// For a low-resolution image: the number of rows and columns of the full image per row and column of its
  /// own. Sinusoids then count in pixels of the full image, so that both images encode a location alike.
  int64_t row_scale = 1, column_scale = 1;
};

/// Embeds the values of images and encodes their positions, Parmar et al. 2018, arXiv:1802.05751, section
/// 3.1.
///
/// A value has its own embedding in each channel; a whole pixel is the sum of its values' embeddings, divided
/// by the root of their number. Embeddings are scaled by sqrt(d_model), like those of tokens. Positions are
/// encoded in two halves, the first by the row, the second by column * channels + channel (whole pixels: by
/// the column): sinusoids, or the sum of learned vectors for row, column and channel.
class PixelEmbeddingImpl : public torch::nn::Module {
 public:
  /// Throws c10::Error if positions are sinusoidal and d_model is not a multiple of 4.
  explicit PixelEmbeddingImpl(const PixelEmbeddingOptions& options);

  /// Embeds values [batch, count, 1 or channels] at raster indices `places` [count]; returns [batch, count,
  /// d_model], without position encodings.
  at::Tensor values(const at::Tensor& values, const at::Tensor& places);
  /// Decoding step: embeds values [rows, 1 or channels] at raster index `place` and adds `added` [rows or 1,
  /// d_model].
  at::Tensor step(const at::Tensor& values, int64_t place, const at::Tensor& added);
  /// Returns the encodings [count, d_model] of raster indices [count] int64, of values or whole pixels; zeros
  /// for "none".
  at::Tensor places(const at::Tensor& places);
  /// Returns the vector for the position before the first value, [d_model]; undefined if there is none.
  at::Tensor begin() const { return begin_; }

 private:
  PixelEmbeddingOptions options_;
  torch::nn::Embedding values_{nullptr}, rows_{nullptr}, columns_{nullptr}, channels_{nullptr};
  at::Tensor begin_;
};
TORCH_MODULE(PixelEmbedding);

}  // namespace heed::nn
