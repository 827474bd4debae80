// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/device_kernel.h"
#include "heed/nn/dropout.h"
#include "heed/nn/linear.h"

namespace heed::nn {

/// What a recurrent layer carries from step to step, [rows, hidden] each.
struct LstmCarry {
  at::Tensor output, cell;
};

/// Every step of a layer, [length, rows, hidden] each.
struct LstmSteps {
  at::Tensor output, cell;
};

/// One step's gates and cell: gates [rows, 4 * hidden] before their activations, in PyTorch's order i, f, g,
/// o; `added` of the same shape is added to them; cell [rows, hidden]. Where no gradient is kept, in float32
/// on the CPU, a row's bits depend on that row alone.
LstmCarry lstm_cell(const at::Tensor& gates, const at::Tensor& added, const at::Tensor& cell);

/// Every step of a layer, from its input's share of the gates [length, rows, 4 * hidden] and what it begins with, by the
/// recurrent weight [4 * hidden, hidden]. `packed` is the caller's storage for that weight, filled and used while grad
/// mode is off. See LstmLayer.
LstmSteps lstm_steps(const at::Tensor& gates, const at::Tensor& recurrent, const LstmCarry& begin,
                     PackedWeight* packed);

/// One layer of long short-term memory: Hochreiter and Schmidhuber 1997, with forget gates.
///
/// On the CPU in float32 a layer's input products are one product for all steps, and so are the gradients of
/// its weights; gates and cells are kernels of our own. A row's bits depend on nothing beside it (with
/// RowInvariantScope). Other devices and types take libtorch's operations, step by step. Under autocast the
/// input's product alone is rounded. Differentiable once.
class LstmLayerImpl : public torch::nn::Module, public KeepsPackedWeights {
 public:
  /// Biases of forget gates begin at 1 (Jozefowicz et al. 2015), weights as PyTorch's. In training each full pass
  /// drops recurrent weights with probability `weight_drop`, the same ones at every step (DropConnect: Merity et
  /// al. 2017, arXiv:1708.02182).
  LstmLayerImpl(int64_t input, int64_t hidden, double weight_drop = 0);

  /// input [length, rows, input]; from `begin`, or from zeros.
  LstmSteps forward(const at::Tensor& input, const LstmCarry& begin = {});
  /// The last output of a run over each position's own window: the `window` inputs up to it, from zeros; before the
  /// first input come inputs of zeros. input [length, rows, input], returns [length, rows, hidden]. The input's
  /// products are made once. Memory in training: 10 * window * hidden numbers for each position.
  at::Tensor windows(const at::Tensor& input, int64_t window);
  /// One step: input [rows, input].
  LstmCarry step(const at::Tensor& input, const LstmCarry& carry);
  /// The input's share of the gates, [..., input] to [..., 4 * hidden], and a step from it.
  at::Tensor gates(const at::Tensor& input);
  LstmCarry step_from(const at::Tensor& gates, const LstmCarry& carry);
  /// What a sequence begins with, unless told otherwise.
  LstmCarry zeros(int64_t rows) const;
  int64_t hidden() const { return hidden_; }
  std::vector<PackedWeight*> packed_weights() override { return {&packed_}; }

 private:
  int64_t hidden_;
  Linear input_{nullptr};         ///< [4 * hidden, input] with the biases
  at::Tensor recurrent_;          ///< [4 * hidden, hidden]
  Dropout weight_drop_{nullptr};  ///< empty if no weights are dropped
  PackedWeight packed_;
};
TORCH_MODULE(LstmLayer);

/// Gates and cells of one step of `rows` rows. All tensors are contiguous.
struct LstmCellTensors {
  const at::Tensor &gates,
      &added;              ///< [rows, 4 * hidden] before their activations, summed; `added` may be undefined
  const at::Tensor& cell;  ///< [rows, hidden]
  const at::Tensor &new_cell, &output;  ///< [rows, hidden], written
  const at::Tensor& activated;  ///< [rows, 4 * hidden], the gates after their activations; or undefined
};
inline constinit DeviceKernel<void(const LstmCellTensors&)> lstm_cell_kernel;

/// Gradients of the gates before their activations and of the cell.
struct LstmCellGradients {
  const at::Tensor &activated, &cell, &new_cell;  ///< of the forward pass
  const at::Tensor &output_grad, &new_cell_grad;  ///< [rows, hidden]
  const at::Tensor& gates_grad;                   ///< [rows, 4 * hidden], written
  const at::Tensor& cell_grad;                    ///< [rows, hidden], written; may be new_cell_grad
};
inline constinit DeviceKernel<void(const LstmCellGradients&)> lstm_cell_gradient_kernel;

}  // namespace heed::nn
