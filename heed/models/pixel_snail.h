// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "heed/core/config.h"
#include "heed/nn/causal_convolution.h"
#include "heed/nn/gated_residual.h"
#include "heed/nn/image_context.h"
#include "heed/nn/image_model.h"
#include "heed/nn/linear.h"

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

/// After PixelSNAIL (Chen et al. 2017, arXiv:1712.09763): blocks of gated residual layers, whose convolutions
/// see what is near, each followed by self-attention over all pixels so far, whatever their distance. Pixels
/// are predicted whole, by a discretised mixture of logistics (nn/discretized_logistic_mixture.h). Classes
/// and smaller images condition every residual layer (see nn::ImageContext).
///
/// Position t has consumed pixel t - 1 and predicts pixel t. Attention reads the features of a position, the
/// pixel that it has consumed and where it stands; queries do without the pixel.
///
/// A step costs one pixel of the network at the first channel of a pixel and next to nothing at the others:
/// an image costs one full pass. Memory of a state, for each pixel: 2 * width numbers for each residual
/// layer, twice that with a smaller image to go by, and 2 * heads * head_dim for each block.
///
/// Departures: no weight normalisation, queries and keys are linear in what they read, values are as wide as
/// keys, and there can be several heads.
class PixelSnail : public nn::ImageModel {
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
  /// What an attention layer reads, each [batch, heads, pixels, head_dim].
  struct Read {
    at::Tensor query, key, value;
  };
  nn::GatedResidualImpl& residual(int64_t index) const;
  /// Features [batch, height, width, width] ahead of the attention of block `blocks`, or after all of them.
  at::Tensor features(const at::Tensor& inputs, const at::Tensor& context, int64_t blocks);
  at::Tensor residuals(const at::Tensor& features, const at::Tensor& context, int64_t block);
  Read read(int64_t block, const at::Tensor& features, const at::Tensor& consumed, const nn::PixelArea& area);
  at::Tensor attend(const Read& read) const;
  attention::Spec spec() const;
  /// Parameters of the mixtures [..., parameters].
  at::Tensor parameters_of(const at::Tensor& features);
  at::Tensor step_features(State& state);
  at::ScalarType dtype() const { return output_->weight.scalar_type(); }

  PixelSnailOptions options_;
  nn::ImageContext context_{nullptr};
  nn::CausalConvolution above_{nullptr}, beside_{nullptr};
  torch::nn::ModuleList residuals_;  ///< of each block: residual_layers, and the one that takes in attention
  torch::nn::ModuleList query_, key_value_;
  nn::Linear hidden_{nullptr}, output_{nullptr};
  at::Tensor positions_;  ///< [height, width, 2]: row and column, -1 to 1
};

}  // namespace heed::models
