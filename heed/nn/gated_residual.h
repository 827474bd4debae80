// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "heed/nn/causal_convolution.h"
#include "heed/nn/dropout.h"

namespace heed::nn {

struct GatedResidualOptions {
  int64_t width = 64;
  CausalKernel kernel;    ///< kernel of both convolutions
  int64_t auxiliary = 0;  ///< features of the auxiliary input; 0: none
  int64_t context = 0;    ///< features of the context; 0: no context
  double dropout = 0;     ///< dropout between the convolutions
};

/// The residual layer of PixelCNN++ (Salimans et al. 2017, arXiv:1701.05517) and PixelSNAIL: with e = ELU,
///
///     x + a sigmoid(b),  (a, b) = conv(dropout(e(conv(e(x)) + linear(e(auxiliary))))) + linear(context)
///
/// input      [batch, height, width of the image, width]
/// auxiliary  [batch, height, width of the image, auxiliary], or undefined
/// context    [batch, 1 or height, 1 or width of the image, context], or undefined
/// returns    [batch, height, width of the image, width]
///
/// Departure: ELU of x, where the paper concatenates e(x) and e(-x).
class GatedResidualImpl : public torch::nn::Module {
 public:
  explicit GatedResidualImpl(const GatedResidualOptions& options);
  at::Tensor forward(const at::Tensor& input, const at::Tensor& auxiliary, const at::Tensor& context);

  /// State of the steps.
  struct Cache {
    at::Tensor first, second;  ///< inputs of the convolutions; undefined for a kernel of one pixel
    at::Tensor context;        ///< projection of the context
  };
  Cache make_cache(int64_t batch, int64_t height, int64_t width, const at::Tensor& context);
  /// Computes an area whose preceding pixels have been computed.
  at::Tensor step(const at::Tensor& input, const at::Tensor& auxiliary, const PixelArea& area, Cache& cache);

 private:
  using Convolve = std::function<at::Tensor(const at::Tensor&)>;
  at::Tensor join(const at::Tensor& input, const at::Tensor& auxiliary, const at::Tensor& added,
                  const Convolve& first, const Convolve& second);

  CausalConvolution first_{nullptr}, second_{nullptr};
  Linear auxiliary_{nullptr}, context_{nullptr};
  Dropout dropout_{nullptr};
};
TORCH_MODULE(GatedResidual);

}  // namespace heed::nn
