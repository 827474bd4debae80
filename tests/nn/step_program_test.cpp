// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/step_program.h"

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/nn/layer_norm.h"
#include "heed/nn/transformer_layer.h"
#include "heed/nn/weight_type.h"

namespace heed::nn {
namespace {

struct StackCase {
  std::string name;
  WeightType type = WeightType::kFloat32;
  RelationKind relation = RelationKind::kPerHead;
  bool pre_norm = true;
  std::string activation = "gelu";
  int64_t rows_per_input = 1;
  /// Wide enough for several threads at several rows, and off every tile.
  int64_t d_model = 200, heads = 5, d_ff = 700, vocabulary = 77;
};

void PrintTo(const StackCase& stack, std::ostream* stream) {
  *stream << stack.name;
}

/// Two layers and an output layer, whose steps are computed by their modules and by a program, from caches of
/// their own.
class Stack {
 public:
  explicit Stack(const StackCase& options) : pre_norm_(options.pre_norm) {
    TransformerLayerOptions layer;
    layer.attention.d_model = options.d_model;
    layer.attention.heads = options.heads;
    layer.attention.relation = options.relation;
    layer.attention.max_relative_distance = 5;
    layer.d_ff = options.d_ff;
    layer.activation = options.activation;
    layer.pre_norm = options.pre_norm;
    for (int i = 0; i < 2; ++i) layers.emplace_back(layer);
    output = Linear(options.d_model, options.vocabulary);
    for (auto& each : layers) prepare(*each, options.type);
    prepare(*output, options.type);
    norm_->eval();
  }

  at::Tensor by_modules(const at::Tensor& input, std::vector<LayerCache>& caches, const RowIndex& index) {
    at::Tensor x = input;
    for (size_t i = 0; i < layers.size(); ++i) x = layers[i]->step(x, caches[i], index);
    return output->forward(pre_norm_ ? layer_norm(x, norm_) : x);
  }

  void record(StepProgram& program, std::vector<LayerCache>& caches) {
    const LayerBlocks blocks = layers[0]->step_blocks(program);
    StepBlock x = blocks.stream;
    for (size_t i = 0; i < layers.size(); ++i) x = layers[i]->record(program, caches[i], x, blocks);
    if (pre_norm_) program.norm(norm_, x, blocks.normed);
    program.output({output->weight, output->bias, output->packed_weights().front()}, blocks.normed);
  }

  std::vector<LayerCache> caches(const RowIndex& index) {
    std::vector<LayerCache> result;
    for (auto& layer : layers) result.push_back(layer->make_cache(index));
    return result;
  }

  std::vector<TransformerLayer> layers;
  Linear output{nullptr};

 private:
  static void prepare(torch::nn::Module& module, WeightType type) {
    const at::NoGradGuard no_gradient;
    for (auto& parameter : module.parameters()) parameter.add_(at::randn_like(parameter) * 0.1);
    module.eval();
    set_weight_type(module, type);
  }

  bool pre_norm_;
  torch::nn::LayerNorm norm_{torch::nn::LayerNormOptions({200})};
};

/// While it lives, work is for so many threads.
class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }

 private:
  int before_;
};

class EveryStack : public testing::TestWithParam<StackCase> {
 protected:
  at::NoGradGuard no_gradient;
  RowInvariantScope same_in_every_batch;
};

/// One token of each row; in every third step up to three, and of rows of one input the same number.
std::vector<int64_t> counts_of(const RowIndex& index, int step) {
  std::vector<int64_t> counts;
  for (int64_t row = 0; row < index.rows(); ++row)
    counts.push_back(step % 3 == 2 ? 1 + (index.input(row) + step) % 3 : 1);
  return counts;
}

/// Steps of rows of which some leave, and in beams come again: every step of the program has the bits of the
/// modules' step.
void expect_equal_steps(const StackCase& options, int64_t inputs, int steps) {
  Stack stack(options);
  RowIndex index(inputs, options.rows_per_input, 40);
  auto plain = stack.caches(index), recorded = stack.caches(index);
  StepProgram program;
  stack.record(program, recorded);
  for (int step = 0; step < steps; ++step) {
    index.advance(counts_of(index, step));
    const at::Tensor input = at::randn({std::ssize(index.positions()), options.d_model});
    const at::Tensor expected = stack.by_modules(input, plain, index);
    ASSERT_TRUE(program.takes(index));
    const at::Tensor found = program.run(input.clone(), index);
    ASSERT_TRUE(found.equal(expected)) << "step " << step << " of " << index.rows() << " rows";
    if (step == 3 && options.rows_per_input == 2) index.reorder(at::arange(inputs).repeat_interleave(2));
    if (step == 9 && index.rows() > 2) index.reorder(at::arange(1, index.rows()));
    if (step == 15 && index.rows() > 2) index.reorder(at::arange(index.rows() - 1).flip(0));
  }
}

