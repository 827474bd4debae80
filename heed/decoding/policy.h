// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace heed::decoding {

/// The attention of one row's step to the source: weights [heads, positions].
struct StepAttention {
  std::span<const float> weights;
  size_t positions = 1;
};

/// One input (a prompt, a sentence, an image) during decoding, with one or more rows. A policy chooses the
/// tokens, by beam search or sampling; decode() does the rest.
///
/// The prompt is consumed in one row. The logits after it are read once and chosen from. From then on the
/// input has the rows that the latest choice left. A policy with one row may be given guesses of the tokens after next(),
/// which its row then consumes in the same step.
class Policy {
 public:
  explicit Policy(std::vector<int64_t> prompt) : prompt_(std::move(prompt)) {}
  virtual ~Policy() = default;

  /// Reads the logits [vocabulary] for the next token of a row. Other rows may be read concurrently.
  virtual void read(int64_t row, std::span<const float> logits) = 0;
  /// Whether read_prompt() is called, with the logits after token `position` of the prompt, for each but the last.
  virtual bool wants_prompt() const { return false; }
  virtual void read_prompt(int64_t /*position*/, std::span<const float> /*logits*/) {}
  /// Whether look() is called before each read(), with the attention that led to the logits.
  virtual bool wants_attention() const { return false; }
  virtual void look(int64_t /*row*/, const StepAttention&) {}
  /// Called after every row was read: chooses the rows that continue, which next() and parents() then return.
  virtual void choose() = 0;

  /// For guesses: all tokens that the row has consumed or consumes next. Empty: nothing is guessed.
  virtual std::span<const int64_t> text() const { return {}; }
  /// The largest number of guesses that a step may consume beyond next().
  virtual int64_t most_guesses() const { return 0; }
  /// Reads the logits after the row's token and after each of the guesses, [1 + guesses][vocabulary], in place of read().
  /// Returns how many guesses were right: the others are dropped from the row.
  virtual size_t read_block(std::span<const int64_t> guesses, std::span<const float> logits);

  const std::vector<int64_t>& prompt() const { return prompt_; }
  /// The token that each row consumes next, and the index before the choice of the row that it continues.
  /// Empty if done.
  const std::vector<int64_t>& next() const { return next_; }
  const std::vector<int64_t>& parents() const { return parents_; }
  bool done() const { return next_.empty(); }
  /// How often begin_again() was called.
  int64_t beginnings() const { return beginnings_; }

 protected:
  /// For choose(): adds a row that continues.
  void go_on(int64_t parent, int64_t token) {
    parents_.push_back(parent);
    next_.push_back(token);
  }
  void drop_rows() {
    parents_.clear();
    next_.clear();
  }
  /// For choose(): the input forgets what it consumed and consumes a new prompt, in one row.
  void begin_again(std::vector<int64_t> prompt) {
    prompt_ = std::move(prompt);
    drop_rows();
    go_on(0, prompt_.front());
    ++beginnings_;
  }

 private:
  std::vector<int64_t> prompt_, next_, parents_;
  int64_t beginnings_ = 0;
};

inline size_t Policy::read_block(std::span<const int64_t> /*guesses*/, std::span<const float> logits) {
  read(0, logits);
  return 0;
}

}  // namespace heed::decoding
