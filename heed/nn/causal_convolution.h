// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/linear.h"

namespace heed::nn {

/// The pixels that a convolution sees, as offsets from the one that it makes, both ends included: row -1 is
/// the row above.
struct CausalKernel {
  int64_t first_row = 0, last_row = 0, first_column = 0, last_column = 0;

  int64_t rows() const { return last_row - first_row + 1; }
  int64_t columns() const { return last_column - first_column + 1; }
  int64_t size() const { return rows() * columns(); }
  bool ends_at_pixel() const { return last_row == 0 && last_column == 0; }
  bool is_pixel() const { return ends_at_pixel() && size() == 1; }
};

/// What features of a pixel may see of the same pixel, where its channels come one after another (van den
/// Oord et al. 2016, arXiv:1601.06759, section 3.4). Input and output features are cut into `channels`
/// groups, in order; the output has `parts` such rows of groups side by side. A group sees the groups before
/// it and, with `own`, itself (mask B; without, mask A). The default lets everything be seen.
struct ChannelMask {
  int64_t channels = 1, parts = 1;
  bool own = true;
};

struct CausalConvolutionOptions {
  int64_t in = 0, out = 0;
  CausalKernel kernel;
  ChannelMask mask;  ///< of what is at offset (0, 0)
  double gain = 1;   ///< initial weights are normal with deviation gain / sqrt(inputs of an output)
};

/// Some pixels of an image.
struct PixelArea {
  int64_t row = 0, column = 0, height = 1, width = 1;
};

/// A convolution that sees nothing of the rows below, and no more of its own row than the kernel says: an
/// ordinary one, moved up or to the left, instead of a larger one with masked weights. Beyond the image there
/// are zeros. A kernel may reach to the right in its own row, for features that know nothing of theirs.
///
/// input    [batch, height, width, in]
/// returns  [batch, height, width, out]
///
/// A full pass is libtorch's convolution over tensors that have their channels last. Steps, which keep no
/// gradient, are matrix products with a packed weight: they agree within rounding, and a row's bits do not
/// depend on the rest of the batch inside RowInvariantScope.
/// Throws c10::Error when the kernel reaches below, or ends further off than one row or column.
class CausalConvolutionImpl : public torch::nn::Module {
 public:
  explicit CausalConvolutionImpl(const CausalConvolutionOptions& options);
  at::Tensor forward(const at::Tensor& input);

  /// Room for the inputs of all pixels and zeros around them; undefined when the kernel is the pixel alone.
  at::Tensor make_cache(int64_t batch, int64_t height, int64_t width) const;
  /// Remembers the inputs [batch, area.height, area.width, in] of an area.
  void write(const at::Tensor& input, const PixelArea& area, at::Tensor& cache) const;
  /// The outputs [batch, area.height, area.width, out] of an area, from what was written.
  at::Tensor read(const PixelArea& area, const at::Tensor& cache);
  /// Both, one after the other.
  at::Tensor step(const at::Tensor& input, const PixelArea& area, at::Tensor& cache);

 private:
  at::Tensor weight() const;
  at::Tensor product(const at::Tensor& windows);

  CausalConvolutionOptions options_;
  Linear linear_{nullptr};  ///< over the kernel's pixels side by side, row by row
  at::Tensor keep_mask_;    ///< undefined when every weight counts
};
TORCH_MODULE(CausalConvolution);

}  // namespace heed::nn
