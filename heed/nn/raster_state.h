// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/nn/causal_convolution.h"
#include "heed/nn/pixel_model.h"

namespace heed::nn {

/// State of a model that generates images in raster order, one value at a time: the current position, and the
/// values of the current pixel. The model's other state consists of tensors with a row per image.
class RasterState : public DecoderState {
 public:
  RasterState(const ImageDomain& domain, int64_t batch, const at::Device& device);

  /// Consumes the preceding value. Throws c10::Error past the last value.
  void advance(const at::Tensor& previous);
  /// Channel of the next value. At channel 0 the preceding pixel is complete.
  int64_t channel() const { return (steps_ - 1) % domain_.channels; }
  int64_t pixel() const { return (steps_ - 1) / domain_.channels; }
  PixelArea place() const { return place_of(pixel()); }
  PixelArea place_before() const { return place_of(pixel() - 1); }
  /// [batch, channels] int64: known values of the current pixel; at channel 0, all values of the preceding
  /// one.
  const at::Tensor& values() const { return values_; }

  void reorder(const at::Tensor& order) override;
  int64_t rows() const override { return values_.size(0); }

 protected:
  /// Every tensor of the model's state; some may be undefined.
  virtual std::vector<at::Tensor*> remembered() = 0;

 private:
  PixelArea place_of(int64_t pixel) const { return {pixel / domain_.width, pixel % domain_.width, 1, 1}; }

  ImageDomain domain_;
  at::Tensor values_;
  int64_t steps_ = 0;
};

/// Selects the part of a context (see ImageContext), or of its projection, for an area. A dimension of size 1
/// applies everywhere.
at::Tensor part_of(const at::Tensor& context, const PixelArea& area);

}  // namespace heed::nn
