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
/// input has the rows that the latest choice left.
class Policy {
 public:
  explicit Policy(std::vector<int64_t> prompt) : prompt_(std::move(prompt)) {}
  virtual ~Policy() = default;

  /// Reads the logits [vocabulary] for the next token of a row. Other rows may be read concurrently.
  virtual void read(int64_t row, std::span<const float> logits) = 0;
  /// Whether look() is called before each read(), with the attention that led to the logits.
  virtual bool wants_attention() const { return false; }
  virtual void look(int64_t /*row*/, const StepAttention&) {}
  /// Called after every row was read: chooses the rows that continue, which next() and parents() then return.
  virtual void choose() = 0;

  const std::vector<int64_t>& prompt() const { return prompt_; }
  /// The token that each row consumes next, and the index before the choice of the row that it continues.
  /// Empty if done.
  const std::vector<int64_t>& next() const { return next_; }
  const std::vector<int64_t>& parents() const { return parents_; }
  bool done() const { return next_.empty(); }

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

 private:
  std::vector<int64_t> prompt_, next_, parents_;
};

}  // namespace heed::decoding
