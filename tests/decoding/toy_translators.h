// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "heed/nn/sequence_to_sequence.h"

namespace heed::testing {

using Tokens = std::vector<int64_t>;

/// Makes a source of sentences of any lengths; padding is 99.
inline nn::Source make_source(const std::vector<Tokens>& sentences) {
  size_t longest = 0;
  for (const Tokens& sentence : sentences) longest = std::max(longest, sentence.size());
  const auto batch = static_cast<int64_t>(sentences.size());
  nn::Source source{at::full({batch, static_cast<int64_t>(longest)}, 99, at::kLong),
                    at::empty({batch}, at::kLong)};
  for (int64_t i = 0; i < batch; ++i) {
    const Tokens& sentence = sentences[static_cast<size_t>(i)];
    std::copy(sentence.begin(), sentence.end(), source.tokens[i].data_ptr<int64_t>());
    source.lengths[i] = static_cast<int64_t>(sentence.size());
  }
  return source;
}

/// Logits are any function of a sentence and of the target so far, including the begin mark. The state stores
/// what each row was fed, so that a wrong reorder shows in every later number.
class ToyTranslator : public nn::SequenceToSequenceModel {
 public:
  using Logits = std::function<std::vector<float>(const Tokens& source, const Tokens& target)>;

  ToyTranslator(int64_t vocabulary, Logits logits) : vocabulary_(vocabulary), logits_(std::move(logits)) {}

  struct State : nn::DecoderState {
    std::vector<Tokens> sources, targets;  // of each row
    int64_t most_rows = 0, capacity = 0;
    bool can_tell = false, keeps = false;
    at::Tensor attention;

    void reorder(const at::Tensor& rows) override {
      TORCH_CHECK(rows.size(0) <= most_rows, "[toy] more rows than there is memory for");
      std::vector<Tokens> new_sources, new_targets;
      for (int64_t i = 0; i < rows.size(0); ++i) {
        const auto row = static_cast<size_t>(rows[i].item<int64_t>());
        new_sources.push_back(sources.at(row));
        new_targets.push_back(targets.at(row));
      }
      sources = std::move(new_sources);
      targets = std::move(new_targets);
    }
    int64_t rows() const override { return std::ssize(targets); }
    void keep_cross_attention() override {
      if (!can_tell) nn::DecoderState::keep_cross_attention();
      keeps = true;
    }
    at::Tensor cross_attention() const override { return attention; }
  };

  std::unique_ptr<nn::DecoderState> start(const nn::Source& source, int64_t beams,
                                          int64_t capacity) override {
    auto state = std::make_unique<State>();
    for (int64_t i = 0; i < source.tokens.size(0); ++i) state->sources.push_back(sentence(source, i));
    state->targets.resize(state->sources.size());
    state->most_rows = source.tokens.size(0) * beams;
    state->capacity = capacity;
    state->can_tell = attention != nullptr;
    return state;
  }

  at::Tensor step(const nn::StepTokens& step, nn::DecoderState& any_state) override {
    auto& state = dynamic_cast<State&>(any_state);
    {
      const std::lock_guard lock(mutex_);
      rows_stepped.push_back(state.rows());
    }
    at::Tensor result = at::empty({state.rows(), vocabulary_});
    const auto* next = step.tokens.const_data_ptr<int64_t>();
    const auto* end = next + step.tokens.size(0);
    for (size_t i = 0; i < state.targets.size(); ++i) {
      Tokens& target = state.targets[i];
      for (int64_t n = step.counts.empty() ? 1 : step.counts.at(i); n > 0; --n) {
        TORCH_CHECK(next != end, "[toy] a token for each row");
        target.push_back(*next++);
      }
      TORCH_CHECK(std::ssize(target) <= state.capacity, "[toy] beyond the capacity");
      const auto row = logits_(state.sources[i], target);
      std::copy(row.begin(), row.end(), result[static_cast<int64_t>(i)].data_ptr<float>());
    }
    TORCH_CHECK(next == end, "[toy] tokens that belong to no row");
    if (state.keeps) state.attention = attention_of(state);
    return result;
  }

