// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/step_operations.h"

#include <algorithm>
#include <utility>

#include "heed/kernels/isa.h"
#include "heed/nn/layer_norm.h"

namespace heed::nn {
namespace {

using kernels::cpu_kernels;

class Norm : public StepOperation {
 public:
  Norm(torch::nn::LayerNorm norm, StepBlock from, StepBlock to)
      : norm_(std::move(norm)), from_(from), to_(to) {}

  bool ready() const override { return takes_layer_norm_kernel(*norm_, from_.width); }
  void prepare(const RunningStep& /*step*/) override { problem_ = layer_norm_problem(*norm_); }
  void run(const RunningStep& step, const TeamMember& member) const noexcept override {
    kernels::LayerNormProblem problem = problem_;
    problem.from = step.memory.block(from_, member.number());
    problem.to = step.memory.block(to_, member.number());
    cpu_kernels().layer_norm.forward(problem, 0, step.rows);
  }
  bool is_shared() const override { return false; }
  int64_t work(const RunningStep& /*step*/) const override { return 0; }

 private:
  torch::nn::LayerNorm norm_;
  StepBlock from_, to_;
  kernels::LayerNormProblem problem_;
};

using RowKernel = void (*)(const float* from, float* to, int64_t count, int64_t begin, int64_t end) noexcept;

RowKernel activation_kernel(const std::string& name) {
  if (name.empty()) return nullptr;
  const auto& kernel = cpu_kernels().activation;
  if (name == "relu") return kernel.relu;
  if (name == "gelu") return kernel.gelu;
  TORCH_CHECK(name == "gelu_tanh", "[step_program] no activation '", name, "'");
  return kernel.gelu_tanh;
}

class Product : public StepOperation {
 public:
  Product(at::Tensor weight, at::Tensor bias, PackedWeight& packed, StepLinear step)
      : weight_(std::move(weight)),
        bias_(std::move(bias)),
        packed_(packed),
        step_(std::move(step)),
        activation_(activation_kernel(step_.activation)) {}

  bool ready() const override { return takes_packed(weight_, bias_, packed_); }
  void prepare(const RunningStep& /*step*/) override { form_ = packed_.form(weight_); }
  int64_t rounded_bytes(int64_t rows) const override { return form_->rounded_bytes(rows); }

  int64_t work(const RunningStep& step) const override {
    return std::max(form_->bytes(), step.rows * form_->in() * form_->out());
  }

  void run(const RunningStep& step, const TeamMember& member) const noexcept override {
    PackedProduct product;
    product.input = step.memory.block(step_.from, member.number());
    product.input_row = step_.from.width;
    product.rows = step.rows;
    product.rounded = step.memory.rounded(member.number());
    product.bias = bias_.defined() ? bias_.const_data_ptr<float>() : nullptr;
    product.result = step.memory.block(step_.to, member.number());
    form_->round(product, step.memory.rounded(member.number()));
    const Share strips = member.share(form_->strips());
    form_->multiply(product, strips.begin, strips.end);
    finish(step, member.number(),
           {strips.begin * kernels::kGemmStrip, std::min(strips.end * kernels::kGemmStrip, form_->out())});
  }

 private:
  /// Activation and residual of some columns.
  void finish(const RunningStep& step, int64_t member, Share columns) const noexcept {
    const int64_t count = columns.end - columns.begin;
    for (int64_t row = 0; row < step.rows && count > 0; ++row) {
      const int64_t at = row * form_->out() + columns.begin;
      float* result = step.memory.block(step_.to, member) + at;
      if (activation_) activation_(result, result, count, 0, 1);
      if (!step_.residual) continue;
      const float* residual = step.memory.block(*step_.residual, member) + at;
      float* sum = step.memory.block(*step_.sum, member) + at;
      for (int64_t i = 0; i < count; ++i) sum[i] = residual[i] + result[i];
    }
  }

  at::Tensor weight_, bias_;
  PackedWeight& packed_;
  StepLinear step_;
  RowKernel activation_;
  std::shared_ptr<const PackedForm> form_;
};

/// Writes each row's keys and values and lets its query attend, head by head.
class Attention : public StepOperation {
 public:
  Attention(KeyValueCache& cache, StepAttention step) : cache_(cache), step_(std::move(step)) {}

  bool ready() const override { return cache_.by_head(); }

  void prepare(const RunningStep& step) override {
    problem_ = cached_problem(cache_.keys(), step.queries, step_.options, step_.to.width);
    problem_.vectors_row = step_.joined.width;
  }

  int64_t work(const RunningStep& step) const override {
    int64_t positions = 0;
    for (const auto& query : step.queries.queries) positions += query.count;
    return positions * 2 * step_.to.width * static_cast<int64_t>(sizeof(float));
  }

  /// Pieces are the heads of a row of the state, head after head: most often a member has whole heads. A row's tokens see
  /// each other, so that they stay together.
  void run(const RunningStep& step, const TeamMember& member) const noexcept override {
    kernels::CachedProblem problem = problem_;
    problem.vectors = step.memory.block(step_.joined, member.number());
    problem.output = step.memory.block(step_.to, member.number());
    const int64_t rows = step.index.rows();
    Share left = member.share(rows * step_.options.heads);
    while (left.begin < left.end) {
      const int64_t head = left.begin / rows, row = left.begin % rows, count = left.end - left.begin;
      const bool whole = row == 0 && count >= rows;
      const int64_t row_end = whole ? rows : std::min(rows, row + count);
      const int64_t head_end = whole ? head + count / rows : head + 1;
      attend(problem, step.index, {row, row_end}, {head, head_end});
      left.begin += (row_end - row) * (head_end - head);
    }
  }

 private:
  void attend(const kernels::CachedProblem& problem, const RowIndex& index, Share rows,
              Share heads) const noexcept {
    const int64_t begin = index.first_query(rows.begin), end = index.first_query(rows.end);
    for (int64_t query = begin; query < end; ++query)
      cache_.write(index, static_cast<size_t>(query), heads.begin, heads.end,
                   problem.vectors + query * problem.vectors_row + step_.to.width);
    cpu_kernels().cached.attend(problem, begin, end, static_cast<int32_t>(heads.begin),
                                static_cast<int32_t>(heads.end), cached_attention_scratch(problem));
  }

  KeyValueCache& cache_;
  StepAttention step_;
  kernels::CachedProblem problem_;
};

}  // namespace

std::unique_ptr<StepOperation> step_norm(const torch::nn::LayerNorm& norm, StepBlock from, StepBlock to) {
  return std::make_unique<Norm>(norm, from, to);
}

std::unique_ptr<StepOperation> step_product(const at::Tensor& weight, const at::Tensor& bias,
                                            PackedWeight& packed, const StepLinear& step) {
  return std::make_unique<Product>(weight, bias, packed, step);
}

std::unique_ptr<StepOperation> step_attention(KeyValueCache& cache, const StepAttention& step) {
  return std::make_unique<Attention>(cache, step);
}

}  // namespace heed::nn
