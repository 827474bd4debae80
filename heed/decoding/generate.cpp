// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/generate.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

#include "heed/decoding/start_state.h"

namespace heed::decoding {
namespace {

void check(const nn::Decoder& model, const GenerateRequest& request) {
  TORCH_CHECK(request.count >= 1 && request.first_sample >= 0, "[generate] count must be at least 1 and ",
              "first_sample not negative, got ", request.count, " and ", request.first_sample);
  TORCH_CHECK(request.batch_size >= 1 && request.max_new_tokens >= 1,
              "[generate] batch_size and max_new_tokens must be at least 1");
  const auto prompts = static_cast<int64_t>(request.prompts.size());
  TORCH_CHECK(prompts == 1 || prompts == request.count, "[generate] needs one prompt or ", request.count,
              ", got ", prompts);
  for (const auto& prompt : request.prompts) {
    TORCH_CHECK(!prompt.empty(), "[generate] a prompt needs at least one token: the begin mark");
    TORCH_CHECK(model.max_length() == 0 || std::ssize(prompt) <= model.max_length(),
                "[generate] a prompt of ", prompt.size(), " tokens exceeds the model's maximum length, ",
                model.max_length());
    for (const int64_t token : prompt)
      TORCH_CHECK(token >= 0 && token < model.vocabulary_size(), "[generate] prompt token ", token,
                  " is outside the vocabulary of ", model.vocabulary_size());
  }
}

const std::vector<int64_t>& prompt_of(const GenerateRequest& request, size_t sample) {
  return request.prompts[request.prompts.size() == 1 ? 0 : sample];
}

/// State that the samples of one request share.
struct Shared {
  const GenerateRequest& request;
  int64_t max_length = 0;  ///< limit of the model, including the prompt; 0: unlimited
  std::mutex mutex;
  int64_t drawn = 0;

  /// Returns the maximum number of tokens after a prompt; the last one need not be consumed.
  int64_t most_after(const std::vector<int64_t>& prompt) const {
    if (max_length == 0) return request.max_new_tokens;
    return std::min(request.max_new_tokens, max_length - std::ssize(prompt) + 1);
  }
};

/// Draws one sample, one token per step.
class SampledPiece : public Policy {
 public:
  SampledPiece(Shared& shared, Generated& result, const std::vector<int64_t>& prompt)
      : Policy(prompt), shared_(shared), result_(result) {
    const auto& make = shared.request.constraint;
    if (!make) return;
    constraint_ = make(result.sample);
    for (const int64_t token : prompt) constraint_->accept(token);
  }

  bool complete() const {
    return result_.ended || std::ssize(result_.tokens) >= shared_.most_after(prompt());
  }

  void read(int64_t /*row*/, std::span<const float> logits) override {
    const GenerateRequest& request = shared_.request;
    const auto position = std::ssize(prompt()) + std::ssize(result_.tokens);
    const double noise = sampling_noise(request.seed, result_.sample, position);
    const Draw draw = constraint_ ? draw_token(logits, *constraint_, request.sampling, noise)
                                  : draw_token(logits, request.sampling, noise);
    drawn_ = {result_.sample, draw.token, draw.log_probability};
  }

  void choose() override {
    if (constraint_) constraint_->accept(drawn_.token);
    result_.tokens.push_back(drawn_.token);
    result_.log_probabilities.push_back(drawn_.log_probability);
    result_.ended = drawn_.token == shared_.request.end_token;
    drop_rows();
    if (!complete()) go_on(0, drawn_.token);
    const std::lock_guard lock(shared_.mutex);
    ++shared_.drawn;
    if (shared_.request.on_token) shared_.request.on_token(drawn_);
  }

 private:
  Shared& shared_;
  Generated& result_;
  std::unique_ptr<Constraint> constraint_;
  DrawnToken drawn_;
};

/// Maps inputs 0, 1, ... to first, first + 1, ... of a larger request.
StartState shifted(const StartState& start, int64_t first) {
  return [&start, first](std::vector<int64_t> inputs) {
    for (int64_t& input : inputs) input += first;
    return start(inputs);
  };
}

}  // namespace

Generation generate(nn::Decoder& model, const StartState& start, const GenerateRequest& request) {
  check(model, request);
  const auto begin = std::chrono::steady_clock::now();
  Generation generation;
  generation.samples.resize(static_cast<size_t>(request.count));
  for (int64_t i = 0; i < request.count; ++i)
    generation.samples[static_cast<size_t>(i)].sample = request.first_sample + i;
  Shared shared{request, model.max_length(), {}, 0};
  bool complete = true;
  DecodeOptions options{.rows_per_input = 1, .stop = request.stop, .after_step = {}};
  if (request.progress) {
    options.after_step = [&] {
      const int64_t drawn = [&] {
        const std::lock_guard lock(shared.mutex);
        return shared.drawn;
      }();
      request.progress(drawn);
    };
  }
  for (int64_t first = 0; first < request.count && !request.stop.stop_requested();
       first += request.batch_size) {
    std::vector<std::unique_ptr<SampledPiece>> pieces;
    std::vector<Policy*> policies;
    for (int64_t i = first; i < std::min(request.count, first + request.batch_size); ++i) {
      Generated& result = generation.samples[static_cast<size_t>(i)];
      pieces.push_back(
          std::make_unique<SampledPiece>(shared, result, prompt_of(request, static_cast<size_t>(i))));
      policies.push_back(pieces.back().get());
    }
    decode(model, shifted(start, first), policies, options);
    for (const auto& piece : pieces) complete = complete && piece->complete();
  }
  generation.drawn = shared.drawn;
  const bool all_begun = std::none_of(generation.samples.begin(), generation.samples.end(),
                                      [](const Generated& sample) { return sample.tokens.empty(); });
  generation.stopped = !complete || !all_begun;
  generation.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return generation;
}

Generation generate(nn::SequenceModel& model, const GenerateRequest& request) {
  size_t longest = 0;
  for (const auto& prompt : request.prompts) longest = std::max(longest, prompt.size());
  const int64_t capacity = static_cast<int64_t>(longest) + request.max_new_tokens;
  return generate(model, start_sequences(model, capacity), request);
}

}  // namespace heed::decoding
