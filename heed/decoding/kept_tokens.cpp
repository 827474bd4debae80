// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/kept_tokens.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "heed/kernels/isa.h"

namespace heed::decoding {
namespace {

using kernels::LogitsProblem;

constexpr int64_t kBlock = LogitsProblem::kBlock;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// The blocks [first, end) as a separate problem.
LogitsProblem some_blocks(LogitsProblem problem, int64_t first, int64_t end) {
  const int64_t begin = std::min(first * kBlock, problem.count);
  problem.logits += begin;
  problem.block_largest += first;
  problem.count = std::min(end * kBlock, problem.count) - begin;
  return problem;
}

/// A copy of one block in which discarded tokens have no probability.
class KeptBlock {
 public:
  KeptBlock(const LogitsProblem& problem, const KeptTokens& kept, int64_t block)
      : problem_(some_blocks(problem, block, block + 1)) {
    for (int64_t i = 0; i < problem_.count; ++i)
      logits_[static_cast<size_t>(i)] =
          kept.has(problem_.logits[i], block * kBlock + i) ? problem_.logits[i] : -kInfinity;
    problem_.logits = logits_.data();
  }
  KeptBlock(const KeptBlock&) = delete;
  const LogitsProblem& problem() const { return problem_; }

 private:
  LogitsProblem problem_;
  std::array<float, kBlock> logits_;
};

/// Returns the block's token whose interval of the cumulative weights contains `target`, or the last token
/// with a weight.
int64_t token_in_block(const LogitsProblem& block, double before, double target) {
  std::array<float, kBlock> weights;
  kernels::cpu_kernels().logits.weigh(block, weights.data());
  int64_t last = 0;
  for (int64_t i = 0; i < block.count; ++i) {
    const float weight = weights[static_cast<size_t>(i)];
    if (weight <= 0) continue;
    last = i;
    before += weight;
    if (before > target) break;
  }
  return last;
}

}  // namespace

BlockWeights weigh_blocks(const LogitsProblem& problem, const KeptTokens& kept) {
  const auto& kernels = kernels::cpu_kernels().logits;
  const int64_t blocks = (problem.count + kBlock - 1) / kBlock;
  BlockWeights result;
  result.blocks.resize(static_cast<size_t>(blocks));
  // Tokens equal to the threshold are kept in the blocks before that of `last` and discarded in the blocks
  // after it.
  const int64_t mixed = std::min(kept.last / kBlock, blocks), after = std::min(mixed + 1, blocks);
  float* sums = result.blocks.data();
  kernels.sum_blocks(some_blocks(problem, 0, mixed), kept.threshold, sums);
  if (mixed < blocks)
    kernels.sum_blocks(KeptBlock(problem, kept, mixed).problem(), kept.threshold, sums + mixed);
  kernels.sum_blocks(some_blocks(problem, after, blocks), std::nextafter(kept.threshold, kInfinity),
                     sums + after);
  for (const float sum : result.blocks) result.total += sum;
  return result;
}

int64_t token_at(const LogitsProblem& problem, const KeptTokens& kept, const BlockWeights& weights,
                 double uniform) {
  const double target = uniform * weights.total;
  double sum = 0, before = 0;
  int64_t block = 0;
  for (size_t i = 0; i < weights.blocks.size() && !(sum > target); ++i) {
    if (weights.blocks[i] <= 0) continue;
    block = static_cast<int64_t>(i);
    before = sum;
    sum += weights.blocks[i];
  }
  return block * kBlock + token_in_block(KeptBlock(problem, kept, block).problem(), before, target);
}

}  // namespace heed::decoding
