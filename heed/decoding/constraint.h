// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace heed::decoding {

/// A rule about which tokens may come next in one sequence, such as a grammar, or about how likely they are.
/// It keeps its own state; one object follows one row.
class Constraint {
 public:
  virtual ~Constraint() = default;
  /// The next token of the row: first each token of the prompt, then each drawn one.
  virtual void accept(int64_t token) = 0;
  /// Sets the logits [vocabulary] of tokens that may not come next to -infinity, and lowers those of tokens
  /// that should not. At least one must stay.
  virtual void restrict_logits(std::span<float> logits) = 0;
};

/// Makes the constraint of the row of a sample, by its index, knowing no token yet. Empty: no constraint.
using ConstraintFactory = std::function<std::unique_ptr<Constraint>(int64_t sample)>;

}  // namespace heed::decoding
