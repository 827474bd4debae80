// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace heed {

/// Messages on stderr. --quiet silences `inform`, never `warn`.
void set_quiet(bool quiet);
void inform(const std::string& line);
void warn(const std::string& line);

/// Progress of long work on stderr: a line redrawn in place on a terminal, a plain line every 30 s otherwise.
///
///     Progress progress("train", total_steps);
///     progress.update(step, "loss 1.23  3120 tokens/s");
///
/// draws "train  120/4000  3 %  loss 1.23  3120 tokens/s  2:10 left".
class Progress {
 public:
  /// `total` 0 means unknown: no percentage and no time left. `done` is the amount at the start (when
  /// resuming).
  Progress(std::string title, int64_t total, int64_t done = 0);
  ~Progress();  ///< ends the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void set_total(int64_t total) { total_ = total; }
  void update(int64_t done, const std::string& detail = "");
  /// Prints the last state immediately.
  void finish(const std::string& detail = "");

 private:
  using Clock = std::chrono::steady_clock;
  void draw(const std::string& detail, bool last);

  std::string title_;
  int64_t total_, start_, done_;
  bool terminal_, open_ = false, finished_ = false;
  Clock::time_point begin_, drawn_;
};

/// Formats a duration as "2:05" or "1:12:00".
std::string format_duration(double seconds);

}  // namespace heed
