// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "heed/core/field.h"
#include "heed/nn/causal_convolution.h"
#include "heed/nn/gated_residual.h"
#include "heed/nn/image_context.h"
#include "heed/nn/linear.h"
#include "heed/nn/pixel_model.h"

namespace heed::models {

struct PixelSnailOptions {
  int64_t width = 64, blocks = 3, residual_layers = 4;
  int64_t kernel = 2;
  int64_t heads = 4, head_dim = 16;
  int64_t mixtures = 10;
  double dropout = 0.1;
  std::string attention_backend = "auto";
};
std::vector<Field> fields(PixelSnailOptions& options);

/// A variant of PixelSNAIL (Chen et al. 2017, arXiv:1712.09763): blocks of gated residual layers, whose
/// convolutions see nearby pixels, each followed by self-attention over all preceding pixels at any distance.
/// Predicts whole pixels by a discretised mixture of logistics (nn/discretized_logistic_mixture.h). Classes
/// and low-resolution images condition every residual layer (see nn::ImageContext).
///
/// Position t has consumed pixel t - 1 and predicts pixel t. Attention reads a position's features, its
/// consumed pixel and its coordinates; queries do not read the pixel.
///
/// A step computes one pixel of the network at a pixel's first channel and almost nothing at the others: an
/// image costs one full pass. Memory of a state per pixel: 2 * width numbers per residual layer, twice that
/// with a low-resolution image, and 2 * heads * head_dim per block.
///
/// Departures: no weight normalisation; queries and keys are linear in their inputs; values have the width of
/// keys; several heads are possible.
class PixelSnail : public nn::PixelModel {
 public:
  PixelSnail(const PixelSnailOptions& options, const nn::ImageDomain& domain);

  at::Tensor nll(const at::Tensor& images, const nn::ImageCondition& condition) override;
  std::unique_ptr<nn::DecoderState> start(int64_t batch, const nn::ImageCondition& condition) override;
  at::Tensor step(const nn::StepTokens& previous, nn::DecoderState& state) override;
  int64_t attention_layers() const override { return options_.blocks; }
  nn::AttentionTrace trace(const at::Tensor& images, const nn::ImageCondition& condition,
                           int64_t layer) override;

 private:
  struct State;
  /// Queries, keys and values of an attention layer, each [batch, heads, pixels, head_dim].
  struct Read {
    at::Tensor query, key, value;
  };
  nn::GatedResidualImpl& residual(int64_t index) const;
  /// Returns the features [batch, height, width, width] before the attention of block `blocks`, or after all
  /// blocks.
  at::Tensor features(const at::Tensor& inputs, const at::Tensor& context, int64_t blocks);
  at::Tensor residuals(const at::Tensor& features, const at::Tensor& context, int64_t block);
  Read read(int64_t block, const at::Tensor& features, const at::Tensor& consumed, const nn::PixelArea& area);
  at::Tensor attend(const Read& read) const;
  attention::Spec spec() const;
  /// Returns the mixture parameters [..., parameters].
  at::Tensor parameters_of(const at::Tensor& features);
  at::Tensor step_features(State& state);
  at::ScalarType dtype() const { return output_->weight.scalar_type(); }

  PixelSnailOptions options_;
  nn::ImageContext context_{nullptr};
  nn::CausalConvolution above_{nullptr}, beside_{nullptr};
  torch::nn::ModuleList residuals_;  ///< per block: residual_layers, and one that takes in the attention
  torch::nn::ModuleList query_, key_value_;
  nn::Linear hidden_{nullptr}, output_{nullptr};
  at::Tensor positions_;  ///< [height, width, 2]: row and column, -1 to 1
};

}  // namespace heed::models
