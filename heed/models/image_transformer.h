// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/normalization.h>

#include "heed/core/config.h"
#include "heed/nn/dropout.h"
#include "heed/nn/image_model.h"
#include "heed/nn/linear.h"
#include "heed/nn/pixel_embedding.h"
#include "heed/nn/transformer_layer.h"

namespace heed::models {

struct ImageTransformerOptions {
  int64_t d_model = 256, heads = 4, layers = 6, d_ff = 1024;
  std::string attention = "local_1d";                     ///< full, local_1d, local_2d
  int64_t query_block = 256, memory_block = 256;          ///< local_1d: positions
  int64_t query_height = 8, query_width = 8, flange = 8;  ///< local_2d: pixels
  std::string position = "sinusoidal";                    ///< none, sinusoidal, learned
  bool distance = false;               ///< relations of distance in every layer of the decoder
  std::string output = "categorical";  ///< categorical, dmol
  int64_t mixtures = 10;               ///< dmol: logistics of a pixel
  int64_t encoder_layers = 4;          ///< where there is a smaller image to go by
  bool source_at_place = true;  ///< positions are given what the encoder made of the pixel that they lie in
  std::string norm = "pre";     ///< pre, post
  std::string activation = "relu";
  double dropout = 0.1, attention_dropout = 0;
  std::string attention_backend = "auto";
};
std::vector<Field> fields(ImageTransformerOptions& options);

/// The Image Transformer, Parmar et al. 2018, arXiv:1802.05751: a decoder over the values of an image, or an
/// encoder-decoder where it goes by a smaller one (super-resolution).
///
/// Categorical output takes a position for each value, embedded by channel and number; dmol, the discretised
/// mixture of logistics of Salimans et al. 2017, one for each pixel. Positions are known by row and by column
/// and channel, sinusoidal halves or learned; and, with `distance`, by embeddings of the offset between query
/// and key in every layer, a table for each head (section 3.3 of Huang et al. 2018, on the image's grid).
/// With a smaller image to go by a decoder needs the former, for only they say where in it to look. Attention
/// is causal: full, local 1D or local 2D as section 3.2 has them; local 2D generates in the order of its
/// blocks. A class is an embedding added at every position; the encoder attends fully to the smaller image,
/// and each decoder layer to all of it.
///
/// A step costs O(d_model) for each position of the attended memory block beside the projections; memory of a
/// state is that of one memory and query block a layer (full: of the image).
class ImageTransformer : public nn::ImageModel {
 public:
  ImageTransformer(const ImageTransformerOptions& options, const nn::ImageDomain& domain);

  at::Tensor nll(const at::Tensor& images, const nn::ImageCondition& condition) override;
  at::Tensor order() const override { return order_; }
  std::unique_ptr<nn::DecoderState> start(int64_t batch, const nn::ImageCondition& condition) override;
  at::Tensor step(const nn::StepTokens& previous, nn::DecoderState& state) override;
  int64_t attention_layers() const override { return options_.layers; }
  nn::AttentionTrace trace(const at::Tensor& images, const nn::ImageCondition& condition,
                           int64_t layer) override;

 private:
  void add_encoder();
  void add_output();
  nn::TransformerLayerImpl& layer(int64_t index);
  /// Values in order(), [batch, positions, channels of a position].
  at::Tensor sequence(const at::Tensor& images) const;
  /// What the first layer gets: the value before each position, its place, the class.
  at::Tensor embed(const at::Tensor& sequence, const nn::ImageCondition& condition, const nn::Memory& memory);
  /// What every position adds to its value: its place, the class, the small pixel there. [batch or 1,
  /// positions, d_model]
  at::Tensor offsets(const nn::ImageCondition& condition, const nn::Memory& memory);
  nn::Memory encode(const nn::ImageCondition& condition);
  at::Tensor outputs(const at::Tensor& hidden);
  struct State;
  /// Consumes the position before the one at hand and returns outputs() of that, [rows, ...].
  at::Tensor step_position(State& state);

  ImageTransformerOptions options_;
  int64_t position_channels_;  ///< values that a position stands for: 1, or with dmol all of a pixel
  attention::Pattern pattern_;
  std::shared_ptr<const nn::DecodingPlan> plan_;
  at::Tensor order_, places_;  ///< of values, and raster places of positions (dmol: pixels)
  nn::PixelEmbedding pixels_{nullptr}, source_pixels_{nullptr};
  torch::nn::Embedding classes_{nullptr};
  torch::nn::ModuleList encoder_, decoder_;
  torch::nn::LayerNorm encoder_norm_{nullptr}, norm_{nullptr};
  nn::Dropout dropout_{nullptr};
  nn::Linear at_place_{nullptr};  ///< of the small pixel that a position lies in; may be empty
  nn::Linear output_{nullptr};
};

}  // namespace heed::models
