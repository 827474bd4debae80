// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heed::training {

/// Where a run stands, beside tensors: what a checkpoint stores so that resuming equals not stopping.
struct TrainingState {
  int64_t step = 0;             ///< steps done; the data position follows from it
  int64_t validated_step = -1;  ///< step of the last validation
  std::string watch = "nll";    ///< the metric that the three numbers and `best_step` are of
  std::optional<double> first, best, last;
  int64_t best_step = 0;
  int64_t worse_validations = 0;  ///< since the best one
  bool early_stopped = false;

  double learning_rate_scale = 1;  ///< halved at every return to a checkpoint
  int64_t skipped = 0;             ///< steps without a finite loss or gradient, in all
  int64_t consecutive_skips = 0;
  int64_t rollbacks = 0;

  double interval_loss = 0;  ///< sum since the last line of metrics
  int64_t interval_targets = 0;
  uint64_t metrics_bytes = 0;  ///< length of metrics.jsonl
  double seconds = 0;          ///< spent training so far
  std::string precision;       ///< resolved: fp32 or bf16
  /// Saved at a scheduled step with all its duties done; what an interrupt saves is not, and no run goes back
  /// to it.
  bool scheduled = false;
};

/// JSON; the watched metric stands under "first_nll", "best_nll" and "last_nll" where that is its name.
std::string format_state(const TrainingState& state);

/// Error(kCheckpoint) when text is not what format_state writes.
TrainingState parse_state(std::string_view text, const std::string& place);

}  // namespace heed::training
