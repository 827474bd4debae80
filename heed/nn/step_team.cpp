// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/step_team.h"

#include <omp.h>

#include <ATen/Parallel.h>

namespace heed::nn {
namespace {

/// Leaves the core's units to its other thread for a moment.
void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

void MeetingPlace::meet(int64_t members) noexcept {
  const uint32_t round = round_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == members) {
    arrived_.store(0, std::memory_order_relaxed);
    round_.store(round + 1, std::memory_order_release);
    round_.notify_all();
    return;
  }
  for (int i = 0; i < kChecks; ++i) {
    if (round_.load(std::memory_order_acquire) != round) return;
    pause();
  }
  round_.wait(round, std::memory_order_acquire);
}

void run_team(int64_t members, const std::function<void(const TeamMember&)>& work) {
  MeetingPlace place;
  if (members <= 1 || at::in_parallel_region()) return work(TeamMember(place, 0, 1));
#pragma omp parallel num_threads(static_cast <int>(members))
  work(TeamMember(place, omp_get_thread_num(), omp_get_num_threads()));
}

}  // namespace heed::nn
