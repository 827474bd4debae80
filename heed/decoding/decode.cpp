// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/decode.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <numeric>
#include <utility>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include "heed/nn/inference_scope.h"
#include "heed/nn/linear.h"

namespace heed::decoding {
namespace {

/// Number of logits per step that makes a second thread worth waking.
constexpr int64_t kLogitsForAThread = 16384;
/// Number of rows that keeps a thread busy: reading the weights for them then costs less than the products.
constexpr int64_t kRowsForAThread = 32;
/// Maximum number of prompt tokens per step, which bounds the memory of a pass.
constexpr size_t kPromptChunk = 256;
/// The same for a prompt whose logits are all read.
constexpr size_t kScoredChunk = 64;

/// State that the shares of one call have in common.
class SharedWork {
 public:
  explicit SharedWork(const DecodeOptions& options) : options_(options) {}
  bool stopped() const { return failed_ || options_.stop.stop_requested(); }
  void fail() { failed_ = true; }
  void after_step() {
    if (!options_.after_step) return;
    const std::lock_guard lock(mutex_);
    if (stopped()) return;
    try {
      options_.after_step();
    } catch (...) {
      fail();  // before another thread takes the lock
      throw;
    }
  }

 private:
  const DecodeOptions& options_;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
};

/// An unfinished input.
struct Open {
  Policy* policy;
  int64_t input = 0;
  size_t consumed = 0;  ///< number of prompt tokens
  int64_t rows = 1;
  int64_t length = 0;                 ///< tokens that each row of the state has consumed
  std::vector<int64_t> guesses = {};  ///< consumed after the policy's next()

  int64_t trust = std::numeric_limits<int64_t>::max();  ///< guesses that the next step may have; see learn()

  // Of the latest step.
  int64_t count = 0;   ///< tokens that each row consumed
  int64_t wanted = 0;  ///< of their logits
  size_t right = 0;    ///< guesses

