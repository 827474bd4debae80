// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "heed/core/field.h"
#include "heed/nn/causal_convolution.h"
#include "heed/nn/gated_pixel_layer.h"
#include "heed/nn/image_context.h"
#include "heed/nn/pixel_model.h"

namespace heed::models {

struct GatedPixelCnnOptions {
  int64_t width = 64, layers = 8;        ///< layers: number after the first
  int64_t kernel = 3, first_kernel = 7;  ///< kernel sizes without masks; odd
  int64_t output_width = 128;
  double dropout = 0;
};
std::vector<Field> fields(GatedPixelCnnOptions& options);

/// The Gated PixelCNN of van den Oord et al. 2016, arXiv:1606.05328: gated convolutions over the pixels above
/// and over those to the left, without a blind spot; masked weights order red, green and blue of a pixel; a
/// softmax over 256 values for each. Classes and low-resolution images condition every gate (see
/// nn::ImageContext).
///
/// The receptive field of a pixel has `first_kernel / 2 + layers * (kernel / 2)` rows above it.
///
/// A step computes one pixel of the horizontal stack; the first step of each row also computes a row of the
/// vertical stack. An image therefore costs one full pass of the vertical stack and `channels` passes of the
/// horizontal one. Memory of a state: 2 * width numbers per pixel and layer, and 4 * width more with a
/// low-resolution image.
class GatedPixelCnn : public nn::PixelModel {
 public:
  /// Throws c10::Error if a kernel size is even or there are fewer features than channels.
  GatedPixelCnn(const GatedPixelCnnOptions& options, const nn::ImageDomain& domain);

  at::Tensor nll(const at::Tensor& images, const nn::ImageCondition& condition) override;
  std::unique_ptr<nn::DecoderState> start(int64_t batch, const nn::ImageCondition& condition) override;
  at::Tensor step(const nn::StepTokens& previous, nn::DecoderState& state) override;

 private:
  struct State;
  nn::GatedPixelLayerImpl& layer(size_t index) const { return *layers_->ptr<nn::GatedPixelLayerImpl>(index); }
  at::ScalarType dtype() const { return hidden_->parameters().front().scalar_type(); }
  /// Returns logits [..., channels * 256] from the layers' skip connections.
  at::Tensor logits(const at::Tensor& skips);
  void step_row(State& state);

  GatedPixelCnnOptions options_;
  nn::ImageContext context_{nullptr};
  torch::nn::ModuleList layers_;
  nn::CausalConvolution hidden_{nullptr}, output_{nullptr};
};

}  // namespace heed::models
