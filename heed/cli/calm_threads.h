// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

namespace heed::cli {

/// Keeps the program's share of a machine whose cores other programs use too.
///
/// A thread of OpenMP that waits for the others spins before it sleeps. libgomp lets it spin for
/// milliseconds: fastest on an idle machine, but on a busy one it takes the core from the very thread that is
/// waited for. While an object of this class lives, a thread looks every 20 ms how long this process's threads
/// queued for a core, and makes waiting threads sleep at once while that is more than a little. The
/// environment stays as it is. docs/busy-machines.md has the measurements.
class CalmThreads {
 public:
  /// Watches unless waiting_threads() says that there is nothing to do.
  explicit CalmThreads(int threads);
  ~CalmThreads();
  CalmThreads(const CalmThreads&) = delete;
  CalmThreads& operator=(const CalmThreads&) = delete;

 private:
  class Watch;
  std::unique_ptr<Watch> watch_;
};

/// What `threads` threads do while they wait for each other, and why: a sentence for `heed info`.
std::string waiting_threads(int threads);

}  // namespace heed::cli
