// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace heed::decoding {

/// What one row's step attended to in the source: weights [heads, positions].
struct StepAttention {
  std::span<const float> weights;
  size_t positions = 1;
};

/// One input (a prompt, a sentence, an image) while its outputs are decoded, some rows of them side by side.
/// A policy says how tokens are chosen: beam search, sampling. decode() does the rest.
///
/// The prompt is consumed in one row. What follows it is read once and chosen from; from then on the input
/// has as many rows as the latest choice left it.
class Policy {
 public:
  explicit Policy(std::vector<int64_t> prompt) : prompt_(std::move(prompt)) {}
  virtual ~Policy() = default;

  /// Logits [vocabulary] of what follows one of the rows. Other rows may be read at the same time.
  virtual void read(int64_t row, std::span<const float> logits) = 0;
  /// Whether look() is to be called before each read(), with the attention that led to the logits.
  virtual bool wants_attention() const { return false; }
  virtual void look(int64_t /*row*/, const StepAttention&) {}
  /// After every row was read: settles which rows go on, as next() and parents() then say.
  virtual void choose() = 0;

  const std::vector<int64_t>& prompt() const { return prompt_; }
  /// The token that each row consumes next, and which of the rows before the choice it continues. Empty:
  /// done.
  const std::vector<int64_t>& next() const { return next_; }
  const std::vector<int64_t>& parents() const { return parents_; }
  bool done() const { return next_.empty(); }

 protected:
  /// Called by choose(): one more row goes on.
  void go_on(int64_t parent, int64_t token) {
    parents_.push_back(parent);
    next_.push_back(token);
  }
  void drop_rows() {
    parents_.clear();
    next_.clear();
  }

 private:
  std::vector<int64_t> prompt_, next_, parents_;
};

}  // namespace heed::decoding
