// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

namespace heed::training {

/// During its lifetime the first SIGINT or SIGTERM only sets a flag, so that the current step can finish and
/// be saved. A second signal has the default action and ends the process at once.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  bool requested() const;

 private:
  struct sigaction old_interrupt_ {};
  struct sigaction old_terminate_ {};
};

}  // namespace heed::training
