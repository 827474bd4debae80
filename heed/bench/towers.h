// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "heed/bench/timing.h"

/// What towers save: Gilmer et al. 2017, arXiv:1704.01212, section 4.
namespace heed::bench {

struct TowersOptions {
  std::vector<int64_t> towers{1, 2, 4, 8};
  int64_t width = 200;  ///< of a node's state
  int64_t nodes = 9;    ///< of a graph, all joined with all
  int64_t graphs = 32;  ///< of a batch
  int64_t types = 14;   ///< of edges, each with a matrix: bonds and bins of distance
  int64_t steps = 3;    ///< of message passing
  int repeats = 9;
};

struct TowersRow {
  int64_t towers = 1;
  int64_t parameters = 0;
  double operations = 0;           ///< multiply-adds of products of matrices, forward, counted as two
  Timing forward = {}, both = {};  ///< without gradient; forward and backward
};

/// Times `steps` steps of nn::MessagePassing in float32 on the CPU, for each number of towers in turn in every repeat. The mixing layer is in the
/// time. Throws c10::Error for towers that do not divide the width.
std::vector<TowersRow> measure_towers(const TowersOptions& options,
                                      const std::function<void(int64_t done, int64_t total)>& progress = {});

}  // namespace heed::bench
