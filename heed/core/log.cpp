// SPDX-License-Identifier: Apache-2.0
#include "heed/core/log.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

#include "heed/core/progress.h"
#include "heed/core/shown_text.h"

namespace heed {
namespace {

/// "120/4000", or "120" of an unknown total.
std::string progress_count(const ProgressState& state) {
  std::string count = std::to_string(state.done);
  if (state.total > 0) count.append("/").append(std::to_string(state.total));
  return count;
}

/// "3 %"; empty when the total is unknown.
std::string progress_share(const ProgressState& state) {
  if (state.total <= 0) return "";
  const double share = static_cast<double>(state.done) / static_cast<double>(state.total);
  return std::to_string(static_cast<int>(100 * share)) + " %";
}

/// "2:10 left", or the time that the finished work took; empty when it is unknown.
std::string progress_time(const ProgressState& state) {
  if (state.finished) return format_duration(state.seconds);
  if (state.total == 0 || state.done <= state.start) return "";
  const double step_seconds = state.seconds / static_cast<double>(state.done - state.start);
  return format_duration(step_seconds * static_cast<double>(state.total - state.done)) + " left";
}

/// Cuts text to columns at the last blank; empty if not even its first word fits.
std::string cut_at_word(const std::string& text, size_t columns) {
  std::string cut = cut_to_columns(text, columns);
  if (cut.size() == text.size() || text[cut.size()] == ' ') return cut;
  const size_t blank = cut.rfind(' ');
  return blank == std::string::npos ? "" : cut.substr(0, cut.find_last_not_of(' ', blank) + 1);
}

/// "train  120/4000  3 %  loss 1.23  2:10 left" in at most `columns`. What does not fit is left out: first the end of
/// the detail, then the time, then the percentage.
std::string progress_line(const ProgressState& state, size_t columns) {
  constexpr size_t kGap = 2;
  size_t taken = 0;
  const auto fits = [&](const std::string& part) {
    const size_t needed = columns_of(part) + kGap;
    if (part.empty() || taken + needed > columns) return false;
    taken += needed;
    return true;
  };
  std::string line = cut_to_columns(printable(state.title) + "  " + progress_count(state), columns);
  taken = columns_of(line);
  const std::string share = progress_share(state), time = progress_time(state);
  const bool with_share = fits(share), with_time = fits(time);
  if (with_share) line += "  " + share;
  if (taken + kGap < columns) {
    const std::string detail = cut_at_word(printable(state.detail), columns - taken - kGap);
    if (!detail.empty()) line += "  " + detail;
  }
  if (with_time) line += "  " + time;
  return line;
}

/// Columns for a line on the terminal that stderr is: one less than it has, because a full line may wrap.
size_t stderr_columns() {
  constexpr size_t kUsual = 80;
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return (known ? size.ws_col : kUsual) - 1;
}

/// Whether the terminal that stderr is can clear a line: TERM=dumb, as in editors and logs, cannot.
bool can_redraw() {
  const char* name = std::getenv("TERM");
  return name != nullptr && *name != '\0' && std::string_view(name) != "dumb";
}

/// On a terminal one progress line is redrawn in place; in a pipe, and on a terminal that cannot, each report is a line.
class StderrLog : public Log {
 public:
  void inform(const std::string& line) override {
    if (!quiet_) print("", line);
  }
  void warn(const std::string& line) override { print("warning: ", line); }

  void progress(const ProgressState& state) override {
    if (quiet_) return;
    const std::lock_guard lock(mutex_);
    const std::string line = progress_line(state, terminal_ ? stderr_columns() : kUnlimited);
    if (!redraws_) {
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
    return redraws_ ? std::chrono::milliseconds(100) : std::chrono::seconds(30);
  }

  void set_quiet(bool quiet) { quiet_ = quiet; }

 private:
  void print(const char* mark, const std::string& line) {
    const std::lock_guard lock(mutex_);
    close_line();
    std::fprintf(stderr, "%s%s\n", mark, printable(line).c_str());
  }
  void close_line() {
    if (line_open_) std::fputc('\n', stderr);
    line_open_ = false;
  }

  static constexpr size_t kUnlimited = std::numeric_limits<size_t>::max();
  const bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  const bool redraws_ = terminal_ && can_redraw();
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
