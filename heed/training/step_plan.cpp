// SPDX-License-Identifier: Apache-2.0
#include "heed/training/step_plan.h"

#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/core/files.h"

namespace heed::training {
namespace fs = std::filesystem;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PlanPart, from_step, steps, position, pace)

namespace {

fs::path plan_file(const fs::path& run) {
  return run / "plan.json";
}

/// Where the cosine of a run of `steps` steps is after `step`, as a position of the first plan.
double cosine_position(const TrainingOptions& options, int64_t step, int64_t steps) {
  const auto warmup = static_cast<double>(options.warmup_steps);
  const double done = static_cast<double>(step) - warmup, whole = static_cast<double>(steps) - warmup;
  const double planned = static_cast<double>(options.steps) - warmup;
  return done <= 0 || planned <= 0 ? static_cast<double>(step) : warmup + planned * done / whole;
}

double pace_to_end(const TrainingOptions& options, double position, int64_t steps_left) {
  const auto left = static_cast<double>(steps_left);
  if (options.schedule == "cosine")
    return std::max(0.0, static_cast<double>(options.steps) - position) / left;
  const double warmup_left = static_cast<double>(options.warmup_steps) - position;
  return std::max(1.0, warmup_left / std::max(1.0, left / 4));
}

}  // namespace

double StepPlan::position(int64_t step) const {
  const auto after = std::find_if(parts.begin() + 1, parts.end(),
                                  [&](const PlanPart& part) { return part.from_step >= step; });
  const PlanPart& part = *(after - 1);
  return part.position + part.pace * static_cast<double>(step - part.from_step);
}

void StepPlan::change(const TrainingOptions& options, int64_t step, int64_t steps) {
  add_part(options, step, steps, position(step));
}

void StepPlan::extend(const TrainingOptions& options, int64_t step, int64_t steps) {
  add_part(options, step, steps,
           options.schedule == "cosine" ? cosine_position(options, step, steps) : position(step));
  kept_until = step + 1;  // a part that replaces this one would start from the old position
}

void StepPlan::add_part(const TrainingOptions& options, int64_t step, int64_t steps, double now) {
  // Only a run that returned to a checkpoint has later parts; the new part replaces them.
  while (parts.size() > 1 && parts.back().from_step >= step) parts.pop_back();
  parts.push_back({step, steps, now, pace_to_end(options, now, steps - step)});
}

void write_plan(const fs::path& run, const StepPlan& plan) {
  const nlohmann::json json{{"parts", plan.parts},
                            {"kept_until", plan.kept_until},
                            {"validation_steps", plan.validation_steps},
                            {"checkpoint_seconds", plan.checkpoint_seconds},
                            {"minutes", plan.minutes},
                            {"seconds_before", plan.seconds_before}};
  write_atomically(plan_file(run), json.dump() + "\n");
}

StepPlan read_plan(const fs::path& run, const TrainingOptions& options) {
  StepPlan plan(options);
  const fs::path file = plan_file(run);
  if (!fs::exists(file)) return plan;
  try {
    const auto json = nlohmann::json::parse(read_text(file));
    json.at("parts").get_to(plan.parts);
    json.at("kept_until").get_to(plan.kept_until);
    json.at("validation_steps").get_to(plan.validation_steps);
    json.at("checkpoint_seconds").get_to(plan.checkpoint_seconds);
    plan.minutes = json.value("minutes", plan.minutes);  // plans of earlier versions lack these
    plan.seconds_before = json.value("seconds_before", plan.seconds_before);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::kCheckpoint, std::string("is not a plan: ") + error.what(), file.string());
  }
  if (plan.parts.empty()) throw Error(ErrorKind::kCheckpoint, "is not a plan: it has no part", file.string());
  return plan;
}

}  // namespace heed::training
