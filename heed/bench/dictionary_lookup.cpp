// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/dictionary_lookup.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include "heed/attention/edges.h"
#include "heed/models/gat.h"
#include "heed/nn/inference_scope.h"
#include "heed/training/optimizer.h"

namespace heed::bench {
namespace {

/// Dictionaries packed one after the other: the entries of each, then its questions.
struct Dictionaries {
  nn::Graphs graphs;
  at::Tensor questions;  ///< [count * keys] int64: their nodes
  at::Tensor values;     ///< [count * keys] int64: the answers
};

at::Tensor indicators(const at::Tensor& numbers, int64_t width) {
  return at::one_hot(numbers, width).to(at::kFloat);
}

Dictionaries draw(int64_t count, int64_t keys) {
  Dictionaries drawn;
  const at::Tensor key = at::arange(keys), first = at::arange(count).view({-1, 1}) * (2 * keys);
  const at::Tensor value = at::randint(keys, {count, keys}, at::kLong);
  const at::Tensor name = indicators(key, keys).expand({count, keys, keys});
  const at::Tensor entries = at::cat({name, indicators(value, keys)}, 2);
  const at::Tensor asked = at::cat({name, at::zeros({count, keys, keys})}, 2);
  drawn.graphs.features.dense = at::cat({entries, asked}, 1).view({-1, 2 * keys});
  drawn.questions = (first + keys + key).flatten();
  drawn.values = value.flatten();
  const at::Tensor source = (first + key).unsqueeze(1).expand({count, keys, keys}).flatten();
  const at::Tensor target = (first + keys + key).unsqueeze(2).expand({count, keys, keys}).flatten();
  const int64_t nodes = count * 2 * keys;
  drawn.graphs.edges = attention::make_edges(source, target, nodes, nodes);
  drawn.graphs.begin = at::arange(count + 1) * (2 * keys);
  return drawn;
}

at::Tensor answers(models::Gat& model, const Dictionaries& of) {
  return model.forward(of.graphs).index_select(0, of.questions);
}

double accuracy(models::Gat& model, const Dictionaries& of) {
  const nn::InferenceScope inference(model);
  return answers(model, of).argmax(1).eq(of.values).to(at::kDouble).mean().item<double>();
}

}  // namespace

DictionaryResult look_up(bool dynamic, int64_t heads, const DictionaryOptions& options) {
  constexpr int64_t kTestEvery = 50;
  const int64_t keys = options.keys;
  at::manual_seed(static_cast<uint64_t>(options.seed));
  models::Gat model({.features = 2 * keys, .outputs = keys}, {.layers = 1,
                                                              .heads = heads,
                                                              .head_dim = options.width / heads,
                                                              .output = "linear",
                                                              .dynamic = dynamic,
                                                              .input_dropout = 0,
                                                              .attention_dropout = 0,
                                                              .value_dropout = 0});
  training::Adam adam(training::trainable_parameters(model), {});
  const Dictionaries tested = draw(options.tested, keys);
  DictionaryResult result;
  result.model =
      std::string(dynamic ? "GATv2, " : "GAT, ") + std::to_string(heads) + (heads == 1 ? " head" : " heads");
  while (result.steps < options.steps && result.accuracy < 1) {
    const Dictionaries batch = draw(options.batch, keys);
    adam.zero_grad();
    at::cross_entropy_loss(answers(model, batch), batch.values).backward();
    adam.step(options.learning_rate);
    if (++result.steps % kTestEvery != 0) continue;
    result.accuracy = accuracy(model, tested);
    if (options.progress) options.progress(result.steps, result.accuracy);
  }
  const nn::InferenceScope inference(model);
  const Dictionaries one = draw(1, keys);
  result.weights = model.attended(one.graphs, 0).weights.select(1, 0).view({keys, keys}).contiguous();
  return result;
}

}  // namespace heed::bench
