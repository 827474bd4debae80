// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/options/linear.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/packed_weight.h"

namespace heed::nn {

/// While it lives, the linear layers of this thread that keep no gradient take heed's own products, whatever
/// would be chosen: a row's bits then depend on that row alone, not on how many stand beside it. What a
/// promise of equal output in every batch needs; elsewhere speed decides.
class RowInvariantScope {
 public:
  RowInvariantScope();
  ~RowInvariantScope();
  RowInvariantScope(const RowInvariantScope&) = delete;
  RowInvariantScope& operator=(const RowInvariantScope&) = delete;

 private:
  bool before_;
};

/// input weight^T + bias.
///
/// input   [..., in]; weight [out, in]; bias [out] or undefined
/// packed  where the caller keeps the weight's packed form: made and used while grad mode is off, cleared
/// else
///
/// float32 on the CPU goes to the implementation that linear_choice.h explains; what is small and not packed,
/// every other dtype and device, and autocast to at::linear. Results agree within float32 rounding. With
/// heed's kernels they do not depend on the number of threads, nor, with a packed weight, on the other rows
/// of the input. A packed weight of another type than float32 (weight_type.h) always takes heed's kernels
/// while grad mode is off. Differentiable; twice as well. Throws c10::Error as at::linear does.
at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                  PackedWeight* packed = nullptr);

/// Whether linear() would read this weight from `packed` for an input of float32 on the CPU.
bool takes_packed(const at::Tensor& weight, const at::Tensor& bias, const PackedWeight& packed);

using LinearOptions = torch::nn::LinearOptions;

/// torch::nn::Linear in options, parameters (`weight` [out, in], `bias` [out]), names and initial values, by
/// `linear`. While grad mode is off it keeps a packed copy of its weight (see PackedWeight), until training
/// mode is entered or a gradient is wanted.
class LinearImpl : public torch::nn::Cloneable<LinearImpl>, public KeepsPackedWeights {
 public:
  LinearImpl(int64_t in_features, int64_t out_features)
      : LinearImpl(LinearOptions(in_features, out_features)) {}
  explicit LinearImpl(const LinearOptions& options);

  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  void train(bool on = true) override;
  /// [..., in_features] to [..., out_features].
  at::Tensor forward(const at::Tensor& input);
  bool holds_packed_weight() const { return !packed_.empty(); }
  std::vector<PackedWeight*> packed_weights() override { return {&packed_}; }

  LinearOptions options;
  at::Tensor weight, bias;  ///< bias undefined without one

 private:
  PackedWeight packed_;
};
TORCH_MODULE(Linear);

}  // namespace heed::nn
