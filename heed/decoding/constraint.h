// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace heed::decoding {

/// A rule for the next token of a sequence: which tokens are allowed, such as a grammar, or how likely they
/// are. It has its own state; each row needs its own object.
class Constraint {
 public:
  virtual ~Constraint() = default;
  /// Consumes the row's next token: first each token of the prompt, then each drawn one.
  virtual void accept(int64_t token) = 0;
  /// Sets the logits [vocabulary] of forbidden tokens to -infinity and lowers those of unwanted tokens. At
  /// least one token must remain allowed.
  virtual void restrict_logits(std::span<float> logits) = 0;
};

/// Makes the constraint of a sample by its index, before any token. An empty function means no constraint.
using ConstraintFactory = std::function<std::unique_ptr<Constraint>(int64_t sample)>;

}  // namespace heed::decoding
