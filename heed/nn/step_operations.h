// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "heed/nn/step_program.h"
#include "heed/nn/step_team.h"

/// The operations of a StepProgram.
namespace heed::nn {

/// The memory of a running step's blocks.
class StepMemory {
 public:
  virtual ~StepMemory() = default;
  virtual float* block(StepBlock block, int64_t member) const = 0;
  /// Scratch of a member: rounded rows of products.
  virtual std::byte* rounded(int64_t member) const = 0;
};

/// A step as its operations see it.
struct RunningStep {
  const RowIndex& index;
  StepQueries queries;
  int64_t rows;  ///< of the blocks: the step's tokens
  const StepMemory& memory;
};

class StepOperation {
 public:
  virtual ~StepOperation() = default;
  /// True when the operation can run.
  virtual bool ready() const = 0;
  /// Looks up what the step needs; called before the threads start.
  virtual void prepare(const RunningStep& step) = 0;
  /// Runs the share of one member.
  virtual void run(const RunningStep& step, const TeamMember& member) const noexcept = 0;
  /// True when the members meet after it.
  virtual bool is_shared() const { return true; }
  /// Bytes that one thread could read in the time of the prepared step.
  virtual int64_t work(const RunningStep& step) const = 0;
  /// Scratch for rounded rows that a member needs, in bytes.
  virtual int64_t rounded_bytes(int64_t /*rows*/) const { return 0; }
};

std::unique_ptr<StepOperation> step_norm(const torch::nn::LayerNorm& norm, StepBlock from, StepBlock to);
std::unique_ptr<StepOperation> step_product(const at::Tensor& weight, const at::Tensor& bias,
                                            PackedWeight& packed, const StepLinear& step);
std::unique_ptr<StepOperation> step_attention(KeyValueCache& cache, const StepAttention& step);

}  // namespace heed::nn
