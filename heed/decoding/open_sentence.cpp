// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/open_sentence.h"

#include <algorithm>
#include <numeric>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>

#include "heed/nn/inference_scope.h"

namespace heed::decoding {
namespace {

/// Logits below which a thread is not worth waking.
constexpr int64_t kLogitsForAThread = 16384;
/// Rows that keep a thread busy by themselves: the weights it reads for them then cost less than the
/// products.
constexpr int64_t kRowsForAThread = 32;

/// Of the first `each` rows of every sentence.
at::Tensor next_tokens(const std::vector<OpenSentence*>& open, int64_t each) {
  std::vector<int64_t> tokens;
  for (const OpenSentence* sentence : open)
    tokens.insert(tokens.end(), sentence->next().begin(), sentence->next().begin() + each);
  return at::tensor(tokens, at::kLong);
}

/// What the state kept of the latest step: [rows, heads, positions].
at::Tensor attention_of(const nn::SourceState& state, int64_t rows) {
  const at::Tensor attention = state.cross_attention();
  TORCH_CHECK(attention.defined() && attention.dim() == 3 && attention.size(0) == rows &&
                  attention.scalar_type() == at::kFloat && attention.is_cpu(),
              "[decode_sentences] cross attention must be [rows, heads, positions], float32 on the CPU");
  return attention.contiguous();
}

StepAttention row_of(const at::Tensor& attention, int64_t row) {
  const auto positions = static_cast<size_t>(attention.size(2));
  const size_t size = static_cast<size_t>(attention.size(1)) * positions;
  return {{attention.const_data_ptr<float>() + static_cast<size_t>(row) * size, size}, positions};
}

/// The step's numbers, where one row of a sentence may stand for all `rows`. attention: undefined where
/// nobody wants it.
void read_rows(const at::Tensor& logits, const at::Tensor& attention, int64_t rows,
               const std::vector<OpenSentence*>& open) {
  const int64_t vocabulary = logits.size(1), sentences = static_cast<int64_t>(open.size());
  const bool one_for_all = logits.size(0) == sentences;
  const auto* data = logits.const_data_ptr<float>();
  const int64_t grain = std::max<int64_t>(kLogitsForAThread / vocabulary, 1);
  at::parallel_for(0, sentences * rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      OpenSentence& sentence = *open[static_cast<size_t>(i / rows)];
      const int64_t from = one_for_all ? i / rows : i;
      if (attention.defined()) sentence.look(i % rows, row_of(attention, from));
      sentence.read(i % rows, {data + from * vocabulary, static_cast<size_t>(vocabulary)});
    }
  });
}

bool counts_up(const std::vector<int64_t>& order, int64_t size) {
  for (size_t i = 0; i < order.size(); ++i)
    if (order[i] != static_cast<int64_t>(i)) return false;
  return static_cast<int64_t>(order.size()) == size;
}

/// Leaves out the sentences that are done and puts the rows of the others, of which the step had `each`,
/// where their sentence wants them.
void reorder(std::vector<OpenSentence*>& open, int64_t each, nn::SourceState& state) {
  std::vector<OpenSentence*> kept;
  std::vector<int64_t> parents;
  for (size_t i = 0; i < open.size(); ++i) {
    if (open[i]->done()) continue;
    kept.push_back(open[i]);
    for (const int64_t parent : open[i]->parents())
      parents.push_back(static_cast<int64_t>(i) * each + std::min(parent, each - 1));
  }
  const auto before = static_cast<int64_t>(open.size());
  open = std::move(kept);
  if (open.empty() || counts_up(parents, before * each)) return;  // greedy: the caches stay where they are
  state.reorder(at::tensor(parents, at::kLong));
}

/// One batch, in the thread that calls.
void decode_together(nn::SequenceToSequenceModel& model, const nn::Source& source, int64_t rows,
                     int64_t capacity, std::vector<OpenSentence*> open) {
  const nn::RowInvariantScope same_in_every_batch;
  const at::Device device = nn::device_of(model);
  const auto state = model.start({source.tokens.to(device), source.lengths.to(device)}, rows, capacity);
  const bool look = std::any_of(open.begin(), open.end(),
                                [](const OpenSentence* sentence) { return sentence->wants_attention(); });
  if (look) state->keep_cross_attention();
  // A sentence's rows differ only once its first tokens are chosen.
  for (int64_t each = 1; !open.empty(); each = rows) {
    const at::Tensor logits = model.step(next_tokens(open, each).to(device), *state)
                                  .to(at::kCPU, at::kFloat)
                                  .contiguous();  // [open * each, vocabulary]
    TORCH_CHECK(logits.dim() == 2 && logits.size(0) == static_cast<int64_t>(open.size()) * each &&
                    logits.size(1) == model.vocabulary_size(),
                "[decode_sentences] the model's step must give logits [rows, vocabulary], got ",
                logits.sizes());
    read_rows(logits, look ? attention_of(*state, logits.size(0)) : at::Tensor(), rows, open);
    for (OpenSentence* sentence : open) sentence->choose();
    reorder(open, each, *state);
  }
}

/// How many threads take a share of the sentences each. On a GPU all go together.
int64_t shares(const nn::SequenceToSequenceModel& model, int64_t sentences, int64_t rows) {
  if (at::in_parallel_region() || !nn::device_of(model).is_cpu()) return 1;
  const int64_t worth = sentences * rows / kRowsForAThread;
  return std::max<int64_t>(std::min({int64_t{at::get_num_threads()}, worth, sentences}), 1);
}

}  // namespace

void decode_sentences(nn::SequenceToSequenceModel& model, const nn::Source& source, int64_t rows,
                      int64_t capacity, const std::vector<OpenSentence*>& open) {
  if (open.empty()) return;
  const nn::InferenceScope scope(model);
  const auto sentences = static_cast<int64_t>(open.size());
  const int64_t count = shares(model, sentences, rows);
  if (count == 1) return decode_together(model, source, rows, capacity, open);
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;  // it holds for a thread
    for (int64_t share = begin; share < end; ++share) {
      // Sentences of like length often stand side by side: every share gets some of each.
      const at::Tensor taken = at::arange(share, sentences, count);
      std::vector<OpenSentence*> own;
      for (int64_t i = share; i < sentences; i += count) own.push_back(open[static_cast<size_t>(i)]);
      decode_together(model, {source.tokens.index_select(0, taken), source.lengths.index_select(0, taken)},
                      rows, capacity, std::move(own));
    }
  });
}

}  // namespace heed::decoding
