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

/// During its lifetime the linear layers of this thread that keep no gradient use heed's own products,
/// whatever the choice of implementation: the bits of a row then depend only on that row, not on the number
/// of rows. Required for equal output in every batch; elsewhere use the fastest implementation.
class RowInvariantScope {
 public:
  RowInvariantScope();
  ~RowInvariantScope();
  RowInvariantScope(const RowInvariantScope&) = delete;
  RowInvariantScope& operator=(const RowInvariantScope&) = delete;

 private:
  bool before_;
};

/// Returns input weight^T + bias.
///
/// input   [..., in]; weight [out, in]; bias [out] or undefined
/// packed  the caller's storage for the packed weight: filled and used while grad mode is off, else cleared
///
/// float32 products on the CPU use the implementation that linear_choice.h selects. Small products without a
/// packed weight, other dtypes and devices, and autocast use at::linear. Results agree within float32
/// rounding. With heed's kernels they do not depend on the number of threads nor, with a packed weight, on
/// the other rows of the input. A packed weight of another type than float32 (weight_type.h) always uses
/// heed's kernels while grad mode is off. Twice differentiable. Throws c10::Error like at::linear.
at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                  PackedWeight* packed = nullptr);

/// True when linear() reads this weight from `packed` for a float32 input on the CPU.
bool takes_packed(const at::Tensor& weight, const at::Tensor& bias, const PackedWeight& packed);

using LinearOptions = torch::nn::LinearOptions;

/// torch::nn::Linear with the same options, parameters (`weight` [out, in], `bias` [out]), names and initial
/// values, computed by `linear`. While grad mode is off it keeps a packed copy of its weight (see
/// PackedWeight), until training mode is entered or a gradient is required.
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
  at::Tensor weight, bias;  ///< bias: undefined if the layer has none

 private:
  PackedWeight packed_;
};
TORCH_MODULE(Linear);

}  // namespace heed::nn
