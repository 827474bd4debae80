// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/nn/causal_convolution.h"
#include "heed/nn/dropout.h"

namespace heed::nn {

struct GatedPixelLayerOptions {
  int64_t channels = 3;  ///< channels of a pixel
  int64_t width = 64;    ///< features of each stack
  int64_t reach = 1;     ///< reach of the kernels to each side, in pixels
  int64_t context = 0;   ///< features of the context; 0: no context
  double dropout = 0;    ///< dropout of the horizontal stack's gated features
  bool first = false;    ///< first layer: reads pixel_inputs and does not see the current pixel
};

/// A layer of the Gated PixelCNN (van den Oord et al. 2016, arXiv:1606.05328, figure 2).
///
/// The vertical stack sees only rows above, at any width: the first layer's kernel ends in the row above,
/// later kernels in their own row of features. The horizontal stack sees the current row so far and, through
/// a product, the vertical stack. Its features belong to channels of the pixel and do not depend on later
/// channels. Both stacks are gated by tanh(a) sigmoid(b), where the context is added to a and b. The
/// horizontal stack has a residual connection (except around the first layer) and a skip connection to the
/// output.
///
/// vertical, horizontal  [batch, height, width of the image, features]: `width` features,
///                       channels + 1 in the first layer
/// context               [batch, 1 or height, 1 or width of the image, context], or undefined
class GatedPixelLayerImpl : public torch::nn::Module {
 public:
  explicit GatedPixelLayerImpl(const GatedPixelLayerOptions& options);

  struct Stacks {
    at::Tensor vertical, horizontal;
    at::Tensor skip;  ///< skip connection to the output, `width` features
  };
  Stacks forward(const Stacks& input, const at::Tensor& context);

  /// State of the steps.
  struct Cache {
    at::Tensor vertical, horizontal;  ///< inputs of the convolutions
    at::Tensor across;   ///< projection of the current row's vertical stack to the horizontal stack
    at::Tensor context;  ///< projection of the context, added to the gates
  };
  Cache make_cache(int64_t batch, int64_t height, int64_t width, const at::Tensor& context);
  /// Computes a whole row after the rows above are complete; returns the vertical stack's features. `input`
  /// has the row's features of the layer below; the first layer has no input.
  at::Tensor step_row(const at::Tensor& input, const PixelArea& row, Cache& cache);
  /// Computes a pixel of the current row; returns horizontal and skip. Repeat it when further channels become
  /// known.
  Stacks step_pixel(const at::Tensor& input, const PixelArea& place, Cache& cache);
  /// Stores a complete pixel in the first layer's cache.
  void remember(const at::Tensor& pixel, const PixelArea& place, Cache& cache) const;

 private:
  at::Tensor add_context(const at::Tensor& gates, const at::Tensor& context, int64_t stack) const;
  Stacks finish(const at::Tensor& input, const at::Tensor& gates);

  GatedPixelLayerOptions options_;
  CausalConvolution vertical_{nullptr}, horizontal_{nullptr}, across_{nullptr}, output_{nullptr};
  Linear context_{nullptr};  ///< projects to the gates of both stacks
  Dropout dropout_{nullptr};
};
TORCH_MODULE(GatedPixelLayer);

}  // namespace heed::nn
