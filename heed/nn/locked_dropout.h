// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

namespace heed::nn {

/// Locked (variational) dropout of recurrent layers: Gal and Ghahramani 2016, arXiv:1512.05287. In training each
/// number of a row is zero with probability p at every step of the sequence, otherwise scaled by 1 / (1 - p).
///
/// input [length, rows, width]. The mask [rows, width] is drawn from the default generator for each call.
class LockedDropoutImpl : public torch::nn::Module {
 public:
  /// Throws c10::Error unless 0 <= p < 1.
  explicit LockedDropoutImpl(double p);

  at::Tensor forward(const at::Tensor& input);
  /// A mask [rows, width] with zeros and 1 / (1 - p); undefined where nothing is dropped.
  at::Tensor mask(int64_t rows, int64_t width, const at::TensorOptions& options) const;
  void pretty_print(std::ostream& stream) const override;

 private:
  double p_;
};
TORCH_MODULE(LockedDropout);

/// Dropout of whole words (Gal and Ghahramani 2016, section 4.2; Merity et al. 2017, section 4.3): in training each
/// row of the table is zero in the whole batch with probability p, otherwise scaled by 1 / (1 - p).
///
/// table [words, width], tokens [...] int64; returns [..., width]. The mask comes from the default generator.
at::Tensor embed_with_word_dropout(const at::Tensor& table, const at::Tensor& tokens, double p);

}  // namespace heed::nn
