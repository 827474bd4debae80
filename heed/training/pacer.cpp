// SPDX-License-Identifier: Apache-2.0
#include "heed/training/pacer.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "heed/core/progress.h"
#include "heed/training/schedule.h"

namespace heed::training {
namespace {

// Shares of the time budget, unless noted otherwise.
constexpr double kReserve = 0.01;    // for work that is not measured: reading weights, ending the run
constexpr double kTolerance = 0.02;  // a plan that misses the end by less is not changed
constexpr double kReview = 0.005;    // time between reviews; short, because a step may become 20 times slower
constexpr double kWindow = 0.05;     // the rate is measured over the steps of this time
constexpr double kFirst = 0.01;      // minimum time of those steps, if there are few
constexpr size_t kFewest = 3, kMost = 10000;  // minimum and maximum number of those steps

/// Averages the known value with the new one.
void blend(double& known, double seen) {
  known = known > 0 ? (known + seen) / 2 : seen;
}

/// Number of events after `step`, for an event that happens every `every` steps and at the last one.
double times(int64_t every, int64_t step, int64_t steps) {
  return static_cast<double>((steps - 1) / every - step / every + 1);
}

}  // namespace

Pacer::Pacer(const TrainingOptions& options, const std::filesystem::path& run)
    : options_(options), run_(run), plan_(read_plan(run, options)), announced_(plan_.steps()) {}

void Pacer::train_until(int64_t step, int64_t steps) {
  plan_.minutes = 0;
  extend(step, steps);
}

/// The first plan of the new time has the rate of the run so far, validations and checkpoints included.
void Pacer::train_for(int64_t step, double spent, double minutes) {
  plan_.minutes = minutes;
  plan_.seconds_before = spent;
  const double rate = spent > 0 ? static_cast<double>(step) / spent : 0;
  extend(step, step + std::max<int64_t>(1, static_cast<int64_t>(rate * budget())));
}

void Pacer::extend(int64_t step, int64_t steps) {
  plan_.extend(options_, step, steps);
  announced_ = steps;
  write_plan(run_, plan_);
}

bool Pacer::goes_on_after(int64_t step) const {
  return plan_.parts.size() > 1 && plan_.parts.back().from_step >= step && plan_.steps() > step;
}

double Pacer::learning_rate(int64_t step) const {
  return scheduled_learning_rate(options_, plan_.position(step));
}

void Pacer::add_step(double seconds) {
  recent_.push_back(seconds);
  recent_seconds_ += seconds;
  while (recent_.size() > kMost ||
         (recent_.size() > kFewest && recent_seconds_ - recent_.front() >= kWindow * budget())) {
    recent_seconds_ -= recent_.front();
    recent_.pop_front();
  }
  if (validation_seconds_ > 0 && knows_the_rate()) {
    blend(plan_.validation_steps, validation_seconds_ / seconds_per_step());
    validation_seconds_ = 0;
  }
}

void Pacer::add_validation(double seconds) {
  if (knows_the_rate()) {
    blend(plan_.validation_steps, seconds / seconds_per_step());
  } else {
    validation_seconds_ = seconds;
  }
}

void Pacer::add_checkpoint(double seconds) {
  blend(plan_.checkpoint_seconds, seconds);
}

/// Excludes the longest step: a single pause of the machine does not predict later steps.
double Pacer::seconds_per_step() const {
  const auto count = static_cast<double>(recent_.size());
  if (recent_.size() < kFewest) return recent_seconds_ / count;
  return (recent_seconds_ - *std::max_element(recent_.begin(), recent_.end())) / (count - 1);
}

bool Pacer::knows_the_rate() const {
  return recent_.size() >= kFewest && recent_seconds_ >= kFirst * budget() && seconds_per_step() > 0;
}

/// Returns the most steps that end in time, including validations and checkpoints between them; at least a
/// quarter of the steps left in the current plan, so that a single bad estimate does not end a run.
int64_t Pacer::fitting_steps(int64_t step, double spent) const {
  const double each = seconds_per_step(), left = (1 - kReserve) * budget() - (spent - plan_.seconds_before);
  const auto needed = [&](int64_t steps) {
    return each * (static_cast<double>(steps - step) +
                   plan_.validation_steps * times(options_.validate_every, step, steps)) +
           plan_.checkpoint_seconds * times(options_.checkpoint_every, step, steps);
  };
  int64_t fits = step + std::max<int64_t>(1, (steps() - step) / 4);
  int64_t too_many = fits + 1 + static_cast<int64_t>(std::max(0.0, left) / each);
  while (too_many - fits > 1) {
    const int64_t middle = fits + (too_many - fits) / 2;
    (needed(middle) <= left ? fits : too_many) = middle;
  }
  return fits;
}

void Pacer::review(int64_t step, double spent) {
  if (plan_.minutes <= 0 || step < plan_.kept_until) return;
  if (knows_the_rate()) {
    const int64_t steps = fitting_steps(step, spent);
    const double off = static_cast<double>(std::abs(steps - plan_.steps())) * seconds_per_step();
    if (off > kTolerance * budget()) plan_.change(options_, step, steps);
  }
  const double pause = recent_.empty() ? 0 : kReview * budget() / std::max(seconds_per_step(), 1e-9);
  plan_.kept_until = step + std::max<int64_t>(1, static_cast<int64_t>(pause));
  write_plan(run_, plan_);
  if (10 * std::abs(plan_.steps() - announced_) <= announced_) return;
  inform("the training speed has changed: " + std::to_string(plan_.steps()) +
         " steps fit into the time instead of " + std::to_string(announced_));
  announced_ = plan_.steps();
}

}  // namespace heed::training
