// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace heed::decoding {

/// A text that is being written and the number of tokens that may be guessed.
struct OpenText {
  int64_t input = 0;              ///< as in StartState
  std::span<const int64_t> text;  ///< prompt and output so far; not empty
  int64_t most = 0;               ///< at least 0
};

/// Guesses how texts continue. decode() verifies the guesses of a step in one pass (speculative decoding: Leviathan et al.
/// 2023, arXiv:2211.17192; Chen et al. 2023, arXiv:2302.01318). Guesses change the time that a text takes, never the
/// text: see Policy::read_block().
class Proposer {
 public:
  virtual ~Proposer() = default;
  /// Returns up to `most` guesses for each text.
  virtual std::vector<std::vector<int64_t>> propose(const std::vector<OpenText>& texts) = 0;
  /// The largest `most` that is of use.
  virtual int64_t most_guesses() const = 0;
};

/// Makes the proposer of some inputs, given by index. Several threads may call it at once.
using StartProposer = std::function<std::unique_ptr<Proposer>(const std::vector<int64_t>& inputs)>;

}  // namespace heed::decoding