  bool in_prompt() const { return consumed < policy->prompt().size(); }
};

at::Tensor to_tensor(const std::vector<int64_t>& numbers) {
  const at::Tensor tensor = at::empty({std::ssize(numbers)}, at::kLong);
  std::copy(numbers.begin(), numbers.end(), tensor.mutable_data_ptr<int64_t>());
  return tensor;
}

void append_prompt(Open& input, std::vector<int64_t>& tokens) {
  const auto& prompt = input.policy->prompt();
  const bool scored = input.policy->wants_prompt();
  const size_t count = std::min(scored ? kScoredChunk : kPromptChunk, prompt.size() - input.consumed);
  const auto from = prompt.begin() + static_cast<std::ptrdiff_t>(input.consumed);
  tokens.insert(tokens.end(), from, from + static_cast<std::ptrdiff_t>(count));
  input.consumed += count;
  input.count = static_cast<int64_t>(count);
  input.wanted = scored ? input.count : 1;
}

void append_next(Open& input, std::vector<int64_t>& tokens) {
  const auto& next = input.policy->next();
  tokens.insert(tokens.end(), next.begin(), next.end());
  tokens.insert(tokens.end(), input.guesses.begin(), input.guesses.end());
  input.count = input.wanted = 1 + std::ssize(input.guesses);
}

/// Returns the next tokens of every row: a piece of the prompt, or the chosen token and guesses after it.
nn::StepTokens next_tokens(std::vector<Open>& open, at::Device device) {
  std::vector<int64_t> tokens, counts, wanted;
  for (Open& input : open) {
    input.in_prompt() ? append_prompt(input, tokens) : append_next(input, tokens);
    input.length += input.count;
    counts.insert(counts.end(), static_cast<size_t>(input.rows), input.count);
    wanted.insert(wanted.end(), static_cast<size_t>(input.rows), input.wanted);
  }
  const at::Tensor all = to_tensor(tokens).to(device);
  const auto are_one = [](const std::vector<int64_t>& list) {
    return std::all_of(list.begin(), list.end(), [](int64_t number) { return number == 1; });
  };
  if (are_one(counts)) counts.clear();
  if (are_one(wanted)) wanted.clear();
  return {all, std::move(counts), std::move(wanted)};
}

/// After wrong guesses the next step has one more than were right; while all are right, their number doubles. So texts that
/// cannot be guessed cost little more than without guesses.
void learn(Open& input) {
  if (input.guesses.empty()) return;
  const auto guessed = std::ssize(input.guesses), right = static_cast<int64_t>(input.right);
  if (right < guessed)
    input.trust = right + 1;
  else if (guessed == input.trust)
    input.trust *= 2;
}

/// Fills the guesses of the inputs that are past their prompt.
void guess(std::vector<Open>& open, Proposer& proposer) {
  std::vector<OpenText> texts;
  std::vector<Open*> guessed;
  for (Open& input : open) {
    learn(input);
    input.guesses.clear();
    const auto text = input.policy->text();
    if (input.in_prompt() || text.empty() || input.rows != 1) continue;
    texts.push_back(
        {input.input, text, std::min({input.policy->most_guesses(), proposer.most_guesses(), input.trust})});
    guessed.push_back(&input);
  }
  if (texts.empty()) return;
  auto guesses = proposer.propose(texts);
  TORCH_CHECK(guesses.size() == texts.size(), "[decode] a proposer must answer ", texts.size(),
              " texts, got ", guesses.size());
  for (size_t i = 0; i < guessed.size(); ++i) {
    TORCH_CHECK(std::ssize(guesses[i]) <= texts[i].most, "[decode] a proposer may guess ", texts[i].most,
                " tokens, got ", guesses[i].size());
    guessed[i]->guesses = std::move(guesses[i]);
  }
}

/// Returns the attention of the latest step from the state: [rows, heads, positions].
at::Tensor attention_of(const nn::DecoderState& state) {
  const at::Tensor attention = state.cross_attention();
  TORCH_CHECK(attention.defined() && attention.dim() == 3 && attention.size(0) == state.rows() &&
                  attention.scalar_type() == at::kFloat && attention.is_cpu(),
              "[decode] cross attention must be [rows, heads, positions], float32 on the CPU");
  return attention.contiguous();
}

StepAttention row_of(const at::Tensor& attention, int64_t row) {
  const auto positions = static_cast<size_t>(attention.size(2));
  const size_t size = static_cast<size_t>(attention.size(1)) * positions;
  return {{attention.const_data_ptr<float>() + static_cast<size_t>(row) * size, size}, positions};
}

/// A row of a step: its input, its number there, and the first of its logits.
struct ReadRow {
  Open* input;
  int64_t own, first;
};

std::vector<ReadRow> rows_to_read(std::vector<Open>& open) {
  std::vector<ReadRow> rows;
  int64_t first = 0;
  for (Open& input : open)
    for (int64_t i = 0; i < input.rows; ++i, first += input.wanted) rows.push_back({&input, i, first});
  return rows;
}

/// Passes a row's logits [wanted][vocabulary] to its policy.
void read_row(Open& input, int64_t own, std::span<const float> logits, size_t vocabulary) {
  Policy& policy = *input.policy;
  input.right = 0;
  if (!input.guesses.empty()) {
    input.right = policy.read_block(input.guesses, logits);
    return;
  }
  const size_t last = static_cast<size_t>(input.wanted) - 1;
  const bool prompt_goes_on = input.in_prompt();
  const size_t prompt_logits = policy.wants_prompt() && input.length <= std::ssize(policy.prompt())
                                   ? last + (prompt_goes_on ? 1 : 0)
                                   : 0;
  for (size_t i = 0; i < prompt_logits; ++i)
    policy.read_prompt(input.length - input.count + static_cast<int64_t>(i),
                       logits.subspan(i * vocabulary, vocabulary));
  if (!prompt_goes_on) policy.read(own, logits.subspan(last * vocabulary, vocabulary));
}

/// Passes the step's logits, and the attention if defined, to the policies.
void read_rows(const at::Tensor& logits, const at::Tensor& attention, std::vector<Open>& open) {
  const int64_t vocabulary = logits.size(1);
  const std::vector<ReadRow> readers = rows_to_read(open);
  const auto* data = logits.const_data_ptr<float>();
  const auto read = [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const auto& [input, own, first] = readers[static_cast<size_t>(row)];
      if (attention.defined() && !input->in_prompt()) input->policy->look(own, row_of(attention, row));
      read_row(*input, own, {data + first * vocabulary, static_cast<size_t>(input->wanted * vocabulary)},
               static_cast<size_t>(vocabulary));
    }
  };
  if (logits.numel() < 2 * kLogitsForAThread) return read(0, std::ssize(readers));
  at::parallel_for(0, std::ssize(readers), std::max<int64_t>(kLogitsForAThread / vocabulary, 1), read);
}

bool counts_up(const std::vector<int64_t>& order, int64_t size) {
  for (size_t i = 0; i < order.size(); ++i)
    if (order[i] != static_cast<int64_t>(i)) return false;
  return std::ssize(order) == size;
}

/// Lets an input's policy choose. Returns the number of tokens that its rows then drop.
int64_t choose(Open& input) {
  const int64_t beginnings = input.policy->beginnings();
  input.policy->choose();
  int64_t dropped = std::ssize(input.guesses) - static_cast<int64_t>(input.right);
  if (input.policy->beginnings() > beginnings) {
    dropped = input.length;
    input.consumed = 0;
  }
  input.length -= dropped;
  return dropped;
}

/// Lets every policy choose, removes finished inputs, and reorders the rows of the others.
void choose(std::vector<Open>& open, nn::DecoderState& state) {
  std::vector<Open> kept;
  std::vector<int64_t> order, dropped;
  int64_t first = 0;
  for (Open& input : open) {
    const int64_t before = input.rows;
    int64_t drop = 0;
    if (input.in_prompt()) {
      order.push_back(first);
    } else {
      drop = choose(input);
      for (const int64_t parent : input.policy->parents()) order.push_back(first + parent);
      input.rows = std::ssize(input.policy->next());
    }
    dropped.insert(dropped.end(), static_cast<size_t>(before), input.rows > 0 ? drop : 0);
    first += before;
    if (input.rows > 0) kept.push_back(std::move(input));
  }
  open = std::move(kept);
  if (std::any_of(dropped.begin(), dropped.end(), [](int64_t count) { return count > 0; }))
    state.drop_last(dropped);
  if (!open.empty() && !counts_up(order, first)) state.reorder(to_tensor(order));
}

/// Lets a new state drop what guesses and new beginnings need.
void allow_drops(nn::DecoderState& state, const nn::Decoder& model, const Proposer* proposer,
                 const DecodeOptions& options) {
  const int64_t guesses = proposer != nullptr ? proposer->most_guesses() : 0;
  const int64_t tokens = std::max(guesses, options.drops ? model.max_length() : 0);
  if (tokens > 0) state.allow_drops(tokens);
}

/// Decodes some of the inputs in the calling thread.
void decode_share(nn::Decoder& model, const StartState& start, const std::vector<Policy*>& policies,
                  const std::vector<int64_t>& inputs, const DecodeOptions& options, SharedWork& shared) {
  const nn::RowInvariantScope same_in_every_batch;
  const at::Device device = nn::device_of(model);
  const auto state = start(inputs);
  TORCH_CHECK(state->rows() == std::ssize(inputs), "[decode] the state must begin with ", inputs.size(),
              " rows, got ", state->rows());
  std::vector<Open> open;
  for (const int64_t input : inputs) open.push_back({policies[static_cast<size_t>(input)], input});
  const bool look = std::any_of(open.begin(), open.end(),
                                [](const Open& input) { return input.policy->wants_attention(); });
  if (look) state->keep_cross_attention();
  const auto proposer = options.start_proposer ? options.start_proposer(inputs) : nullptr;
  allow_drops(*state, model, proposer.get(), options);
  while (!open.empty() && !shared.stopped()) {
    if (proposer) guess(open, *proposer);
    const nn::StepTokens tokens = next_tokens(open, device);
    const int64_t wanted = std::accumulate(tokens.wanted.begin(), tokens.wanted.end(), int64_t{0});
    const at::Tensor logits = model.step(tokens, *state).to(at::kCPU, at::kFloat).contiguous();
    TORCH_CHECK(logits.dim() == 2 && logits.size(0) == (tokens.wanted.empty() ? state->rows() : wanted) &&
                    logits.size(1) == model.vocabulary_size(),
                "[decode] the model's step must return logits [wanted, vocabulary], got ", logits.sizes());
    read_rows(logits, look ? attention_of(*state) : at::Tensor(), open);
    choose(open, *state);
    shared.after_step();
  }
}

/// Returns the number of threads that share the inputs. On a GPU it is 1.
int64_t shares(const nn::Decoder& model, int64_t inputs, int64_t rows) {
  if (at::in_parallel_region() || !nn::device_of(model).is_cpu()) return 1;
  const int64_t worth = inputs * rows / kRowsForAThread;
  return std::max<int64_t>(std::min({int64_t{at::get_num_threads()}, worth, inputs}), 1);
}

}  // namespace

void decode(nn::Decoder& model, const StartState& start, const std::vector<Policy*>& policies,
            const DecodeOptions& options) {
  if (policies.empty()) return;
  for (const Policy* policy : policies)
    TORCH_CHECK(!policy->prompt().empty(), "[decode] a prompt needs at least one token: the begin mark");
  const nn::InferenceScope scope(model);
  const auto inputs = std::ssize(policies);
  const int64_t count = shares(model, inputs, options.rows_per_input);
  SharedWork shared(options);
  const auto share = [&](int64_t number) {
    // Inputs of similar length are often neighbours: deal them out to all shares in turn.
    std::vector<int64_t> own;
    for (int64_t i = number; i < inputs; i += count) own.push_back(i);
    decode_share(model, start, policies, own, options, shared);
  };
  if (count == 1) return share(0);
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;  // applies to one thread only
    try {
      for (int64_t number = begin; number < end; ++number) share(number);
    } catch (...) {
      shared.fail();
      throw;
    }
  });
}

}  // namespace heed::decoding
