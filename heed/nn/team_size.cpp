// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/team_size.h"

#include <algorithm>

namespace heed::nn {
namespace {

constexpr int64_t kFirstSteps = 3;  ///< before the first trial
/// Steps of a trial: one tells what a thread takes alone, but a team is sometimes lucky.
constexpr int64_t kAloneTrial = 1, kTeamTrial = 3;
constexpr double kAloneShare = 0.01, kTeamShare = 0.05;  ///< of the time, for trials
constexpr double kNewest = 0.2;                          ///< weight of the latest step in a mean
/// A step counts in a mean as at most so many times the mean: a single late one changes nothing.
constexpr double kMostOfMean = 2;
constexpr double kClearly = 1.1;  ///< times slower, before the team is left without a trial

double new_mean(double mean, double cost) {
  if (mean == 0) return cost;
  return mean + kNewest * (std::min(cost, kMostOfMean * mean) - mean);
}

}  // namespace

int64_t TeamSize::choose(int64_t team) {
  const Size other = kept_ == Size::kTeam ? Size::kAlone : Size::kTeam;
  const double share = other == Size::kTeam ? kTeamShare : kAloneShare;
  const bool due = kept_steps_ >= kFirstSteps && kept_seconds_ * share >= rate(other).trial_seconds;
  chosen_ = trial_steps_ > 0 || due ? other : kept_;
  return chosen_ == Size::kTeam ? team : 1;
}

void TeamSize::record(double work, double seconds) {
  const double cost = seconds / work;
  if (chosen_ != kept_) return record_trial(cost, seconds);
  Rate& taken = rate(kept_);
  ++kept_steps_;
  kept_seconds_ += seconds;
  taken.cost = new_mean(taken.cost, cost);
  taken.trial_seconds = taken.cost * work;
  if (kept_ == Size::kTeam && alone_.cost != 0 && taken.cost > kClearly * alone_.cost) keep(Size::kAlone);
}

/// A trial ends with its first step that is slower than what it is compared with.
void TeamSize::record_trial(double cost, double seconds) {
  Rate& tried = rate(chosen_);
  tried.cost = trial_steps_ == 0 ? cost : new_mean(tried.cost, cost);
  tried.trial_seconds = seconds + (trial_steps_ == 0 ? 0 : tried.trial_seconds);
  const bool slower = cost >= rate(kept_).cost;
  const int64_t steps = chosen_ == Size::kTeam ? kTeamTrial : kAloneTrial;
  if (slower || ++trial_steps_ == steps) {
    trial_steps_ = 0;
    kept_seconds_ = 0;
    if (!slower) keep(chosen_);
  }
}

void TeamSize::keep(Size size) {
  kept_ = size;
  kept_steps_ = 0;
  kept_seconds_ = 0;
}

}  // namespace heed::nn
