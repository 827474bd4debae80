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
  bool whole_pixels = false;            ///< a position stands for a pixel, not for one of its values
  std::string position = "sinusoidal";  ///< none, sinusoidal, learned
  int64_t d_model = 256;
  bool begin = false;  ///< a vector for what stands before the first value
  /// Of a smaller version of an image: how many rows and columns of the image one of its own stands for.
  /// Sinusoids then count in the image's pixels, so that what lies at one place is encoded alike in both.
  int64_t row_scale = 1, column_scale = 1;
};

/// Values of images and their places as vectors, Parmar et al. 2018, arXiv:1802.05751, section 3.1.
///
/// A value has an embedding of its own in each channel; a whole pixel is the sum of those of its values, over
/// the root of their number. They are scaled by sqrt(d_model), as tokens are. Places are encoded in two
/// halves, the first by the row, the second by column * channels + channel (whole pixels: by the column):
/// sinusoids, or the sum of learned vectors for row, column and channel.
class PixelEmbeddingImpl : public torch::nn::Module {
 public:
  /// Throws c10::Error when sinusoidal halves do not fit d_model, a multiple of 4.
  explicit PixelEmbeddingImpl(const PixelEmbeddingOptions& options);

  /// values [batch, count, 1 or channels] of the positions at raster places [count]; returns [batch, count,
  /// d_model], without the places.
  at::Tensor values(const at::Tensor& values, const at::Tensor& places);
  /// Decoding: what the latest position of each row and its place give together. values [rows, 1 or channels]
  /// of the position at raster place `place`; added [rows or 1, d_model].
  at::Tensor step(const at::Tensor& values, int64_t place, const at::Tensor& added);
  /// [count, d_model] of raster places [count] int64, of values or whole pixels; zeros for "none".
  at::Tensor places(const at::Tensor& places);
  /// What stands before the first value, [d_model]; undefined without.
  at::Tensor begin() const { return begin_; }

 private:
  PixelEmbeddingOptions options_;
  torch::nn::Embedding values_{nullptr}, rows_{nullptr}, columns_{nullptr}, channels_{nullptr};
  at::Tensor begin_;
};
TORCH_MODULE(PixelEmbedding);

}  // namespace heed::nn
