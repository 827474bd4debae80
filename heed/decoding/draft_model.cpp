// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/draft_model.h"

#include <algorithm>

#include <ATen/ops/tensor.h>

#include "heed/decoding/generate.h"
#include "heed/nn/inference_scope.h"

namespace heed::decoding {
namespace {

/// Maximum number of tokens that a step consumes, which bounds its memory.
constexpr size_t kChunk = 256;

std::span<const float> row_of(const at::Tensor& logits) {
  return {logits.const_data_ptr<float>(), static_cast<size_t>(logits.size(1))};
}

}  // namespace

DraftModel::DraftModel(nn::SequenceModel& model, const DraftOptions& options, int64_t capacity)
    : model_(model), options_(options), capacity_(capacity + options.guesses) {
  TORCH_CHECK(options.guesses >= 1, "[draft_model] guesses must be at least 1, got ", options.guesses);
  if (model.max_length() > 0) capacity_ = std::min(capacity_, model.max_length());
}

std::vector<std::vector<int64_t>> DraftModel::propose(const std::vector<OpenText>& texts) {
  std::vector<std::vector<int64_t>> guesses;
  for (const OpenText& open : texts) guesses.push_back(open.most > 0 ? guess(open) : std::vector<int64_t>());
  return guesses;
}

at::Tensor DraftModel::consume(Follower& follower, std::span<const int64_t> tokens) {
  at::Tensor logits;
  for (; !tokens.empty(); tokens = tokens.subspan(std::min(kChunk, tokens.size()))) {
    const auto now = tokens.first(std::min(kChunk, tokens.size()));
    follower.consumed.insert(follower.consumed.end(), now.begin(), now.end());
    const at::Tensor chunk = at::tensor(at::IntArrayRef(now.data(), now.size()), at::kLong);
    logits =
        model_.step({chunk.to(nn::device_of(model_)), {static_cast<int64_t>(now.size())}}, *follower.state);
  }
  return logits.to(at::kCPU, at::kFloat).contiguous();
}

at::Tensor DraftModel::catch_up(Follower& follower, std::span<const int64_t> text, int64_t most) {
  const int64_t begin = context_begin(std::ssize(text) + most, model_.max_length());
  if (!follower.state || begin != follower.begin) {
    follower = {model_.start(1, capacity_), {}, begin};
    follower.state->allow_drops(options_.guesses);
  }
  const auto seen = text.subspan(static_cast<size_t>(begin));
  auto& consumed = follower.consumed;
  const size_t longest = std::min(consumed.size(), seen.size() - 1);  // at least the last token is consumed
  const auto same =
      std::mismatch(consumed.begin(), consumed.begin() + static_cast<std::ptrdiff_t>(longest), seen.begin());
  const int64_t wrong = consumed.end() - same.first;
  if (wrong > 0) follower.state->drop_last({wrong});
  consumed.erase(same.first, consumed.end());
  return consume(follower, seen.subspan(consumed.size()));
}

std::vector<int64_t> DraftModel::guess(const OpenText& open) {
  // The draft's own context may be shorter: half of it is for guesses, so that it sees some of the text.
  const int64_t limit = model_.max_length();
  const int64_t most = limit > 0 ? std::min(open.most, limit / 2) : open.most;
  std::vector<int64_t> guesses;
  if (most < 1) return guesses;
  Follower& follower = followers_[open.input];
  at::Tensor logits = catch_up(follower, open.text, most);
  for (int64_t position = std::ssize(open.text);; ++position) {
    const double noise = sampling_noise(options_.seed, options_.first_sample + open.input, position);
    guesses.push_back(pick_token(row_of(logits), options_.sampling, noise));
    if (std::ssize(guesses) == most) return guesses;
    logits = consume(follower, {&guesses.back(), 1});
  }
}

}  // namespace heed::decoding
