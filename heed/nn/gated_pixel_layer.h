// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/nn/causal_convolution.h"
#include "heed/nn/dropout.h"

namespace heed::nn {

struct GatedPixelLayerOptions {
  int64_t channels = 3;  ///< of a pixel
  int64_t width = 64;    ///< features of each stack
  int64_t reach = 1;     ///< pixels that its kernels reach to each side
  int64_t context = 0;   ///< features of the context; 0: there is none
  double dropout = 0;    ///< of the horizontal stack's gated features
  bool first = false;    ///< reads pixel_inputs and sees nothing of the pixel that it is about
};

/// One layer of the Gated PixelCNN (van den Oord et al. 2016, arXiv:1606.05328, figure 2).
///
/// The vertical stack sees rows above alone, as wide as it likes: the first layer's kernel ends in the row
/// above, later ones in their own row of features. The horizontal stack sees the row so far and, through a
/// product, the vertical one. There each feature belongs to a channel of the pixel and knows no later
/// channel. Both are gated by tanh(a) sigmoid(b), with what the context adds to a and b. The horizontal stack
/// has a residual connection, except around the first layer, and one to the output.
///
/// vertical, horizontal  [batch, height, width of the image, features]: `width` of them, channels + 1 at
/// first context               [batch, 1 or height, 1 or width of the image, context], or undefined
class GatedPixelLayerImpl : public torch::nn::Module {
 public:
  explicit GatedPixelLayerImpl(const GatedPixelLayerOptions& options);

  struct Stacks {
    at::Tensor vertical, horizontal;
    at::Tensor skip;  ///< of the layer to the output, `width` features
  };
  Stacks forward(const Stacks& input, const at::Tensor& context);

  /// What steps remember.
  struct Cache {
    at::Tensor vertical, horizontal;  ///< inputs of the convolutions
    at::Tensor across;                ///< what the present row's vertical stack tells the horizontal one
    at::Tensor context;               ///< what the context adds to the gates
  };
  Cache make_cache(int64_t batch, int64_t height, int64_t width, const at::Tensor& context);
  /// A whole row, which rows above make known: returns the vertical stack's features. `input` is the row's
  /// features of the layer below; the first layer takes none.
  at::Tensor step_row(const at::Tensor& input, const PixelArea& row, Cache& cache);
  /// One pixel of the present row: returns horizontal and skip. May be repeated as channels become known.
  Stacks step_pixel(const at::Tensor& input, const PixelArea& place, Cache& cache);
  /// Tells the first layer of a whole pixel.
  void remember(const at::Tensor& pixel, const PixelArea& place, Cache& cache) const;

 private:
  at::Tensor add_context(const at::Tensor& gates, const at::Tensor& context, int64_t stack) const;
  Stacks finish(const at::Tensor& input, const at::Tensor& gates);

  GatedPixelLayerOptions options_;
  CausalConvolution vertical_{nullptr}, horizontal_{nullptr}, across_{nullptr}, output_{nullptr};
  Linear context_{nullptr};  ///< to the gates of both stacks
  Dropout dropout_{nullptr};
};
TORCH_MODULE(GatedPixelLayer);

}  // namespace heed::nn
