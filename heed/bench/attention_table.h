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
  std::optional<DenseShape> dense = {};  ///< the dense problem's shape, else its default
  std::string rows = {};                 ///< a regular expression that a row's label holds; empty: every row
  int64_t repeats = 0;                   ///< 0: as many as fit a few seconds, 3 to 15
  bool quick = false;                    ///< tiny shapes, three repeats: to see that it works
  /// Told before each step of work.
  std::function<void(int64_t done, int64_t total, const std::string& label)> progress = {};
};

struct AttentionRow {
  std::string problem, shape, dtype, method;
  double difference = -1;             ///< of output and gradients from its rivals; -1: none does the same
  Timing forward, forward_backward;   ///< milliseconds
  double gflops = 0;                  ///< of forward and backward, by formula
  double share_of_peak = 0;           ///< of the machine's float32 multiply-adds
  double memory_bytes = 0;            ///< that forward and backward add at their peak, outputs included
  double times_heed = 1;              ///< forward and backward, in units of heed's first row of the problem
  std::optional<double> growth = {};  ///< exponent of time, from the next smaller problem of its kind
};

struct AttentionTable {
  Machine machine;
  std::vector<AttentionRow> rows;
};

/// "dense causal relative, 1 x 8 x 2048 x 64, float32: fused"
std::string label(const AttentionRow& row);

/// heed's attention beside its rivals (see attention_contests.h): peak memory first, each in a forked child
/// on one thread; then outputs and gradients are compared (Error(kSystem) when they differ), then times are
/// taken in turns. Heed's first row of a problem comes with whatever row of it was asked for. Throws
/// Error(kUsage) when `rows` is no regular expression or no row matches.
AttentionTable attention_table(const AttentionTableOptions& options);

}  // namespace heed::bench