  /// Its features are its logits.
  at::Tensor features(const nn::Source& source, const nn::Target& target) override {
    shown = target;
    const at::Tensor& tokens = target.tokens;
    at::Tensor result = at::empty({tokens.size(0), tokens.size(1), vocabulary_});
    for (int64_t i = 0; i < tokens.size(0); ++i) {
      Tokens so_far;
      for (int64_t j = 0; j < tokens.size(1); ++j) {
        so_far.push_back(tokens[i][j].item<int64_t>());
        const auto row = logits_(sentence(source, i), so_far);
        std::copy(row.begin(), row.end(), result[i][j].data_ptr<float>());
      }
    }
    return result;
  }

  nn::OutputLayer output_layer() override { return {at::eye(vocabulary_), {}}; }
  int64_t vocabulary_size() const override { return vocabulary_; }
  int64_t max_length() const override { return longest; }
  int64_t attention_layers(nn::AttentionPart part) const override {
    return attention && part == nn::AttentionPart::kCross ? 1 : 0;
  }

  std::vector<int64_t> rows_stepped;  ///< number of rows in each step
  nn::Target shown;                   ///< argument of the latest features()
  int64_t longest = 0;
  /// Weights [heads][source] of the step that consumed the target's last token. Empty: states have no
  /// attention.
  Logits attention;

 private:
  /// [rows, heads, longest source], 0 past a sentence's end.
  at::Tensor attention_of(const State& state) const {
    std::vector<at::Tensor> rows;
    int64_t most = 0;
    for (const Tokens& source : state.sources) most = std::max(most, static_cast<int64_t>(source.size()));
    for (size_t i = 0; i < state.targets.size(); ++i) {
      const Tokens& source = state.sources[i];
      const auto length = static_cast<int64_t>(source.size());
      const at::Tensor weights = at::tensor(attention(source, state.targets[i])).view({-1, length});
      rows.push_back(at::constant_pad_nd(weights, {0, most - length}));
    }
    return at::stack(rows);
  }

  static Tokens sentence(const nn::Source& source, int64_t i) {
    const auto* tokens = source.tokens[i].data_ptr<int64_t>();
    return {tokens, tokens + source.lengths[i].item<int64_t>()};
  }

  int64_t vocabulary_;
  Logits logits_;
  std::mutex mutex_;
};

/// A first-order Markov chain: row [last token] of `table` [vocabulary, vocabulary], whatever the source.
inline std::unique_ptr<ToyTranslator> markov_translator(const at::Tensor& table) {
  const at::Tensor logits = table.to(at::kFloat).contiguous();
  return std::make_unique<ToyTranslator>(logits.size(0), [logits](const Tokens&, const Tokens& target) {
    const auto* row = logits[target.back()].data_ptr<float>();
    return std::vector<float>(row, row + logits.size(1));
  });
}

/// A second-order chain whose table, drawn from `seed`, depends on the source's first token, and in which the
/// end mark 2 becomes more likely with the length.
inline std::unique_ptr<ToyTranslator> random_translator(int64_t vocabulary, uint64_t seed, double scale = 2) {
  const auto generator = at::detail::createCPUGenerator(seed);
  const at::Tensor tables = at::randn({4, vocabulary, vocabulary, vocabulary}, generator) * scale;
  return std::make_unique<ToyTranslator>(vocabulary, [=](const Tokens& source, const Tokens& target) {
    const int64_t last = target.back(), before = target.size() > 1 ? target[target.size() - 2] : 0;
    const auto* values = tables[source.front() % 4][before][last].data_ptr<float>();
    std::vector<float> row(values, values + vocabulary);
    row[2] += 0.3f * static_cast<float>(target.size()) - 2;
    return row;
  });
}

/// Writes its source, then the end mark 2.
inline std::unique_ptr<ToyTranslator> copying_translator(int64_t vocabulary) {
  return std::make_unique<ToyTranslator>(vocabulary, [=](const Tokens& source, const Tokens& target) {
    std::vector<float> row(static_cast<size_t>(vocabulary), 0.0f);
    for (size_t i = 0; i < row.size(); ++i) row[i] = 0.1f * static_cast<float>(i % 5);
    row[static_cast<size_t>(target.size() <= source.size() ? source[target.size() - 1] : 2)] = 8;
    return row;
  });
}

}  // namespace heed::testing
