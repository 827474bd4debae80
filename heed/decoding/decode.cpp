// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/decode.h"

#include <algorithm>
#include <atomic>
#include <mutex>
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
  size_t consumed = 0;  ///< number of prompt tokens
  int64_t rows = 1;

  bool in_prompt() const { return consumed < policy->prompt().size(); }
};

at::Tensor to_tensor(const std::vector<int64_t>& numbers) {
  const at::Tensor tensor = at::empty({std::ssize(numbers)}, at::kLong);
  std::copy(numbers.begin(), numbers.end(), tensor.mutable_data_ptr<int64_t>());
  return tensor;
}

/// Returns the next tokens of every row: a piece of the prompt, or the chosen token.
nn::StepTokens next_tokens(std::vector<Open>& open, at::Device device) {
  std::vector<int64_t> tokens, counts;
  for (Open& input : open) {
    if (!input.in_prompt()) {
      tokens.insert(tokens.end(), input.policy->next().begin(), input.policy->next().end());
      counts.insert(counts.end(), input.policy->next().size(), 1);
      continue;
    }
    const auto& prompt = input.policy->prompt();
    const size_t count = std::min(kPromptChunk, prompt.size() - input.consumed);
    const auto from = prompt.begin() + static_cast<std::ptrdiff_t>(input.consumed);
    tokens.insert(tokens.end(), from, from + static_cast<std::ptrdiff_t>(count));
    counts.push_back(static_cast<int64_t>(count));
    input.consumed += count;
  }
  const at::Tensor all = to_tensor(tokens).to(device);
  if (counts.size() == tokens.size()) counts.clear();
  return {all, std::move(counts)};
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

/// Passes the step's logits, and the attention if defined, to every policy that is past its prompt.
void read_rows(const at::Tensor& logits, const at::Tensor& attention, const std::vector<Open>& open) {
  const int64_t vocabulary = logits.size(1), rows = logits.size(0);
  std::vector<std::pair<Policy*, int64_t>> readers;  // by row: its policy, and its index in the policy
  for (const Open& input : open)
    for (int64_t i = 0; i < input.rows; ++i)
      readers.emplace_back(input.in_prompt() ? nullptr : input.policy, i);
  const auto* data = logits.const_data_ptr<float>();
  const auto read = [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const auto [policy, own] = readers[static_cast<size_t>(row)];
      if (policy == nullptr) continue;
      if (attention.defined()) policy->look(own, row_of(attention, row));
      policy->read(own, {data + row * vocabulary, static_cast<size_t>(vocabulary)});
    }
  };
  if (rows * vocabulary < 2 * kLogitsForAThread) return read(0, rows);
  at::parallel_for(0, rows, std::max<int64_t>(kLogitsForAThread / vocabulary, 1), read);
}

bool counts_up(const std::vector<int64_t>& order, int64_t size) {
  for (size_t i = 0; i < order.size(); ++i)
    if (order[i] != static_cast<int64_t>(i)) return false;
  return std::ssize(order) == size;
}

/// Lets every policy choose, removes finished inputs, and reorders the rows of the others.
void choose(std::vector<Open>& open, nn::DecoderState& state) {
  std::vector<Open> kept;
  std::vector<int64_t> order;
  int64_t first = 0;
  for (Open& input : open) {
    const int64_t before = input.rows;
    if (input.in_prompt()) {
      order.push_back(first);
    } else {
      input.policy->choose();
      for (const int64_t parent : input.policy->parents()) order.push_back(first + parent);
      input.rows = std::ssize(input.policy->next());
    }
    first += before;
    if (input.rows > 0) kept.push_back(input);
  }
  open = std::move(kept);
  if (!open.empty() && !counts_up(order, first)) state.reorder(to_tensor(order));
}

/// Decodes some of the inputs in the calling thread.
void decode_share(nn::Decoder& model, const StartState& start, const std::vector<Policy*>& policies,
                  const std::vector<int64_t>& inputs, SharedWork& shared) {
  const nn::RowInvariantScope same_in_every_batch;
  const at::Device device = nn::device_of(model);
  const auto state = start(inputs);
  TORCH_CHECK(state->rows() == std::ssize(inputs), "[decode] the state must begin with ", inputs.size(),
              " rows, got ", state->rows());
  std::vector<Open> open;
  for (const int64_t input : inputs) open.push_back({policies[static_cast<size_t>(input)]});
  const bool look = std::any_of(open.begin(), open.end(),
                                [](const Open& input) { return input.policy->wants_attention(); });
  if (look) state->keep_cross_attention();
  while (!open.empty() && !shared.stopped()) {
    const nn::StepTokens tokens = next_tokens(open, device);
    const at::Tensor logits = model.step(tokens, *state).to(at::kCPU, at::kFloat).contiguous();
    TORCH_CHECK(
        logits.dim() == 2 && logits.size(0) == state->rows() && logits.size(1) == model.vocabulary_size(),
        "[decode] the model's step must return logits [rows, vocabulary], got ", logits.sizes());
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
    decode_share(model, start, policies, own, shared);
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
