// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/generate.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <utility>

#include <ATen/ops/empty.h>

#include "heed/nn/inference_scope.h"

namespace heed::decoding {
namespace {

/// Bounds the memory of a pass over a long prompt.
constexpr int64_t kPromptChunk = 256;

struct Row {
  Generated* result = nullptr;  ///< nullptr: nobody stands here
  const std::vector<int64_t>* prompt = nullptr;
  std::unique_ptr<Constraint> constraint;
  bool active = false;
};

/// Samples that share the passes of the model; their prompts have one length.
using Tile = std::vector<Row>;

void check(const nn::SequenceModel& model, const GenerateRequest& request) {
  TORCH_CHECK(request.count >= 1 && request.first_sample >= 0, "[generate] count must be at least 1 and ",
              "first_sample not negative, got ", request.count, " and ", request.first_sample);
  TORCH_CHECK(request.batch_size >= 1 && request.tile >= 1 && request.max_new_tokens >= 1,
              "[generate] batch_size, tile and max_new_tokens must be at least 1");
  const auto prompts = static_cast<int64_t>(request.prompts.size());
  TORCH_CHECK(prompts == 1 || prompts == request.count, "[generate] need one prompt or ", request.count,
              ", got ", prompts);
  for (const auto& prompt : request.prompts) {
    TORCH_CHECK(!prompt.empty(), "[generate] a prompt needs at least one token: the begin mark");
    for (const int64_t token : prompt)
      TORCH_CHECK(token >= 0 && token < model.vocabulary_size(), "[generate] prompt token ", token,
                  " is outside the vocabulary of ", model.vocabulary_size());
  }
}

/// Spreads the samples over tiles: each to its own row, at most batch_size in a tile.
std::vector<Tile> make_tiles(const GenerateRequest& request, std::vector<Generated>& results) {
  struct Open {
    size_t tile;
    int64_t used;
  };
  std::vector<Tile> tiles;
  std::map<size_t, Open> open;  // by prompt length
  for (size_t i = 0; i < results.size(); ++i) {
    const auto& prompt = request.prompts[request.prompts.size() == 1 ? 0 : i];
    const auto slot = static_cast<size_t>(results[i].sample % request.tile);
    auto found = open.find(prompt.size());
    if (found == open.end() || found->second.used >= request.batch_size ||
        tiles[found->second.tile][slot].result != nullptr) {
      tiles.emplace_back(static_cast<size_t>(request.tile));
      found = open.insert_or_assign(prompt.size(), Open{tiles.size() - 1, 0}).first;
    }
    tiles[found->second.tile][slot] = {&results[i], &prompt, nullptr, true};
    ++found->second.used;
  }
  return tiles;
}

/// Decodes one tile to its end.
class TileDecoder {
 public:
  TileDecoder(nn::SequenceModel& model, const GenerateRequest& request, Tile& tile, int64_t& drawn)
      : model_(model), request_(request), tile_(tile), drawn_(drawn), device_(nn::device_of(model)) {
    for (const Row& row : tile_)
      if (row.active) prompt_length_ = static_cast<int64_t>(row.prompt->size());
    state_ = model_.start(request_.tile, prompt_length_ + request_.max_new_tokens);
  }

  void run() {
    at::Tensor logits = pass_prompts();
    for (int64_t i = 0; i < request_.max_new_tokens; ++i) {
      const at::Tensor next = draw(logits, prompt_length_ + i);
      if (request_.progress) request_.progress(drawn_);
      const bool done = std::none_of(tile_.begin(), tile_.end(), [](const Row& row) { return row.active; });
      if (done || i + 1 == request_.max_new_tokens) return;
      logits = pass(next);
    }
  }

 private:
  at::Tensor pass(const at::Tensor& tokens) {
    return model_.step(tokens.to(device_), *state_)
        .to(at::kCPU, at::kFloat)
        .contiguous();  // [tile, vocabulary]
  }

  at::Tensor pass_prompts() {
    at::Tensor tokens = at::empty({request_.tile, prompt_length_}, at::kLong);
    const auto& filler = *std::find_if(tile_.begin(), tile_.end(), [](const Row& row) { return row.active; });
    for (size_t i = 0; i < tile_.size(); ++i) {
      Row& row = tile_[i];
      const auto& prompt = row.active ? *row.prompt : *filler.prompt;
      std::copy(prompt.begin(), prompt.end(), tokens[static_cast<int64_t>(i)].data_ptr<int64_t>());
      if (!row.active || !request_.constraint) continue;
      row.constraint = request_.constraint(row.result->sample);
      for (const int64_t token : prompt) row.constraint->accept(token);
    }
    at::Tensor logits;
    for (int64_t start = 0; start < prompt_length_; start += kPromptChunk)
      logits = pass(tokens.narrow(1, start, std::min(kPromptChunk, prompt_length_ - start)));
    return logits;
  }

  /// Draws one token for each active row; returns [tile, 1].
  at::Tensor draw(const at::Tensor& logits, int64_t position) {
    const auto vocabulary = static_cast<size_t>(logits.size(1));
    at::Tensor next = at::empty({request_.tile, 1}, at::kLong);
    auto* tokens = next.data_ptr<int64_t>();
    for (size_t i = 0; i < tile_.size(); ++i) {
      const std::span<const float> row_logits(logits.const_data_ptr<float>() + i * vocabulary, vocabulary);
      tokens[i] = tile_[i].active ? draw(tile_[i], row_logits, position) : 0;
    }
    return next;
  }

  int64_t draw(Row& row, std::span<const float> logits, int64_t position) {
    const double noise = sampling_noise(request_.seed, row.result->sample, position);
    const auto [token, log_probability] = row.constraint
                                              ? draw_token(logits, *row.constraint, request_.sampling, noise)
                                              : draw_token(logits, request_.sampling, noise);
    if (row.constraint) row.constraint->accept(token);
    row.result->tokens.push_back(token);
    row.result->log_probabilities.push_back(log_probability);
    row.result->ended = token == request_.end_token;
    row.active = !row.result->ended;
    ++drawn_;
    return token;
  }

  nn::SequenceModel& model_;
  const GenerateRequest& request_;
  Tile& tile_;
  int64_t& drawn_;
  at::Device device_;
  int64_t prompt_length_ = 0;
  std::unique_ptr<nn::DecodingState> state_;
};

}  // namespace

Generation generate(nn::SequenceModel& model, const GenerateRequest& request) {
  check(model, request);
  const nn::InferenceScope scope(model);
  const auto begin = std::chrono::steady_clock::now();
  Generation generation;
  generation.samples.resize(static_cast<size_t>(request.count));
  for (int64_t i = 0; i < request.count; ++i)
    generation.samples[static_cast<size_t>(i)].sample = request.first_sample + i;
  for (Tile& tile : make_tiles(request, generation.samples))
    TileDecoder(model, request, tile, generation.drawn).run();
  generation.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return generation;
}

}  // namespace heed::decoding