TEST_P(EveryStack, HasTheBitsOfItsModulesForAnyRows) {
  for (const int64_t rows : {1, 2, 7, 13}) {
    SCOPED_TRACE(testing::Message() << rows << " rows");
    expect_equal_steps(GetParam(), rows, 20);
  }
}

TEST_P(EveryStack, HasTheBitsOfItsModulesForAnyThreads) {
  for (const int threads : {2, 5}) {
    SCOPED_TRACE(testing::Message() << threads << " threads");
    const Threads several(threads);
    expect_equal_steps(GetParam(), 7, 4);
  }
}

std::vector<StackCase> stacks() {
  std::vector<StackCase> list;
  for (const auto type : {WeightType::kFloat32, WeightType::kBfloat16, WeightType::kInt8}) {
    const std::string name = weight_type_name(type);
    list.push_back({.name = name + "_music", .type = type});
    list.push_back({.name = name + "_shaw_post_relu",
                    .type = type,
                    .relation = RelationKind::kShaw,
                    .pre_norm = false,
                    .activation = "relu"});
    list.push_back(
        {.name = name + "_beams", .type = type, .relation = RelationKind::kNone, .rows_per_input = 2});
  }
  return list;
}

INSTANTIATE_TEST_SUITE_P(Stacks, EveryStack, testing::ValuesIn(stacks()),
                         [](const auto& info) { return info.param.name; });

TEST(StepProgram, SeesAWeightThatIsWrittenTo) {
  const at::NoGradGuard no_gradient;
  const RowInvariantScope same_in_every_batch;
  Stack stack({.name = "", .type = WeightType::kInt8});
  RowIndex index(2, 1, 8);
  auto plain = stack.caches(index), recorded = stack.caches(index);
  StepProgram program;
  stack.record(program, recorded);
  const at::Tensor input = at::randn({2, 200});
  index.advance();
  const at::Tensor before = stack.by_modules(input, plain, index);
  EXPECT_TRUE(program.run(input.clone(), index).equal(before));
  stack.output->weight.mul_(-1);
  index.advance();
  const at::Tensor after = stack.by_modules(input, plain, index);
  EXPECT_TRUE(program.run(input.clone(), index).equal(after));
  EXPECT_FALSE(after.equal(before));
}

TEST(StepProgram, LeavesToTheModulesWhatItDoesNotCover) {
  const RowInvariantScope same_in_every_batch;
  Stack stack({.name = ""});
  RowIndex index(2, 1, 8);
  auto caches = stack.caches(index);
  StepProgram program;
  stack.record(program, caches);
  index.advance();
  EXPECT_FALSE(program.takes(index)) << "a gradient may be wanted";
  const at::NoGradGuard no_gradient;
  EXPECT_TRUE(program.takes(index));
  stack.layers[1]->to(at::kDouble);
  EXPECT_FALSE(program.takes(index)) << "a weight is not float32";
}

TEST(StepProgram, RefusesAnInputThatDoesNotFitTheRows) {
  const at::NoGradGuard no_gradient;
  Stack stack({.name = ""});
  RowIndex index(2, 1, 8);
  auto caches = stack.caches(index);
  StepProgram program;
  stack.record(program, caches);
  index.advance();
  EXPECT_THROW(program.run(at::randn({3, 200}), index), c10::Error);
  EXPECT_THROW(program.run(at::randn({2, 199}), index), c10::Error);
}

TEST(StepProgram, RefusesALayerWithCrossAttention) {
  TransformerLayerOptions options;
  options.attention.d_model = 8;
  options.attention.heads = 2;
  options.cross = true;
  TransformerLayer layer(options);
  RowIndex index(1, 1, 4);
  LayerCache cache{KeyValueCache(index, {2, 4}, at::dtype(at::kFloat))};
  StepProgram program;
  const LayerBlocks blocks = layer->step_blocks(program);
  EXPECT_THROW(layer->record(program, cache, blocks.stream, blocks), c10::Error);
}

}  // namespace
}  // namespace heed::nn
