// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <map>

namespace heed::training {

/// During its lifetime the first SIGINT, SIGTERM, SIGHUP, SIGUSR1 or SIGUSR2 only sets a flag, so that the current
/// step can finish and be saved. A second one has its default action and ends the process at once, except for another
/// SIGHUP: a terminal that closes may send two.
///
/// A SIGHUP, SIGUSR1 or SIGUSR2 that the process ignores, as under nohup, stays ignored. Writing to a pipe that nobody
/// reads, such as a terminal program that has ended, is an error of the write and ends nothing (SIGPIPE is ignored).
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// The signal that asked to stop; 0: none.
  int signal() const;

 private:
  std::map<int, struct sigaction> old_;  ///< what each signal did before
};

}  // namespace heed::training
