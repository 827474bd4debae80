// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/attention_diagonal.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <string>

#include <ATen/ops/arange.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "heed/attention/attention.h"
#include "heed/core/error.h"
#include "heed/nn/inference_scope.h"
#include "heed/tasks/token_loss.h"

namespace heed::tasks {
namespace {

using nn::AttentionPart;

/// [cells, count]: which share of a position, of `count`, lies in each cell.
at::Tensor overlap(int64_t cells, int64_t count) {
  const auto edges = [](int64_t n) { return at::arange(n + 1, at::kDouble) / static_cast<double>(n); };
  const at::Tensor cell = edges(cells), place = edges(count);
  const at::Tensor right = at::minimum(cell.narrow(0, 1, cells).unsqueeze(1), place.narrow(0, 1, count));
  const at::Tensor left = at::maximum(cell.narrow(0, 0, cells).unsqueeze(1), place.narrow(0, 0, count));
  return (right - left).clamp_min(0) * static_cast<double>(count);
}

/// weights [rows, keys] to [cells, cells]; rows still sum to 1.
at::Tensor stretch(const at::Tensor& weights, int64_t cells) {
  const at::Tensor down = overlap(cells, weights.size(0)), across = overlap(cells, weights.size(1));
  return (down / down.sum(1, true)).matmul(weights).matmul(across.t());
}

/// [rows, keys] float64: 1 near the diagonal.
at::Tensor near_diagonal(int64_t rows, int64_t keys, double near) {
  const auto middles = [](int64_t n) { return (at::arange(n, at::kDouble) + 0.5) / static_cast<double>(n); };
  const double most = std::max(near, 1.0 / static_cast<double>(keys)) + 1e-9;
  return ((middles(rows).unsqueeze(1) - middles(keys)).abs() <= most).to(at::kDouble);
}

/// What each row may see, evenly.
at::Tensor even_weights(int64_t rows, int64_t keys, bool causal) {
  at::Tensor weights = at::ones({rows, keys}, at::kDouble);
  if (causal) weights = weights.tril();
  return weights / weights.sum(1, true);
}

std::vector<int64_t> chosen_layers(const nn::SequenceToSequenceModel& model,
                                   const AttentionDiagonalOptions& options) {
  const int64_t layers = model.attention_layers(options.part);
  if (layers == 0 || options.layer.value_or(0) >= layers || options.layer.value_or(0) < 0) {
    throw Error(ErrorKind::kUsage,
                "a model has " + std::to_string(layers) + " layers of this attention, counted from 0",
                FieldName{"layer"});
  }
  if (options.layer) return {*options.layer};
  std::vector<int64_t> all(static_cast<size_t>(layers));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// The mean of all heads and of the layers, [batch, rows, keys] float64 on the CPU.
at::Tensor mean_weights(nn::SequenceToSequenceModel& model, const TranslationBatch& batch, AttentionPart part,
                        const std::vector<int64_t>& layers) {
  at::Tensor sum;
  for (const int64_t layer : layers) {
    const auto trace = model.trace(batch.source, batch.target_input, part, layer);
    std::vector<int64_t> heads(static_cast<size_t>(trace.query.size(1)));
    std::vector<int64_t> rows(static_cast<size_t>(trace.query.size(2)));
    std::iota(heads.begin(), heads.end(), 0);
    std::iota(rows.begin(), rows.end(), 0);
    const at::Tensor weights = attention::attention_weights(trace.query, trace.key, trace.spec, heads, rows)
                                   .to(at::kCPU, at::kDouble)
                                   .mean(1);
    sum = sum.defined() ? sum + weights : weights;
  }
  return sum / static_cast<double>(layers.size());
}

void add_weights(AttentionDiagonal& total, const at::Tensor& weights,
                 const AttentionDiagonalOptions& options) {
  const int64_t rows = weights.size(0), keys = weights.size(1);
  const at::Tensor near = near_diagonal(rows, keys, options.near);
  const bool causal = options.part == AttentionPart::kDecoder;
  total.grid += stretch(weights, options.cells);
  total.near += (weights * near).sum(1).mean().item<double>();
  total.near_uniform += (even_weights(rows, keys, causal) * near).sum(1).mean().item<double>();
  ++total.sentences;
}

void add_predictions(AttentionDiagonal& total, nn::SequenceToSequenceModel& model,
                     const TranslationBatch& batch) {
  const at::Tensor logits = model.forward(batch.source, batch.target_input);
  total.nats += summed_token_loss(logits, batch.target_output, 0).item<double>();
  total.right += logits.argmax(-1).eq(batch.target_output).sum().item<int64_t>();
  total.tokens += batch.target_tokens;
}

std::vector<EncodedPair> readable_pairs(const std::vector<EncodedPair>& pairs, int64_t most) {
  std::vector<EncodedPair> found;
  std::copy_if(pairs.begin(), pairs.end(), std::back_inserter(found), [&](const EncodedPair& pair) {
    const auto longer = static_cast<int64_t>(std::max(pair.source.size(), pair.target.size()));
    return most == 0 || longer + 1 <= most;
  });
  if (found.empty()) throw Error(ErrorKind::kData, "there is no pair that is short enough for the model");
  return found;
}

}  // namespace

AttentionDiagonal attention_diagonal(nn::SequenceToSequenceModel& model,
                                     const std::vector<EncodedPair>& pairs, const TranslationMarks& marks,
                                     const AttentionDiagonalOptions& options) {
  const auto layers = chosen_layers(model, options);
  const nn::InferenceScope scope(model);
  const auto taken = readable_pairs(pairs, model.max_length());
  AttentionDiagonal total;
  total.grid = at::zeros({options.cells, options.cells}, at::kDouble);
  for (const auto& indices : batches_by_length(taken, {})) {
    const auto batch = make_translation_batch(taken, indices, marks).to(nn::device_of(model));
    const at::Tensor weights = mean_weights(model, batch, options.part, layers);
    for (size_t i = 0; i < indices.size(); ++i) {
      const auto source = static_cast<int64_t>(taken[indices[i]].source.size()) + 1;
      const auto target = static_cast<int64_t>(taken[indices[i]].target.size()) + 1;
      const int64_t rows = options.part == AttentionPart::kEncoder ? source : target;
      const int64_t keys = options.part == AttentionPart::kDecoder ? target : source;
      add_weights(total, weights[static_cast<int64_t>(i)].narrow(0, 0, rows).narrow(1, 0, keys), options);
    }
    add_predictions(total, model, batch);
  }
  const auto count = static_cast<double>(total.sentences);
  total.grid = (total.grid / count).to(at::kFloat).contiguous();
  total.near /= count;
  total.near_uniform /= count;
  return total;
}

}  // namespace heed::tasks
