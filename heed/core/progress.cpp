// SPDX-License-Identifier: Apache-2.0
#include "heed/core/progress.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>

#include <unistd.h>

namespace heed {
namespace {
std::atomic<bool> quiet_mode{false};
}

void set_quiet(bool quiet) {
  quiet_mode = quiet;
}

void inform(const std::string& line) {
  if (!quiet_mode) std::fprintf(stderr, "%s\n", line.c_str());
}

void warn(const std::string& line) {
  std::fprintf(stderr, "warning: %s\n", line.c_str());
}

Progress::Progress(std::string title, int64_t total, int64_t done)
    : title_(std::move(title)),
      total_(total),
      start_(done),
      done_(done),
      terminal_(::isatty(STDERR_FILENO) != 0),
      begin_(Clock::now()),
      drawn_(begin_) {}

Progress::~Progress() {
  if (open_) std::fputc('\n', stderr);
}

void Progress::update(int64_t done, const std::string& detail) {
  done_ = done;
  const auto interval = terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(30000);
  if (Clock::now() - drawn_ >= interval) draw(detail, false);
}

void Progress::finish(const std::string& detail) {
  if (!finished_) draw(detail, true);
  finished_ = true;
}

void Progress::draw(const std::string& detail, bool last) {
  drawn_ = Clock::now();
  if (quiet_mode) return;
  const double elapsed = std::chrono::duration<double>(drawn_ - begin_).count();
  std::string line = title_ + "  " + std::to_string(done_);
  if (total_ > 0) {
    line.append("/").append(std::to_string(total_)).append("  ");
    line.append(std::to_string(100 * done_ / total_)).append(" %");
  }
  if (!detail.empty()) line.append("  ").append(detail);
  if (last) {
    line.append("  ").append(format_duration(elapsed));
  } else if (total_ > 0 && done_ > start_) {
    const double step_seconds = elapsed / static_cast<double>(done_ - start_);
    line.append("  ")
        .append(format_duration(step_seconds * static_cast<double>(total_ - done_)))
        .append(" left");
  }
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s%s", line.c_str(), last ? "\n" : "");
    std::fflush(stderr);
    open_ = !last;
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
}

std::string format_duration(double seconds) {
  const auto total = static_cast<int64_t>(std::llround(std::max(0.0, seconds)));
  char text[32];
  if (total >= 3600) {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", static_cast<long>(total / 3600),
                  static_cast<long>(total / 60 % 60), static_cast<long>(total % 60));
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld", static_cast<long>(total / 60),
                  static_cast<long>(total % 60));
  }
  return text;
}

}  // namespace heed
