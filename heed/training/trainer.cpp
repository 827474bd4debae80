// SPDX-License-Identifier: Apache-2.0
#include "heed/training/trainer.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>

#include <ATen/ATen.h>
#include <ATen/Context.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/training/best_weights.h"
#include "heed/training/checkpoint.h"
#include "heed/training/interrupt.h"
#include "heed/training/lora.h"
#include "heed/training/meter.h"
#include "heed/training/metrics.h"
#include "heed/training/moving_average.h"
#include "heed/training/pacer.h"
#include "heed/training/precision.h"
#include "heed/training/run_folder.h"
#include "heed/training/run_lock.h"
#include "heed/training/stepper.h"

namespace heed::training {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kSkipsBeforeRollback = 5;
constexpr int64_t kMaxRollbacks = 10;

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string format(const char* pattern, double value) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

/// Creates the folder and moves the module to the device, before anything refers to either.
const fs::path& prepare(const fs::path& run, Objective& objective, at::Device device) {
  make_folder(run);
  objective.module().to(device);
  return run;
}

/// Determines a run's precision once: from the options, its first session, or a measurement.
std::string settle_precision(const TrainingOptions& options, const fs::path& run, at::Device device) {
  if (options.precision == "auto") {
    if (const auto state = newest_state(run)) return state->precision;
  }
  return resolve_precision(options.precision, device);
}

/// Whether a value is better than the best so far, or at least as good. There is always a first one.
bool is_better(double value, const std::optional<double>& best, bool lower) {
  if (!std::isfinite(value) || !best) return std::isfinite(value);
  return lower ? value < *best : value > *best;
}
bool is_as_good(double value, const std::optional<double>& best, bool lower) {
  return is_better(value, best, lower) || value == best;
}

/// Whether the folder has a run to resume. Throws if it has one and `resume` is off.
bool find_run(const fs::path& run, bool resume) {
  const bool found = !checkpoint_steps(run).empty();
  if (found && !resume)
    throw Error(ErrorKind::kUsage, "already has a training run: resume it or choose another folder",
                run.string());
  return found;
}

class Trainer {
 public:
  Trainer(Objective& objective, const TrainingOptions& options, const fs::path& run,
          const TrainControl& control)
      : objective_(objective),
        options_(options),
        run_(prepare(run, objective, control.device)),
        device_(control.device),
        lock_(run_),
        resumes_(find_run(run_, control.resume)),
        precision_(settle_precision(options, run_, device_)),
        clock_(control.clock ? control.clock : steady_seconds),
        lap_began_(clock_()),
        pacer_(options, run_),
        stepper_(objective, options, device_, precision_),
        average_(stepper_.optimizer().parameters(), options.moving_average),
        best_(objective.module(), run_ / weights_file(objective.module())) {
    remove_leftovers(run_);
    begin(control);
    progress_.emplace(control.title, pacer_.steps(), state_.step);
  }

  TrainResult run();

 private:
  void begin(const TrainControl& control);
  void train_on(const TrainControl& control);
  bool is_finished() const { return state_.early_stopped || state_.step >= pacer_.steps(); }
  double lap();
  bool validation_is_due() const;
  bool checkpoint_is_due() const;
  void validate();
  /// What a validation means for the run.
  struct Verdict {
    bool keeps = false;   ///< its weights are the best so far
    bool resets = false;  ///< it counts as an improvement
  };
  void check_watch(const Validation& found) const;
  Verdict judge(const Validation& found);
  void keep(const Validation& found, bool best);
  void save(bool scheduled);
  void step();
  void log(const StepReport& report, double learning_rate);
  void roll_back();
  std::string detail() const;
  CheckpointParts parts() { return {objective_.module(), stepper_.optimizer(), average_, state_, device_}; }
  TrainResult result(int signal) const;

