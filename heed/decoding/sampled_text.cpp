// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/sampled_text.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <c10/util/Exception.h>

#include "heed/decoding/log_probabilities.h"

namespace heed::decoding {
namespace {

/// Returns the part of a prompt that fits into the model's context.
std::vector<int64_t> in_context(const SharedRequest& shared, const std::vector<int64_t>& prompt) {
  if (shared.request.overflow == Overflow::kStop) return prompt;
  return {prompt.begin() + context_begin(std::ssize(prompt), shared.max_length), prompt.end()};
}

std::unique_ptr<Constraint> constraint_of(const GenerateRequest& request, int64_t sample) {
  return request.constraint ? request.constraint(sample) : nullptr;
}

}  // namespace

SampledText::SampledText(SharedRequest& shared, Generated& result, const std::vector<int64_t>& prompt)
    : Policy(in_context(shared, prompt)),
      shared_(shared),
      result_(result),
      text_(prompt),
      context_(std::ssize(prompt) - std::ssize(Policy::prompt())),
      rules_(shared.request.penalties, std::ssize(prompt),
             {shared.request.end_token, shared.request.min_new_tokens},
             constraint_of(shared.request, result.sample)) {
  for (const int64_t token : prompt) rules_.accept(token);
  result_.prompt_dropped = context_;
  if (!shared.request.text) return;
  bytes_ = shared.request.text(result.sample);
  stops_.emplace(shared.request.stop_texts);
}

bool SampledText::shifts() const {
  return shared_.request.overflow == Overflow::kShift && shared_.max_length > 0;
}

std::vector<ScoredToken> SampledText::alternatives(std::span<const float> logits) const {
  const int64_t count = shared_.request.alternatives;
  return count > 0 ? top_tokens(logits, count) : std::vector<ScoredToken>();
}

bool SampledText::wants_prompt() const {
  return shared_.request.score_prompt && beginnings() == 0;
}

void SampledText::read_prompt(int64_t position, std::span<const float> logits) {
  const int64_t next = prompt()[static_cast<size_t>(position) + 1];
  result_.prompt_log_probabilities.push_back(log_probability(logits, next));
  if (shared_.request.alternatives > 0) result_.prompt_alternatives.push_back(alternatives(logits));
}

void SampledText::read(int64_t /*row*/, std::span<const float> logits) {
  draw(logits);
}

size_t SampledText::read_block(std::span<const int64_t> guesses, std::span<const float> logits) {
  const size_t vocabulary = logits.size() / (guesses.size() + 1);
  for (size_t right = 0;; ++right) {
    draw(logits.subspan(right * vocabulary, vocabulary));
    if (complete() || right == guesses.size() || text_.back() != guesses[right]) return right;
  }
}

int64_t SampledText::most_guesses() const {
  // The step must not draw more tokens than there may be, and not consume more than the context holds: it consumes the
  // text's last token and the guesses.
  const int64_t left = shared_.request.max_new_tokens - std::ssize(result_.tokens) - 1;
  if (shared_.max_length == 0) return left;
  return std::min(left, shared_.max_length - (std::ssize(text_) - context_));
}

void SampledText::draw(std::span<const float> logits) {
  const GenerateRequest& request = shared_.request;
  const double noise = sampling_noise(request.seed, result_.sample, std::ssize(text_));
  if (rules_.idle()) return add(draw_token(logits, request.sampling, noise), logits);
  std::vector<float> allowed(logits.begin(), logits.end());
  rules_.restrict_logits(allowed);
  constexpr float kForbidden = -std::numeric_limits<float>::infinity();
  if (request.penalties.no_repeat_ngram > 0 &&
      std::all_of(allowed.begin(), allowed.end(), [](float logit) { return logit == kForbidden; })) {
    result_.ending = Ending::kNoToken;
    return;
  }
  const int64_t token = pick_token(allowed, request.sampling, noise);
  add({token, log_probability(logits, token)}, logits);
}

void SampledText::add(Draw draw, std::span<const float> logits) {
  DrawnToken drawn{result_.sample, draw.token, draw.log_probability, alternatives(logits), {}};
  rules_.accept(draw.token);
  text_.push_back(draw.token);
  result_.tokens.push_back(draw.token);
  result_.log_probabilities.push_back(draw.log_probability);
  if (shared_.request.alternatives > 0) result_.alternatives.push_back(drawn.alternatives);
  if (draw.token == shared_.request.end_token) result_.ending = Ending::kEndToken;
  if (stops_ && !complete()) drawn.text = stops_->feed(bytes_(draw.token));
  if (stops_ && stops_->stopped()) {
    result_.ending = Ending::kStopText;
    result_.stop_text = stops_->stopped_by();
  }
  if (!complete()) end_if_full();
  if (stops_ && complete()) drawn.text += stops_->finish();
  result_.text += drawn.text;
  drawn_.push_back(std::move(drawn));
}

void SampledText::end_if_full() {
  if (std::ssize(result_.tokens) >= shared_.request.max_new_tokens)
    result_.ending = Ending::kLength;
  else if (shared_.max_length > 0 && !shifts() && std::ssize(text_) > shared_.max_length)
    result_.ending = Ending::kContext;
}

void SampledText::close() {
  if (stops_) result_.text += stops_->finish();
}

void SampledText::choose() {
  const int64_t begin = shifts() ? context_begin(std::ssize(text_), shared_.max_length) : 0;
  if (complete()) {
    drop_rows();
  } else if (begin > context_) {
    context_ = begin;
    begin_again({text_.begin() + begin, text_.end()});
  } else {
    drop_rows();
    go_on(0, text_.back());
  }
  ++result_.passes;
  const std::lock_guard lock(shared_.mutex);
  shared_.drawn += std::ssize(drawn_);
  for (const DrawnToken& drawn : drawn_)
    if (shared_.request.on_token) shared_.request.on_token(drawn);
  drawn_.clear();
}

}  // namespace heed::decoding
