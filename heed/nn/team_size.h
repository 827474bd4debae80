// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace heed::nn {

/// Chooses whether a team of threads or one thread alone runs the next step, by the time that either took lately.
///
/// The members of a team meet some thirty times a step. Where other programs use the cores, a member often waits until
/// the system gives the other one its turn, and one thread alone is many times as fast. The choice begins with the
/// team, tries a thread alone after a few steps, and keeps the faster. It tries the other one again from time to time:
/// a thread alone in at most 1 % of the time, the team in about 5 %. Times are compared for equal amounts of work.
class TeamSize {
 public:
  /// Returns the members of the next step: `team`, or 1.
  int64_t choose(int64_t team);
  /// Takes the seconds that this step took, and its work in any unit; both are above 0.
  void record(double work, double seconds);

 private:
  /// Seconds for a unit of work, and for a trial: those of the latest one, or a step's. 0: not known.
  struct Rate {
    double cost = 0, trial_seconds = 0;
  };
  enum class Size { kTeam, kAlone };

  Rate& rate(Size size) { return size == Size::kTeam ? team_ : alone_; }
  void keep(Size size);
  void record_trial(double cost, double seconds);

  Size kept_ = Size::kTeam, chosen_ = Size::kTeam;
  Rate team_, alone_;
  int64_t kept_steps_ = 0;   ///< since `kept_` was chosen
  double kept_seconds_ = 0;  ///< since the latest trial of the other size
  int64_t trial_steps_ = 0;
};

}  // namespace heed::nn
