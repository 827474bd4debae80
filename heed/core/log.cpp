// SPDX-License-Identifier: Apache-2.0
#include "heed/core/log.h"

#include <atomic>
#include <cstdio>
#include <mutex>

#include <unistd.h>

#include "heed/core/progress.h"

namespace heed {
namespace {

std::string progress_line(const ProgressState& state) {
  std::string line = state.title + "  " + std::to_string(state.done);
  if (state.total > 0) {
    line.append("/").append(std::to_string(state.total)).append("  ");
    line.append(std::to_string(100 * state.done / state.total)).append(" %");
  }
  if (!state.detail.empty()) line.append("  ").append(state.detail);
  if (state.finished) return line.append("  ").append(format_duration(state.seconds));
  if (state.total > 0 && state.done > state.start) {
    const double step_seconds = state.seconds / static_cast<double>(state.done - state.start);
    line.append("  ").append(format_duration(step_seconds * static_cast<double>(state.total - state.done)));
    line.append(" left");
  }
  return line;
}

/// On a terminal one progress line is redrawn in place; in a pipe each report is a line.
class StderrLog : public Log {
 public:
  void inform(const std::string& line) override {
    if (!quiet_) print("", line);
  }
  void warn(const std::string& line) override { print("warning: ", line); }

  void progress(const ProgressState& state) override {
    if (quiet_) return;
    const std::lock_guard lock(mutex_);
    const std::string line = progress_line(state);
    if (!terminal_) {
      std::fprintf(stderr, "%s\n", line.c_str());
      return;
    }
    std::fprintf(stderr, "\r\033[K%s%s", line.c_str(), state.finished ? "\n" : "");
    std::fflush(stderr);
    line_open_ = !state.finished;
  }

  void end_progress() override {
    const std::lock_guard lock(mutex_);
    close_line();
  }

  std::chrono::milliseconds progress_interval() const override {
    return terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(30);
  }

  void set_quiet(bool quiet) { quiet_ = quiet; }

 private:
  void print(const char* mark, const std::string& line) {
    const std::lock_guard lock(mutex_);
    close_line();
    std::fprintf(stderr, "%s%s\n", mark, line.c_str());
  }
  void close_line() {
    if (line_open_) std::fputc('\n', stderr);
    line_open_ = false;
  }

  const bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  std::atomic<bool> quiet_{false};
  std::mutex mutex_;
  bool line_open_ = false;
};

StderrLog& stderr_log() {
  static StderrLog log;
  return log;
}

thread_local Log* log_of_thread = nullptr;

}  // namespace

Log& current_log() {
  return log_of_thread != nullptr ? *log_of_thread : stderr_log();
}

LogScope::LogScope(Log& log) : outer_(log_of_thread) {
  log_of_thread = &log;
}

LogScope::~LogScope() {
  log_of_thread = outer_;
}

void inform(const std::string& line) {
  current_log().inform(line);
}

void warn(const std::string& line) {
  current_log().warn(line);
}

void set_quiet(bool quiet) {
  stderr_log().set_quiet(quiet);
}

}  // namespace heed
