// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/generate.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

#include "heed/core/error.h"
#include "heed/decoding/draft_model.h"
#include "heed/decoding/prompt_lookup.h"
#include "heed/decoding/sampled_text.h"
#include "heed/decoding/start_state.h"
#include "heed/nn/inference_scope.h"

namespace heed::decoding {
namespace {

void check_prompts(const nn::Decoder& model, const GenerateRequest& request) {
  const auto prompts = std::ssize(request.prompts);
  TORCH_CHECK(prompts == 1 || prompts == request.count, "[generate] needs one prompt or ", request.count,
              ", got ", prompts);
  for (const auto& prompt : request.prompts) {
    TORCH_CHECK(!prompt.empty(), "[generate] a prompt needs at least one token: the begin mark");
    TORCH_CHECK(request.overflow == Overflow::kShift || model.max_length() == 0 ||
                    std::ssize(prompt) <= model.max_length(),
                "[generate] a prompt of ", prompt.size(), " tokens exceeds the model's maximum length, ",
                model.max_length());
    for (const int64_t token : prompt)
      TORCH_CHECK(token >= 0 && token < model.vocabulary_size(), "[generate] prompt token ", token,
                  " is outside the vocabulary of ", model.vocabulary_size());
  }
}

void check(const nn::Decoder& model, const GenerateRequest& request) {
  TORCH_CHECK(request.count >= 1 && request.first_sample >= 0, "[generate] count must be at least 1 and ",
              "first_sample not negative, got ", request.count, " and ", request.first_sample);
  TORCH_CHECK(request.batch_size >= 1 && request.max_new_tokens >= 1,
              "[generate] batch_size and max_new_tokens must be at least 1");
  TORCH_CHECK(request.alternatives >= 0, "[generate] alternatives must not be negative, got ",
              request.alternatives);
  TORCH_CHECK(request.stop_texts.empty() || request.text,
              "[generate] stop texts need the bytes of each token (text)");
  TORCH_CHECK(!request.end_token || (*request.end_token >= 0 && *request.end_token < model.vocabulary_size()),
              "[generate] the end token ", request.end_token.value_or(0), " is outside the vocabulary of ",
              model.vocabulary_size());
  TORCH_CHECK(request.speculation.guesses >= 0 && request.speculation.min_match >= 1,
              "[generate] guesses must not be negative and min_match at least 1, got ",
              request.speculation.guesses, " and ", request.speculation.min_match);
  TORCH_CHECK(request.draft == nullptr || request.draft->vocabulary_size() == model.vocabulary_size(),
              "[generate] the draft model has a vocabulary of ",
              request.draft == nullptr ? 0 : request.draft->vocabulary_size(), " tokens, the model one of ",
              model.vocabulary_size());
  check_prompts(model, request);
}

int64_t longest_prompt(const GenerateRequest& request) {
  size_t longest = 0;
  for (const auto& prompt : request.prompts) longest = std::max(longest, prompt.size());
  return static_cast<int64_t>(longest);
}

const std::vector<int64_t>& prompt_of(const GenerateRequest& request, size_t sample) {
  return request.prompts[request.prompts.size() == 1 ? 0 : sample];
}

/// Maps inputs 0, 1, ... to first, first + 1, ... of a larger request.
StartState shifted(const StartState& start, int64_t first) {
  return [&start, first](std::vector<int64_t> inputs) {
    for (int64_t& input : inputs) input += first;
    return start(inputs);
  };
}

/// Who guesses for the samples from `first` on.
StartProposer start_proposer(const GenerateRequest& request, int64_t first) {
  const auto [guesses, min_match] = request.speculation;
  if (guesses == 0) return {};
  if (request.draft == nullptr)
    return [=](const std::vector<int64_t>&) { return std::make_unique<PromptLookup>(guesses, min_match); };
  const DraftOptions options{guesses, request.sampling, request.seed, request.first_sample + first};
  const int64_t capacity = longest_prompt(request) + request.max_new_tokens;
  return [options, capacity, draft = request.draft](const std::vector<int64_t>&) {
    return std::make_unique<DraftModel>(*draft, options, capacity);
  };
}

DecodeOptions decode_options(const GenerateRequest& request, SharedRequest& shared, int64_t first) {
  DecodeOptions options{.rows_per_input = 1, .stop = request.stop, .after_step = {}, .start_proposer = {}};
  options.start_proposer = start_proposer(request, first);
  options.drops = request.overflow == Overflow::kShift && shared.max_length > 0;
  if (!request.progress) return options;
  options.after_step = [&request, &shared] {
    const int64_t drawn = [&] {
      const std::lock_guard lock(shared.mutex);
      return shared.drawn;
    }();
    request.progress(drawn);
  };
  return options;
}

/// Draws the samples from `first` to `end` together.
void generate_batch(nn::Decoder& model, const StartState& start, SharedRequest& shared,
                    std::vector<Generated>& samples, int64_t first, int64_t end) {
  const GenerateRequest& request = shared.request;
  std::vector<std::unique_ptr<SampledText>> texts;
  std::vector<Policy*> policies;
  for (int64_t i = first; i < end; ++i) {
    const auto number = static_cast<size_t>(i);
    texts.push_back(std::make_unique<SampledText>(shared, samples[number], prompt_of(request, number)));
    policies.push_back(texts.back().get());
  }
  decode(model, shifted(start, first), policies, decode_options(request, shared, first));
  for (const auto& text : texts) text->close();
}

}  // namespace

std::vector<Field> fields(SpeculationOptions& options) {
  return {
      {"guesses", &options.guesses, "tokens guessed ahead for each pass, which verifies them; 0: none",
       between(0, 64)},
      {"min_match", &options.min_match,
       "guess what followed where this many last tokens occurred before, or more", between(1, 16)},
  };
}

Overflow parse_overflow(const std::string& name) {
  if (name == "stop") return Overflow::kStop;
  if (name == "shift") return Overflow::kShift;
  throw Error(ErrorKind::kUsage, "overflow must be stop or shift, got '" + name + "'");
}

int64_t context_begin(int64_t tokens, int64_t max_length) {
  if (max_length == 0 || tokens <= max_length) return 0;
  const int64_t hop = max_length - max_length / 2;
  return (tokens - max_length + hop - 1) / hop * hop;
}

Generation generate(nn::Decoder& model, const StartState& start, const GenerateRequest& request) {
  check(model, request);
  const auto begin = std::chrono::steady_clock::now();
  Generation generation;
  generation.samples.resize(static_cast<size_t>(request.count));
  for (int64_t i = 0; i < request.count; ++i)
    generation.samples[static_cast<size_t>(i)].sample = request.first_sample + i;
  std::optional<nn::InferenceScope> draft_scope;
  if (request.draft != nullptr) draft_scope.emplace(*request.draft);
  SharedRequest shared{request, model.max_length(), {}, 0};
  for (int64_t first = 0; first < request.count && !request.stop.stop_requested();
       first += request.batch_size) {
    generate_batch(model, start, shared, generation.samples, first,
                   std::min(request.count, first + request.batch_size));
  }
  generation.drawn = shared.drawn;
  for (const Generated& sample : generation.samples) generation.passes += sample.passes;
  generation.stopped =
      std::any_of(generation.samples.begin(), generation.samples.end(),
                  [](const Generated& sample) { return sample.ending == Ending::kInterrupted; });
  generation.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return generation;
}

Generation generate(nn::SequenceModel& model, const GenerateRequest& request) {
  int64_t capacity = longest_prompt(request) + request.max_new_tokens;
  if (model.max_length() > 0) capacity = std::min(capacity, model.max_length());
  return generate(model, start_sequences(model, capacity), request);
}

}  // namespace heed::decoding
