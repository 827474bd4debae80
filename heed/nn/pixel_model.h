// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "heed/nn/decoder.h"
#include "heed/nn/sequence_model.h"

namespace heed::nn {

/// The images that a model generates, and its conditioning. Values are 0 to 255.
struct ImageDomain {
  int64_t height = 0, width = 0, channels = 3;
  int64_t classes = 0;                          ///< number of classes; 0: no classes
  int64_t source_height = 0, source_width = 0;  ///< size of the low-resolution conditioning image; 0: none

  int64_t pixels() const { return height * width; }
  int64_t values() const { return height * width * channels; }
};

/// The conditioning of a batch of images.
///
/// labels  [batch] int64, each below ImageDomain::classes; required if the domain has classes
/// source  [batch, source_height, source_width, channels] uint8; required if the domain has a source
struct ImageCondition {
  std::optional<at::Tensor> labels, source;
};

/// An autoregressive model of images: the chain rule over the values of an image, each a distribution over
/// 256 numbers given the preceding ones, in an order that the model defines. Likelihoods are exact: nll()
/// sums the nats of all values, and steps sample from the same distributions.
class PixelModel : public Decoder {
 public:
  /// Throws c10::Error if the domain has no pixels, or neither 1 nor 3 channels.
  explicit PixelModel(const ImageDomain& domain);
  const ImageDomain& domain() const { return domain_; }

  /// Returns -ln p of each pixel (its channels together) given the preceding pixels in order(): [batch,
  /// height, width] in raster layout, differentiable. images [batch, height, width, channels] uint8, on the
  /// model's device.
  virtual at::Tensor nll(const at::Tensor& images, const ImageCondition& condition) = 0;

  /// Returns the raster index, (row * width + column) * channels + channel, of each value in the order of
  /// generation: [values] int64 on the CPU. Raster order unless the model overrides it. The channels of a
  /// pixel are consecutive.
  virtual at::Tensor order() const;

  /// Returns a state for generating `batch` images. The condition has one row per image.
  ///
  /// step() consumes one value per image, the preceding one (any value in the first step), and returns the
  /// logits [batch, 256] of the next value in order(). Their log-softmax equals, within rounding, the terms
  /// that nll() sums over a pixel's channels. Throws c10::Error past the last value.
  virtual std::unique_ptr<DecoderState> start(int64_t batch, const ImageCondition& condition) = 0;
  int64_t vocabulary_size() const override { return 256; }

  /// Number of attention layers that `trace` supports; 0 for models without attention.
  virtual int64_t attention_layers() const { return 0; }
  /// Returns queries and keys of a layer, [batch, heads, length, head_dim]: one position per value in
  /// order(), or per pixel in that order if the model predicts whole pixels. A position predicts its own
  /// value or pixel and has consumed the preceding one: key j therefore represents value or pixel j - 1, and
  /// key 0 the begin of the image.
  virtual AttentionTrace trace(const at::Tensor& images, const ImageCondition& condition, int64_t layer);

 protected:
  /// Argument checks of nll(), start() and trace(); `batch` is the required number of rows of the condition.
  void check_images(const at::Tensor& images) const;
  void check_condition(const ImageCondition& condition, int64_t batch) const;
  /// Returns the values of a step, [batch] int64, one per image.
  at::Tensor check_step(const StepTokens& step, const DecoderState& state) const;

 private:
  ImageDomain domain_;
};

}  // namespace heed::nn