  Objective& objective_;
  const TrainingOptions& options_;
  fs::path run_;
  at::Device device_;
  RunLock lock_;
  bool resumes_;
  std::string precision_;
  std::function<double()> clock_;
  double lap_began_;
  Pacer pacer_;
  Stepper stepper_;
  MovingAverage average_;
  BestWeights best_;
  TrainingState state_;
  std::optional<Metrics> metrics_;
  std::optional<int64_t> saved_step_;
  std::optional<Progress> progress_;
  bool was_finished_ = false;
  Meter meter_;
  double learning_rate_ = 0;
  std::map<std::string, double> valid_;  ///< metrics of the last validation, for the progress line
};

void Trainer::begin(const TrainControl& control) {
  if (resumes_) {
    if (!load_newest_checkpoint(run_, parts()))
      throw Error(ErrorKind::kCheckpoint, "none of the run's checkpoints is intact", run_.string());
    if (state_.scheduled || !validation_is_due()) saved_step_ = state_.step;
    if (state_.last) valid_[state_.watch] = *state_.last;
    train_on(control);
    was_finished_ = is_finished();
    if (!was_finished_) inform("resuming at step " + std::to_string(state_.step));
  } else {
    objective_.write_assets(run_);
    at::manual_seed(static_cast<uint64_t>(options_.seed));
    state_.precision = precision_;
    state_.seconds = control.seconds_spent;
  }
  metrics_.emplace(run_, state_.step, state_.metrics_bytes);
}

/// Gives a resumed run further steps, if it is to have them. A kill between this and the next checkpoint changes
/// nothing: the plan is stored, and tells that an early stop is over.
void Trainer::train_on(const TrainControl& control) {
  if (control.until_step && *control.until_step <= state_.step) {
    throw Error(ErrorKind::kUsage,
                "the run has done " + std::to_string(state_.step) + " steps already; name a later step",
                FieldName{"steps"});
  }
  if (control.until_step) pacer_.train_until(state_.step, *control.until_step);
  if (control.more_minutes) pacer_.train_for(state_.step, state_.seconds, *control.more_minutes);
  if (state_.early_stopped && pacer_.goes_on_after(state_.step)) {
    state_.early_stopped = false;
    state_.worse_validations = 0;
  }
}

/// Adds the time since the last call to the seconds spent, and returns it.
double Trainer::lap() {
  const double now = clock_(), seconds = now - lap_began_;
  lap_began_ = now;
  state_.seconds += seconds;
  return seconds;
}

/// Each iteration first does what is due after the steps so far. A resumed run therefore enters where the
/// stopped one left.
TrainResult Trainer::run() {
  const InterruptGuard interrupt;
  for (;;) {
    if (const int signal = interrupt.signal()) {
      if (saved_step_ != state_.step) save(checkpoint_is_due() && !validation_is_due());
      progress_->finish(detail());
      return result(signal);
    }
    if (validation_is_due()) {
      validate();
      continue;
    }
    const bool finished = is_finished();
    if ((checkpoint_is_due() || finished) && saved_step_ != state_.step) {
      save(checkpoint_is_due());
      prune_checkpoints(run_, options_.keep_checkpoints);
    }
    if (finished) break;
    lap();
    pacer_.review(state_.step, state_.seconds);
    step();
    if (state_.consecutive_skips >= kSkipsBeforeRollback) roll_back();
    progress_->set_total(pacer_.steps());
    progress_->update(state_.step, detail());
  }
  if (!was_finished_) progress_->finish(detail());
  return result(/*signal=*/0);
}

bool Trainer::validation_is_due() const {
  const bool wanted = state_.step % options_.validate_every == 0 || state_.step >= pacer_.steps();
  return wanted && state_.validated_step < state_.step && !state_.early_stopped;
}

/// A checkpoint is never due amid skipped steps, so that a run has a state to return to.
bool Trainer::checkpoint_is_due() const {
  return state_.step % options_.checkpoint_every == 0 && state_.consecutive_skips == 0;
}

void Trainer::check_watch(const Validation& found) const {
  if (!state_.first || state_.watch == found.watch) return;
  throw Error(ErrorKind::kCheckpoint,
              "the run watches the validation metric '" + state_.watch + "', but the task now watches '" +
                  found.watch + "'; start a new run",
              run_.string());
}

Trainer::Verdict Trainer::judge(const Validation& found) {
  const double value = found.watched();
  if (found.second_watch.empty()) {
    const bool better = is_better(value, state_.best, found.lower_is_better);
    return {better, better};
  }
  const double second = found.metrics.at(found.second_watch);
  const bool first_good = is_as_good(value, state_.record, found.lower_is_better);
  const bool second_good = is_as_good(second, state_.second_record, /*lower=*/true);
  if (first_good) state_.record = value;
  if (second_good) state_.second_record = second;
  return {first_good && second_good, first_good || second_good};
}

void Trainer::keep(const Validation& found, bool best) {
  valid_ = found.metrics;
  state_.watch = found.watch;
  state_.lower_is_better = found.lower_is_better;
  const double value = found.watched();
  if (best) {
    state_.best = value;
    state_.best_step = state_.step;
  }
  if (!std::isfinite(value)) return;
  state_.last = value;
  if (!state_.first) state_.first = value;
}

void Trainer::validate() {
  lap();
  if (average_.on()) average_.swap();
  const Validation found = stepper_.validate();
  check_watch(found);
  const Verdict verdict = judge(found);
  if (verdict.keeps) best_.keep();
  if (average_.on()) average_.swap();
  keep(found, verdict.keeps);
  state_.worse_validations = verdict.resets ? 0 : state_.worse_validations + 1;
  state_.early_stopped = options_.patience > 0 && state_.worse_validations >= options_.patience;
  state_.validated_step = state_.step;
  pacer_.add_validation(lap());
  Scalars scalars;
  for (const auto& [name, value] : found.metrics) scalars.emplace_back("valid/" + name, value);
  metrics_->write(state_.step, scalars);
  if (state_.early_stopped) {
    inform("no improvement in " + std::to_string(options_.patience) + " validations: stopping at step " +
           std::to_string(state_.step));
  }
}

void Trainer::save(bool scheduled) {
  lap();
  best_.flush();  // a run that is resumed here does not meet them again
  state_.scheduled = scheduled;
  state_.metrics_bytes = metrics_->sync();
  save_checkpoint(run_, parts());
  saved_step_ = state_.step;
  pacer_.add_checkpoint(lap());
}

void Trainer::step() {
  const int64_t number = state_.step + 1;
  learning_rate_ = pacer_.learning_rate(number) * state_.learning_rate_scale;
  const StepReport report = stepper_.run(number, learning_rate_);
  state_.step = number;
  if (report.applied) {
    average_.update(number - 1);
    state_.consecutive_skips = 0;
    state_.interval_loss += report.loss;
    state_.interval_targets += report.targets;
  } else {
    ++state_.skipped;
    ++state_.consecutive_skips;
    warn("step " + std::to_string(number) + " skipped: the " +
         (std::isfinite(report.loss) ? "gradient" : "loss") + " is not finite (" +
         std::to_string(state_.skipped) + " skipped so far)");
  }
  const double seconds = lap();
  pacer_.add_step(seconds);
  meter_.add(report, stepper_.tokens_per_step(), seconds);
  if (number % options_.log_every == 0) log(report, learning_rate_);
}

void Trainer::log(const StepReport& report, double learning_rate) {
  const auto targets = static_cast<double>(state_.interval_targets);
  const double epoch = static_cast<double>(state_.step * options_.accumulation) /
                       static_cast<double>(std::max<int64_t>(1, objective_.indices_per_epoch()));
  metrics_->write(state_.step, {{"train/loss", targets > 0 ? state_.interval_loss / targets : std::nan("")},
                                {"train/learning_rate", learning_rate},
                                {"train/gradient_norm", report.gradient_norm},
                                {"train/tokens_per_second", meter_.tokens_per_second()},
                                {"train/epoch", epoch},
                                {"train/seconds", state_.seconds}});
  state_.interval_loss = 0;
  state_.interval_targets = 0;
  meter_.restart();
}

void Trainer::roll_back() {
  const TrainingState failed = state_;
  if (failed.rollbacks >= kMaxRollbacks) {
    throw Error(ErrorKind::kSystem,
                "training failed: the loss is not finite even after halving the learning rate " +
                    std::to_string(kMaxRollbacks) + " times");
  }
  if (!load_newest_checkpoint(run_, parts(), /*scheduled_only=*/true))
    throw Error(ErrorKind::kCheckpoint, "has no intact checkpoint to return to", run_.string());
  state_.learning_rate_scale = failed.learning_rate_scale / 2;
  state_.rollbacks = failed.rollbacks + 1;
  state_.skipped = failed.skipped;
  state_.seconds = failed.seconds;
  // The best model on disk may be newer than the checkpoint; it stays until a better one is found.
  state_.watch = failed.watch;
  state_.lower_is_better = failed.lower_is_better;
  state_.first = failed.first;
  state_.best = failed.best;
  state_.best_step = failed.best_step;
  state_.record = failed.record;
  state_.second_record = failed.second_record;
  remove_checkpoints_after(run_, state_.step);
  saved_step_ = state_.step;
  metrics_.emplace(run_, state_.step, state_.metrics_bytes);
  warn(std::to_string(kSkipsBeforeRollback) + " consecutive steps were not finite: returning to step " +
       std::to_string(state_.step) + " at " + format("%g", state_.learning_rate_scale) +
       " times the learning rate");
}

std::string Trainer::detail() const {
  std::string text;
  if (const auto loss = meter_.loss()) {
    text = "loss " + format("%.4f", *loss) + "  " + format("%.0f", meter_.tokens_per_second()) +
           " tokens/s  lr " + format("%.2e", learning_rate_);
  }
  if (!valid_.empty()) text += text.empty() ? "valid" : "  valid";
  for (const auto& [name, value] : valid_) text += " " + name + " " + format("%.4f", value);
  if (state_.skipped > 0) text += "  skipped " + std::to_string(state_.skipped);
  return text;
}

TrainResult Trainer::result(int signal) const {
  return {.step = state_.step,
          .watch = state_.watch,
          .lower_is_better = state_.lower_is_better,
          .first = state_.first,
          .best = state_.best,
          .last = state_.last,
          .best_step = state_.best_step,
          .skipped = state_.skipped,
          .rollbacks = state_.rollbacks,
          .seconds = state_.seconds,
          .interrupted = signal != 0,
          .signal = signal,
          .early_stopped = state_.early_stopped,
          .was_finished = was_finished_};
}

}  // namespace

TrainResult train(Objective& objective, const TrainingOptions& options, const fs::path& run,
                  const TrainControl& control) {
  return Trainer(objective, options, run, control).run();
}

}  // namespace heed::training
