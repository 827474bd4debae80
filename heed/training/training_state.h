// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heed::training {

/// A run's state besides tensors. A checkpoint stores it so that resuming equals not stopping.
struct TrainingState {
  int64_t step = 0;             ///< steps done; determines the position in the data
  int64_t validated_step = -1;  ///< step of the last validation
  std::string watch = "nll";    ///< name of the metric of first, best, last and best_step
  bool lower_is_better = true;  ///< whether lower values of it are better
  std::optional<double> first, best, last;
  int64_t best_step = 0;
  /// Best values of the two metrics where two are watched (Validation::second_watch), each by itself.
  std::optional<double> record, second_record;
  int64_t worse_validations = 0;  ///< validations since the best one
  bool early_stopped = false;

  double learning_rate_scale = 1;  ///< halved at every return to a checkpoint
  int64_t skipped = 0;             ///< total number of steps without a finite loss or gradient
  int64_t consecutive_skips = 0;
  int64_t rollbacks = 0;

  double interval_loss = 0;  ///< sum of losses since the last line of metrics
  int64_t interval_targets = 0;
  uint64_t metrics_bytes = 0;  ///< length of metrics.jsonl in bytes
  double seconds = 0;          ///< time spent on training so far
  std::string precision;       ///< resolved precision: fp32 or bf16
  /// Whether it was saved at a scheduled step, after everything due there was done. Not set by an interrupt;
  /// a run returns only to scheduled states.
  bool scheduled = false;
};

/// Returns JSON. If the watched metric is nll, its keys are "first_nll", "best_nll" and "last_nll".
std::string format_state(const TrainingState& state);

/// Throws Error(kCheckpoint) if the text is not from format_state.
TrainingState parse_state(std::string_view text, const std::string& place);

}  // namespace heed::training
