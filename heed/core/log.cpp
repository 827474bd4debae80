// SPDX-License-Identifier: Apache-2.0
#include "heed/core/log.h"

#include <atomic>
#include <cstdio>
#include <mutex>

#include <sys/ioctl.h>
#include <unistd.h>

#include "heed/core/progress.h"

namespace heed {
namespace {

/// "train  120/4000  3 %".
std::string progress_head(const ProgressState& state) {
  std::string head = state.title + "  " + std::to_string(state.done);
  if (state.total > 0) {
    head.append("/").append(std::to_string(state.total)).append("  ");
    head.append(std::to_string(100 * state.done / state.total)).append(" %");
  }
  return head;
}

/// "2:10 left", or the time that the finished work took; empty when it is unknown.
std::string progress_time(const ProgressState& state) {
  if (state.finished) return format_duration(state.seconds);
  if (state.total == 0 || state.done <= state.start) return "";
  const double step_seconds = state.seconds / static_cast<double>(state.done - state.start);
  return format_duration(step_seconds * static_cast<double>(state.total - state.done)) + " left";
}

/// Cuts text to `columns` bytes, whole characters of UTF-8.
std::string cut(std::string text, size_t columns) {
  if (text.size() <= columns) return text;
  while (columns > 0 && (static_cast<unsigned char>(text[columns]) & 0xC0) == 0x80) --columns;
  text.resize(columns);
  return text;
}

/// One line of at most `columns`; what does not fit is cut from the detail first.
std::string progress_line(const ProgressState& state, size_t columns) {
  constexpr size_t kGap = 2;
  std::string line = progress_head(state);
  const std::string time = progress_time(state);
  const size_t taken = line.size() + (time.empty() ? 0 : time.size() + kGap) + kGap;
  if (!state.detail.empty() && taken < columns) line.append("  ").append(cut(state.detail, columns - taken));
  if (!time.empty()) line.append("  ").append(time);
  return cut(line, columns);
}

/// Columns of the terminal that stderr is.
size_t stderr_columns() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col - 1 : 79;  // a full line would wrap
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
    const std::string line = progress_line(state, terminal_ ? stderr_columns() : std::string::npos);
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
