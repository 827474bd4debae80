// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/locked_dropout.h"

#include <ostream>

#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>

namespace heed::nn {
namespace {

at::Tensor keep_mask(at::IntArrayRef sizes, const at::TensorOptions& options, double p) {
  return at::empty(sizes, options.requires_grad(false)).bernoulli_(1 - p).div_(1 - p);
}

}  // namespace

LockedDropoutImpl::LockedDropoutImpl(double p) : p_(p) {
  TORCH_CHECK(p >= 0 && p < 1, "[locked_dropout] p must be at least 0 and below 1, got ", p);
}

at::Tensor LockedDropoutImpl::mask(int64_t rows, int64_t width, const at::TensorOptions& options) const {
  return is_training() && p_ > 0 ? keep_mask({rows, width}, options, p_) : at::Tensor();
}

at::Tensor LockedDropoutImpl::forward(const at::Tensor& input) {
  TORCH_CHECK(input.dim() == 3, "[locked_dropout] input must be [length, rows, width], got ", input.sizes());
  const at::Tensor kept = mask(input.size(1), input.size(2), input.options());
  return kept.defined() ? input * kept : input;
}

void LockedDropoutImpl::pretty_print(std::ostream& stream) const {
  stream << "heed::nn::LockedDropout(p=" << p_ << ")";
}

at::Tensor embed_with_word_dropout(const at::Tensor& table, const at::Tensor& tokens, double p) {
  const at::Tensor embedded = at::embedding(table, tokens);
  if (p == 0) return embedded;
  return embedded * at::embedding(keep_mask({table.size(0), 1}, table.options(), p), tokens);
}

}  // namespace heed::nn
