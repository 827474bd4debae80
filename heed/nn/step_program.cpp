// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/step_program.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include "heed/nn/step_operations.h"
#include "heed/nn/step_team.h"

namespace heed::nn {
namespace {

/// Bytes between two meetings that are worth one thread more.
constexpr int64_t kWorthAMember = 1 << 16;
constexpr int64_t kLine = 64;

int64_t whole_lines(int64_t bytes) {
  return (bytes + kLine - 1) / kLine * kLine;
}

}  // namespace

/// The shared blocks, then each member's private blocks and its scratch.
class StepProgram::Memory : public StepMemory {
 public:
  /// Input and result lie in tensors of the caller's.
  void bind(float* input, float* result) {
    input_ = input;
    result_ = result;
  }

  void resize(const std::vector<StepBlock>& blocks, int64_t rows, int64_t rounded, int64_t members) {
    places_.clear();
    int64_t shared = 0, own = 0;
    for (const StepBlock& block : blocks) {
      int64_t& end = block.is_private ? own : shared;
      places_.push_back(end);
      end += whole_lines(rows * block.width * int64_t{sizeof(float)});
    }
    rounded_ = own;
    member_ = own + whole_lines(rounded);
    members_ = shared;
    const int64_t bytes = shared + members * member_;
    if (!all_.defined() || all_.numel() < bytes) all_ = at::empty({bytes}, at::kByte);
  }

  float* block(StepBlock block, int64_t member) const override {
    if (block.number == kInput) return input_;
    if (block.number == kResult) return result_;
    std::byte* base = begin() + (block.is_private ? members_ + member * member_ : 0);
    return reinterpret_cast<float*>(base + places_[static_cast<size_t>(block.number)]);
  }
  std::byte* rounded(int64_t member) const override {
    return begin() + members_ + member * member_ + rounded_;
  }

  static constexpr int64_t kInput = 0, kResult = -1;

 private:
  std::byte* begin() const { return static_cast<std::byte*>(all_.mutable_data_ptr()); }

  at::Tensor all_;
  float *input_ = nullptr, *result_ = nullptr;
  std::vector<int64_t> places_;  ///< of each block, in bytes after the shared or the member's first
  int64_t members_ = 0, member_ = 0,
          rounded_ = 0;  ///< bytes: to the members' memory, of a member's, to its scratch
};

StepProgram::StepProgram() : memory_(std::make_unique<Memory>()) {}
StepProgram::~StepProgram() = default;

StepBlock StepProgram::shared_block(int64_t width) {
  return blocks_.emplace_back(StepBlock{std::ssize(blocks_), width, false});
}

StepBlock StepProgram::private_block(int64_t width) {
  return blocks_.emplace_back(StepBlock{std::ssize(blocks_), width, true});
}

void StepProgram::add(std::unique_ptr<StepOperation> operation) {
  operations_.push_back(std::move(operation));
}

void StepProgram::norm(const torch::nn::LayerNorm& norm, StepBlock from, StepBlock to) {
  add(step_norm(norm, from, to));
}

void StepProgram::linear(const Linear& linear, const StepLinear& step) {
  add(step_product(linear->weight, linear->bias, *linear.ptr()->packed_weights().front(), step));
}

void StepProgram::attend(KeyValueCache& cache, const StepAttention& step) {
  add(step_attention(cache, step));
}

void StepProgram::output(const OutputLayer& layer, StepBlock from) {
  result_width_ = layer.weight.size(0);
  const StepBlock result{Memory::kResult, result_width_, false};
  add(step_product(layer.weight, layer.bias, *layer.packed, {.from = from, .to = result}));
}

bool StepProgram::takes(const RowIndex& index) const {
  return !at::GradMode::is_enabled() && !at::autocast::is_autocast_enabled(at::kCPU) && index.rows() > 0 &&
         std::all_of(operations_.begin(), operations_.end(), [](const auto& each) { return each->ready(); });
}

at::Tensor StepProgram::run(const at::Tensor& input, const RowIndex& index) {
  const int64_t width = blocks_.front().width;
  const int64_t tokens = std::ssize(index.positions());
  TORCH_CHECK(input.dim() == 2 && input.size(0) == tokens && input.size(1) == width,
              "[step_program] input must be [", tokens, ", ", width, "], got ", input.sizes());
  const RunningStep step{index, index.queries(), tokens, *memory_};
  int64_t work = 0, rounded = 0, meetings = 1;
  for (const auto& operation : operations_) {
    operation->prepare(step);
    work += operation->work(step);
    rounded = std::max(rounded, operation->rounded_bytes(step.rows));
    meetings += operation->is_shared() ? 1 : 0;
  }
  const int64_t most = at::in_parallel_region() ? 1 : at::get_num_threads();
  const int64_t team = std::clamp<int64_t>(work / (meetings * kWorthAMember), 1, most);
  const int64_t members = team > 1 ? team_size_.choose(team) : 1;
  const at::Tensor result = at::empty({step.rows, result_width_}, input.options());
  memory_->resize(blocks_, step.rows, rounded, members);
  memory_->bind(input.mutable_data_ptr<float>(), result.mutable_data_ptr<float>());
  const auto begin = std::chrono::steady_clock::now();
  run_team(members, [&](const TeamMember& member) {
    for (const auto& operation : operations_) {
      operation->run(step, member);
      if (operation->is_shared() && operation != operations_.back()) member.meet();
    }
  });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (team > 1) team_size_.record(static_cast<double>(work), std::max(took.count(), 1e-9));
  return result;
}

}  // namespace heed::nn
