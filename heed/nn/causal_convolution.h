// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/linear.h"

namespace heed::nn {

/// The pixels that a convolution sees, as offsets from the output pixel, both ends included: row -1 is the
/// row above.
struct CausalKernel {
  int64_t first_row = 0, last_row = 0, first_column = 0, last_column = 0;

  int64_t rows() const { return last_row - first_row + 1; }
  int64_t columns() const { return last_column - first_column + 1; }
  int64_t size() const { return rows() * columns(); }
  bool ends_at_pixel() const { return last_row == 0 && last_column == 0; }
  bool is_pixel() const { return ends_at_pixel() && size() == 1; }
};

/// Restricts which features of the same pixel a feature sees, if the pixel's channels are ordered (van den
/// Oord et al. 2016, arXiv:1601.06759, section 3.4). Input and output features are divided into `channels`
/// groups, in order; the output consists of `parts` blocks, each with all groups. A group sees the groups
/// before it and, with `own`, itself (mask B; without `own`, mask A). By default everything is visible.
struct ChannelMask {
  int64_t channels = 1, parts = 1;
  bool own = true;
};

struct CausalConvolutionOptions {
  int64_t in = 0, out = 0;
  CausalKernel kernel;
  ChannelMask mask;  ///< mask of the inputs at offset (0, 0)
  double gain = 1;   ///< initial weights are normal with deviation gain / sqrt(inputs per output)
};

/// A rectangle of pixels in an image.
struct PixelArea {
  int64_t row = 0, column = 0, height = 1, width = 1;
};

/// A convolution that sees no rows below, and only the kernel's part of its own row: an ordinary convolution,
/// shifted up or to the left, instead of a larger one with masked weights. The image is padded with zeros. A
/// kernel may extend to the right in its own row, for features that do not depend on that row's pixels.
///
/// input    [batch, height, width, in]
/// returns  [batch, height, width, out]
///
/// A full pass is libtorch's convolution over channels-last tensors. Steps, which keep no gradient, are
/// matrix products with a packed weight: they agree within rounding, and inside RowInvariantScope the bits of
/// a row do not depend on the rest of the batch. Throws c10::Error if the kernel extends below its row, or
/// ends more than one row or column away.
class CausalConvolutionImpl : public torch::nn::Module {
 public:
  explicit CausalConvolutionImpl(const CausalConvolutionOptions& options);
  at::Tensor forward(const at::Tensor& input);

  /// Returns a cache for the inputs of all pixels, padded with zeros; undefined if the kernel is only the
  /// pixel itself.
  at::Tensor make_cache(int64_t batch, int64_t height, int64_t width) const;
  /// Stores the inputs [batch, area.height, area.width, in] of an area in the cache.
  void write(const at::Tensor& input, const PixelArea& area, at::Tensor& cache) const;
  /// Returns the outputs [batch, area.height, area.width, out] of an area from the cache.
  at::Tensor read(const PixelArea& area, const at::Tensor& cache);
  /// Writes, then reads.
  at::Tensor step(const at::Tensor& input, const PixelArea& area, at::Tensor& cache);

 private:
  at::Tensor weight() const;
  at::Tensor product(const at::Tensor& windows);

  CausalConvolutionOptions options_;
  Linear linear_{nullptr};  ///< over the kernel's pixels, concatenated row by row
  at::Tensor keep_mask_;    ///< undefined if no weight is masked
};
TORCH_MODULE(CausalConvolution);

}  // namespace heed::nn
