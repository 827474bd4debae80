// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/normalization.h>

#include "heed/core/field.h"
#include "heed/nn/dropout.h"
#include "heed/nn/linear.h"
#include "heed/nn/pixel_embedding.h"
#include "heed/nn/pixel_model.h"
#include "heed/nn/transformer_layer.h"

namespace heed::models {

struct ImageTransformerOptions {
  int64_t d_model = 256, heads = 4, layers = 6, d_ff = 1024;
  std::string attention = "local_1d";                     ///< full, local_1d, local_2d
  int64_t query_block = 256, memory_block = 256;          ///< local_1d, in positions
  int64_t query_height = 8, query_width = 8, flange = 8;  ///< local_2d, in pixels
  std::string position = "sinusoidal";                    ///< none, sinusoidal, learned
  bool distance = false;               ///< relative position embeddings in every decoder layer
  std::string output = "categorical";  ///< categorical, dmol
  int64_t mixtures = 10;               ///< dmol: logistics per pixel
  int64_t encoder_layers = 4;          ///< used with a low-resolution source
  bool source_at_place = true;  ///< adds the encoder's output at the source pixel that contains a position
  std::string norm = "pre";     ///< pre, post
  std::string activation = "relu";
  double dropout = 0.1, attention_dropout = 0;
  std::string attention_backend = "auto";
};
std::vector<Field> fields(ImageTransformerOptions& options);

/// The Image Transformer, Parmar et al. 2018, arXiv:1802.05751: a decoder over the values of an image, or an
/// encoder-decoder if conditioned on a low-resolution image (super-resolution).
///
/// Categorical output has one position per value, embedded by channel and number. dmol, the discretised
/// mixture of logistics of Salimans et al. 2017, has one position per pixel. Absolute positions encode the
/// row and the column with the channel, by halves of sinusoids or learned embeddings. With `distance`, every
/// layer also has an embedding of the offset between query and key, with a table for each head (section 3.3
/// of Huang et al. 2018, on the image's grid). With a low-resolution source the decoder needs absolute
/// positions: only they locate it in the source. Attention is causal: full, local 1D or local 2D as in
/// section 3.2; local 2D generates in the order of its blocks. A class is an embedding added at every
/// position. The encoder attends fully to the low-resolution image, and each decoder layer to all of it.
///
/// A step costs O(d_model) per position of the attended memory block, besides the projections. Memory of a
/// state: one memory block and one query block per layer (full: the image).
class ImageTransformer : public nn::PixelModel {
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
  /// Returns the values in order(), [batch, positions, channels of a position].
  at::Tensor sequence(const at::Tensor& images) const;
  /// Returns the first layer's input: embeddings of the preceding value, the position and the class.
  at::Tensor embed(const at::Tensor& sequence, const nn::ImageCondition& condition, const nn::Memory& memory);
  /// Returns the encoding added to the value at every position: position, class and source pixel. [batch or
  /// 1, positions, d_model]
  at::Tensor offsets(const nn::ImageCondition& condition, const nn::Memory& memory);
  nn::Memory encode(const nn::ImageCondition& condition);
  at::Tensor outputs(const at::Tensor& hidden);
  struct State;
  /// Consumes the preceding position and returns outputs() of the current one, [rows, ...].
  at::Tensor step_position(State& state);

  ImageTransformerOptions options_;
  int64_t position_channels_;  ///< values per position: 1, or with dmol all channels of a pixel
  attention::Pattern pattern_;
  std::shared_ptr<const nn::DecodingPlan> plan_;
  at::Tensor order_, places_;  ///< order of values; raster indices of positions (dmol: pixels)
  nn::PixelEmbedding pixels_{nullptr}, source_pixels_{nullptr};
  torch::nn::Embedding classes_{nullptr};
  torch::nn::ModuleList encoder_, decoder_;
  torch::nn::LayerNorm encoder_norm_{nullptr}, norm_{nullptr};
  nn::Dropout dropout_{nullptr};
  nn::Linear at_place_{nullptr};  ///< projects the encoder's output for the source pixel; may be empty
  nn::Linear output_{nullptr};
};

}  // namespace heed::models
