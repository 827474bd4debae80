// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/holds_embeddings.h"
#include "heed/nn/pixel_model.h"

namespace heed::nn {

/// Converts pixels [..., channels] of any integer type, 0 to 255, to numbers from -1 to 1, with a leading 1
/// that distinguishes grey from the zeros beyond the image: [..., channels + 1]. In a ChannelMask the leading
/// one belongs to red.
at::Tensor pixel_inputs(const at::Tensor& pixels, at::ScalarType dtype);

/// The conditioning of a convolutional image model, as features that its layers project and add to theirs:
/// the latent vector and the spatial map of van den Oord et al. 2016, arXiv:1606.05328, section 2.3,
/// combined.
///
/// A class is an embedding. A low-resolution image passes through two 3 x 3 convolutions, is enlarged to the
/// image's size, and gets embeddings of row and column, which locate a position within a source pixel.
class ImageContextImpl : public torch::nn::Module, public HoldsEmbeddings {
 public:
  ImageContextImpl(const ImageDomain& domain, int64_t width);

  /// Whether the domain has classes or a source.
  bool exists() const { return !classes_.is_empty() || !read_.is_empty(); }
  /// Returns [batch, 1, 1, width] with classes only, else [batch, height, width of the image, width];
  /// undefined without conditioning. The condition must fit the domain.
  at::Tensor forward(const ImageCondition& condition);
  std::vector<at::Tensor> embeddings() const override { return {rows_, columns_}; }

 private:
  at::Tensor enlarged(const at::Tensor& source);

  ImageDomain domain_;
  torch::nn::Embedding classes_{nullptr};
  torch::nn::Conv2d read_{nullptr}, read_again_{nullptr};
  at::Tensor rows_, columns_;  ///< [height, 1, width], [width of the image, width]
};
TORCH_MODULE(ImageContext);

}  // namespace heed::nn
