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

/// Which images a model makes, and from what. Values are 0 to 255.
struct ImageDomain {
  int64_t height = 0, width = 0, channels = 3;
  int64_t classes = 0;                          ///< 0: images have no class
  int64_t source_height = 0, source_width = 0;  ///< of the smaller image to go by; 0: there is none

  int64_t pixels() const { return height * width; }
  int64_t values() const { return height * width * channels; }
};

/// What is known of each image before its first value.
///
/// labels  [batch] int64, each below ImageDomain::classes; there when the domain has classes
/// source  [batch, source_height, source_width, channels] uint8; there when the domain has a source
struct ImageCondition {
  std::optional<at::Tensor> labels, source;
};

/// An autoregressive model of images: the chain rule over the values of an image, each a distribution over
/// 256 numbers given those before it, in an order of the model's own. What it offers is exact: the nats of an
/// image are those of its values, and steps draw from the same distributions.
class ImageModel : public Decoder {
 public:
  /// Throws c10::Error when the domain has no pixels, or neither 1 nor 3 channels.
  explicit ImageModel(const ImageDomain& domain);
  const ImageDomain& domain() const { return domain_; }

  /// -ln p of each pixel (its channels together) given what comes before it: [batch, height, width], in
  /// raster order, differentiable. images [batch, height, width, channels] uint8, on the model's device.
  virtual at::Tensor nll(const at::Tensor& images, const ImageCondition& condition) = 0;

  /// The raster place, (row * width + column) * channels + channel, of each value in the order in which they
  /// are generated: [values] int64 on the CPU. Raster order itself unless a model says otherwise. The
  /// channels of a pixel follow each other.
  virtual at::Tensor order() const;

  /// State for `batch` images that are about to be generated. The condition has one row for each.
  ///
  /// step() consumes one value of each image, the one before (whatever it is, at the first step), and returns
  /// the logits [batch, 256] of the next one in order(). Their log-softmax gives, within rounding, what nll()
  /// sums over a pixel's channels. Throws c10::Error past the last value.
  virtual std::unique_ptr<DecoderState> start(int64_t batch, const ImageCondition& condition) = 0;
  int64_t vocabulary_size() const override { return 256; }

  /// Attention layers that `trace` can show; 0 for models without attention.
  virtual int64_t attention_layers() const { return 0; }
  /// Queries and keys of one layer, [batch, heads, length, head_dim]: a position for each value in order(),
  /// or for each pixel in that order where the model takes pixels whole. A position predicts its own value or
  /// pixel and has consumed the one before it: what is attended to at key j, then, is the value or pixel j -
  /// 1, and at key 0 what begins the image.
  virtual AttentionTrace trace(const at::Tensor& images, const ImageCondition& condition, int64_t layer);

 protected:
  /// The checks that nll(), start() and trace() share; `batch` is how many rows the condition must have.
  void check_images(const at::Tensor& images) const;
  void check_condition(const ImageCondition& condition, int64_t batch) const;
  /// The values of a step, [batch] int64: one of each image.
  at::Tensor check_step(const StepTokens& step, const DecoderState& state) const;

 private:
  ImageDomain domain_;
};

}  // namespace heed::nn
