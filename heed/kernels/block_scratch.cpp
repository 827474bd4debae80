// SPDX-License-Identifier: Apache-2.0
#include "heed/kernels/block_attention.h"

namespace heed::kernels {
namespace {

constexpr int64_t kWidthStep = 16;

int64_t width(const BlockProblem& problem) {
  return (problem.head_dim + kWidthStep - 1) / kWidthStep * kWidthStep;
}

int64_t strip(int64_t keys) {
  return 3 * kTile * kTile + keys + 8 * kTile;
}

int64_t tables(const BlockProblem& problem) {
  return int64_t{problem.relation_key} + int64_t{problem.relation_value};
}

}  // namespace

int64_t block_forward_scratch(const BlockProblem& problem, int64_t keys) {
  return 2 * keys * width(problem) + 2 * kTile * width(problem) + 8 * kTile + strip(keys) +
         tables(problem) * (2 * problem.distances.count * width(problem) + kTile);
}

int64_t block_backward_scratch(const BlockProblem& problem, int64_t keys) {
  return 5 * keys * width(problem) + 3 * kTile * width(problem) + 12 * kTile + 2 * strip(keys) +
         tables(problem) * (3 * problem.distances.count * width(problem) + kTile);
}

}  // namespace heed::kernels
