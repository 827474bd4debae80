// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

namespace heed::training {

/// While it lives, the first SIGINT or SIGTERM only raises a flag, so that a step can be finished and saved;
/// a second one ends the process at once, as if nobody listened.
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
