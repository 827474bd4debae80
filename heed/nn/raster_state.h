// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/nn/causal_convolution.h"
#include "heed/nn/image_model.h"

namespace heed::nn {

/// State of a model that makes its images in raster order, a value at a time: where it is, and the values of
/// the pixel at hand. What else it remembers is tensors with a row for each image.
class RasterState : public DecoderState {
 public:
  RasterState(const ImageDomain& domain, int64_t batch, const at::Device& device);

  /// Takes in the value before. Throws c10::Error past the last value.
  void advance(const at::Tensor& previous);
  /// Of the value that is to come. The pixel before is whole at channel 0.
  int64_t channel() const { return (steps_ - 1) % domain_.channels; }
  int64_t pixel() const { return (steps_ - 1) / domain_.channels; }
  PixelArea place() const { return place_of(pixel()); }
  PixelArea place_before() const { return place_of(pixel() - 1); }
  /// [batch, channels] int64: what is known of the pixel at hand; at channel 0 the whole pixel before it.
  const at::Tensor& values() const { return values_; }

  void reorder(const at::Tensor& order) override;
  int64_t rows() const override { return values_.size(0); }

 protected:
  /// Every tensor that the model remembers; some may be undefined.
  virtual std::vector<at::Tensor*> remembered() = 0;

 private:
  PixelArea place_of(int64_t pixel) const { return {pixel / domain_.width, pixel % domain_.width, 1, 1}; }

  ImageDomain domain_;
  at::Tensor values_;
  int64_t steps_ = 0;
};

/// The part of a context (see ImageContext) or its projection that an area sees: a dimension of 1 is the same
/// everywhere.
at::Tensor part_of(const at::Tensor& context, const PixelArea& area);

}  // namespace heed::nn
