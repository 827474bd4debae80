// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "heed/bench/attention_contests.h"
#include "heed/bench/machine.h"

namespace heed::bench {

struct AttentionTableOptions {
  std::optional<DenseShape> dense = {};  ///< shape of the dense problem; empty: its default
  std::string rows = {};                 ///< regular expression to find in a row's label; empty: every row
  int64_t repeats = 0;                   ///< 0: as many as fit into a few seconds, 3 to 15
  bool quick = false;                    ///< tiny shapes and three repeats, as a smoke test
  /// Called before each step of work.
  std::function<void(int64_t done, int64_t total, const std::string& label)> progress = {};
};

struct AttentionRow {
  std::string problem, shape, dtype, method;
  double difference = -1;  ///< largest, of output and gradients, from the others; -1: not comparable
  Timing forward, forward_backward;  ///< milliseconds
  double gflops = 0;                 ///< operations of forward and backward, by formula
  double share_of_peak = 0;          ///< share of the machine's float32 multiply-adds
  double memory_bytes = 0;           ///< peak that forward and backward add, including outputs
  double times_heed = 1;  ///< time of forward and backward, relative to heed's first row of the problem
  std::optional<double> growth = {};  ///< exponent of time, from the next smaller problem
};

struct AttentionTable {
  Machine machine;
  std::vector<AttentionRow> rows;
};

/// Returns "dense causal relative, 1 x 8 x 2048 x 64, float32: fused".
std::string label(const AttentionRow& row);

/// Compares heed's attention with other implementations (see attention_contests.h). First measures peak
/// memory, each in a forked child on one thread; then compares outputs and gradients (Error(kSystem) if they
/// differ); then takes times in turns. heed's first row of a problem accompanies every requested row of it.
/// Throws Error(kUsage) if `rows` is not a regular expression or matches no row.
AttentionTable attention_table(const AttentionTableOptions& options);

}  // namespace heed::bench
