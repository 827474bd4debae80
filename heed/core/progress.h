// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "heed/core/log.h"

namespace heed {

/// Reports the progress of long work to the log that was current when the work began.
///
///     Progress progress("train", total_steps);
///     progress.update(step, "loss 1.23  3120 tokens/s");
///
/// On a terminal this reads "train  120/4000  3 %  loss 1.23  3120 tokens/s  2:10 left".
class Progress {
 public:
  /// A `total` of 0 means that it is unknown: no percentage and no time left. `done` is where the work starts
  /// (resuming).
  Progress(std::string title, int64_t total, int64_t done = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void set_total(int64_t total) { state_.total = total; }
  void update(int64_t done, const std::string& detail = "");
  /// Reports the last state, whatever the time. Later calls do nothing.
  void finish(const std::string& detail = "");

 private:
  using Clock = std::chrono::steady_clock;
  void report(const std::string& detail);

  Log& log_;
  ProgressState state_;
  bool reported_ = false;
  Clock::time_point begin_, last_report_;
};

/// "2:05", "1:12:00".
std::string format_duration(double seconds);

}  // namespace heed
