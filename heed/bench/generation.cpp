// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/generation.h"

#include <algorithm>
#include <atomic>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/decoding/generate.h"
#include "heed/kernels/isa.h"
#include "heed/models/transformer.h"
#include "heed/nn/inference_scope.h"
#include "heed/nn/linear.h"
#include "heed/nn/packed_memory.h"
#include "heed/nn/weight_type.h"

namespace heed::bench {
namespace {

models::TransformerOptions model_options(const GenerationOptions& options) {
  models::TransformerOptions model;
  model.vocabulary = options.vocabulary;
  model.d_model = options.d_model;
  model.heads = options.heads;
  model.layers = options.layers;
  model.d_ff = options.d_ff;
  model.position = options.position;
  model.max_relative_distance = options.length + options.prompt;
  model.max_length = options.length + options.prompt;
  return model;
}

/// Bytes that a step must read: each matrix once, and the keys and values of all rows at the mean length.
double bytes_per_step(const GenerationOptions& o, nn::WeightType type, int64_t rows) {
  const auto numbers =
      static_cast<double>(o.layers * o.d_model * (4 * o.d_model + 2 * o.d_ff) + o.d_model * o.vocabulary);
  const bool in_float32 = type == nn::WeightType::kFloat32;
  const double each = in_float32 ? 4 : type == nn::WeightType::kBfloat16 ? 2 : 1;
  const int64_t positions = o.prompt - 1 + o.length / 2;
  const double cached =
      static_cast<double>(rows * positions * 2 * o.d_model * o.layers) * (in_float32 ? 4 : 2);
  const bool relative = o.position == "music";
  const double tables = relative ? static_cast<double>(positions * o.d_model * o.layers) * sizeof(float) : 0;
  return numbers * each + cached + tables;
}

/// GB/s when all threads read `bytes` of memory repeatedly, like weights.
double read_speed(double bytes) {
  const auto threads = at::get_num_threads();
  const int64_t part = static_cast<int64_t>(bytes / sizeof(float) / threads);
  const at::Tensor memory =
      nn::packed_memory(part * threads, at::kFloat).fill_(1);  // the same kind of pages as weights
  const auto* from = memory.const_data_ptr<float>();
  std::atomic<float> kept{0};
  std::vector<double> times;
  for (int i = 0; i < 12; ++i) {
    times.push_back(milliseconds([&] {
      at::parallel_for(0, threads, 1, [&](int64_t begin, int64_t end) {
        for (int64_t thread = begin; thread < end; ++thread)
          kept = kernels::cpu_kernels().peak.read(from + thread * part, part);
      });
    }));
  }
  times.erase(times.begin(), times.begin() + 2);
  return static_cast<double>(part * threads) * sizeof(float) / summarize(times).median / 1e6;
}

double tokens_per_second(models::Transformer& model, const GenerationOptions& options, int64_t rows,
                         uint64_t seed) {
  decoding::GenerateRequest request;
  request.prompts = {std::vector<int64_t>(static_cast<size_t>(options.prompt), 0)};
  request.count = request.batch_size = rows;
  request.max_new_tokens = options.length;
  request.seed = seed;
  request.sampling.temperature = options.greedy ? 0 : 1;
  return decoding::generate(model, request).tokens_per_second();
}

/// Times one step; the state then forgets its tokens.
double block_milliseconds(models::Transformer& model, nn::DecoderState& state, int64_t tokens) {
  const at::Tensor block = at::randint(model.vocabulary_size(), {tokens}, at::kLong);
  const double time = milliseconds([&] { model.step({block, {tokens}, {tokens}}, state); });
  state.drop_last({tokens});
  return time;
}

}  // namespace

std::vector<GenerationRow> generation_table(const GenerationOptions& options) {
  at::manual_seed(1);
  models::Transformer model(model_options(options));
  model.eval();
  std::vector<GenerationRow> table;
  const auto total = static_cast<int64_t>(options.weights.size() * options.rows.size()) * options.repeats;
  int64_t done = 0;
  for (const auto& weights : options.weights) {
    const nn::WeightType type = nn::parse_weight_type(weights);
    nn::set_weight_type(model, type);
    for (const int64_t rows : options.rows) {
      GenerationRow row{.weights = weights, .rows = rows};
      row.bytes_per_step = bytes_per_step(options, type, rows);
      tokens_per_second(model, options, rows, 0);  // packs the weights
      std::vector<double> rates, speeds;
      for (int64_t i = 0; i < options.repeats; ++i) {
        if (options.progress) options.progress(done++, total, weights + ", " + std::to_string(rows));
        speeds.push_back(read_speed(row.bytes_per_step));
        rates.push_back(tokens_per_second(model, options, rows, static_cast<uint64_t>(i)));
      }
      row.tokens_per_second = summarize(rates);
      row.gigabytes_per_second = summarize(speeds).median;
      const double step_seconds = static_cast<double>(rows) / row.tokens_per_second.median;
      row.share_of_floor = row.bytes_per_step / (row.gigabytes_per_second * 1e9) / step_seconds;
      table.push_back(row);
    }
  }
  return table;
}

std::vector<BlockRow> block_table(const GenerationOptions& options) {
  at::manual_seed(1);
  models::Transformer model(model_options(options));
  const nn::InferenceScope scope(model);
  const nn::RowInvariantScope as_in_decoding;
  const int64_t longest = *std::max_element(options.blocks.begin(), options.blocks.end());
  std::vector<BlockRow> table;
  for (const auto& weights : options.weights) {
    nn::set_weight_type(model, nn::parse_weight_type(weights));
    const int64_t past = std::max<int64_t>(options.length / 2, 1);
    const auto state = model.start(1, past + longest);
    state->allow_drops(longest);
    model.step({at::randint(options.vocabulary, {past}, at::kLong), {past}}, *state);
    std::vector<std::vector<double>> times(options.blocks.size());
    for (int64_t turn = -1; turn < 10 * options.repeats; ++turn)  // the first one packs the weights
      for (size_t i = 0; i < times.size(); ++i) {
        const double time = block_milliseconds(model, *state, options.blocks[i]);
        if (turn >= 0) times[i].push_back(time);
      }
    for (size_t i = 0; i < times.size(); ++i)
      table.push_back({weights, options.blocks[i], summarize(times[i])});
  }
  return table;
}

}  // namespace heed::bench
