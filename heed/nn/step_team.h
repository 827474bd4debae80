// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace heed::nn {

/// A barrier at which the members of a team wait for each other.
///
/// A member that is early checks for some microseconds, then sleeps until the last one wakes it. So on a busy machine it
/// does not keep a core from the member that it waits for.
class MeetingPlace {
 public:
  /// Returns when `members` threads have called it.
  void meet(int64_t members) noexcept;

 private:
  static constexpr int kChecks = 2000;  ///< the same as for libgomp's threads (docs/busy-machines.md)
  alignas(64) std::atomic<int64_t> arrived_ = 0;
  alignas(64) std::atomic<uint32_t> round_ = 0;
};

/// The pieces of work of one member.
struct Share {
  int64_t begin = 0, end = 0;
};

/// One of the threads that run the stages of some work together.
class TeamMember {
 public:
  TeamMember(MeetingPlace& place, int64_t number, int64_t members)
      : place_(place), number_(number), members_(members) {}

  int64_t number() const { return number_; }
  Share share(int64_t pieces) const {
    return {pieces * number_ / members_, pieces * (number_ + 1) / members_};
  }
  /// Waits until every member is here.
  void meet() const noexcept {
    if (members_ > 1) place_.meet(members_);
  }

 private:
  MeetingPlace& place_;
  int64_t number_, members_;
};

/// Calls work(member) on `members` threads at once, one of them the caller's; on the caller's alone inside another
/// parallel region, and on fewer if OpenMP gives fewer. `work` must not throw.
void run_team(int64_t members, const std::function<void(const TeamMember&)>& work);

}  // namespace heed::nn
