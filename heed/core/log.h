// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace heed {

/// How far a piece of long work is.
struct ProgressState {
  std::string title;      ///< such as "train"
  int64_t done = 0;       ///< units of work, the ones before `start` included
  int64_t total = 0;      ///< units of work; 0: unknown
  int64_t start = 0;      ///< units that were done before this work began (resuming)
  double seconds = 0;     ///< since the work began
  std::string detail;     ///< such as "loss 1.23  3120 tokens/s"
  bool finished = false;  ///< the last report of this work
};

/// Receives notes, warnings and progress. The program writes them to stderr; a service keeps them with the request.
/// Calls may come from several threads.
class Log {
 public:
  virtual ~Log() = default;
  virtual void inform(const std::string& line) = 0;
  virtual void warn(const std::string& line) = 0;
  virtual void progress(const ProgressState& state) = 0;
  /// Ends a progress line that was not finished, because its work failed.
  virtual void end_progress() {}
  /// Least time between two reports of one piece of work; the last report always comes.
  virtual std::chrono::milliseconds progress_interval() const { return std::chrono::milliseconds(100); }
};

/// The log of this thread: that of the innermost LogScope, else one that writes to stderr.
Log& current_log();

/// Makes `log` the log of this thread while the scope lives. Work that a request hands to another thread opens
/// a scope there.
class LogScope {
 public:
  explicit LogScope(Log& log);
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

 private:
  Log* outer_;
};

/// A note or a warning to the current log.
void inform(const std::string& line);
void warn(const std::string& line);

/// Silences notes and progress of the log that writes to stderr. Warnings stay.
void set_quiet(bool quiet);

}  // namespace heed
