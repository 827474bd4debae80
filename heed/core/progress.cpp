// SPDX-License-Identifier: Apache-2.0
#include "heed/core/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace heed {

Progress::Progress(std::string title, int64_t total, int64_t done)
    : log_(current_log()), begin_(Clock::now()), last_report_(begin_) {
  state_.title = std::move(title);
  state_.total = total;
  state_.start = state_.done = done;
}

Progress::~Progress() {
  if (reported_ && !state_.finished) log_.end_progress();
}

void Progress::update(int64_t done, const std::string& detail) {
  state_.done = done;
  if (Clock::now() - last_report_ >= log_.progress_interval()) report(detail);
}

void Progress::finish(const std::string& detail) {
  if (state_.finished) return;
  state_.finished = true;
  report(detail);
}

void Progress::report(const std::string& detail) {
  last_report_ = Clock::now();
  state_.seconds = std::chrono::duration<double>(last_report_ - begin_).count();
  state_.detail = detail;
  reported_ = true;
  log_.progress(state_);
}

std::string format_duration(double seconds) {
  constexpr double kLongest = 3.6e9;  // a million hours
  const auto total =
      static_cast<int64_t>(std::llround(std::isnan(seconds) ? 0 : std::clamp(seconds, 0.0, kLongest)));
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
