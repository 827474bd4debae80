// SPDX-License-Identifier: Apache-2.0
#include "heed/training/training_state.h"

#include <nlohmann/json.hpp>

#include "heed/core/error.h"

namespace heed::training {
namespace {

template <class State, class Visit>
void visit_fields(State& s, Visit visit) {
  visit("step", s.step);
  visit("validated_step", s.validated_step);
  visit("first_" + s.watch, s.first);
  visit("best_" + s.watch, s.best);
  visit("last_" + s.watch, s.last);
  visit("best_step", s.best_step);
  visit("worse_validations", s.worse_validations);
  visit("early_stopped", s.early_stopped);
  visit("learning_rate_scale", s.learning_rate_scale);
  visit("skipped", s.skipped);
  visit("consecutive_skips", s.consecutive_skips);
  visit("rollbacks", s.rollbacks);
  visit("interval_loss", s.interval_loss);
  visit("interval_targets", s.interval_targets);
  visit("metrics_bytes", s.metrics_bytes);
  visit("seconds", s.seconds);
  visit("precision", s.precision);
  visit("scheduled", s.scheduled);
}

template <class T>
void put(nlohmann::json& json, const std::string& name, const T& value) {
  json[name] = value;
}
void put(nlohmann::json& json, const std::string& name, const std::optional<double>& value) {
  json[name] = value ? nlohmann::json(*value) : nlohmann::json();
}

template <class T>
void take(const nlohmann::json& json, const std::string& name, T& value) {
  json.at(name).get_to(value);
}
void take(const nlohmann::json& json, const std::string& name, std::optional<double>& value) {
  if (json.at(name).is_null()) {
    value.reset();
  } else {
    value = json.at(name).get<double>();
  }
}

}  // namespace

std::string format_state(const TrainingState& state) {
  nlohmann::json json;
  if (state.watch != TrainingState().watch) json["watch"] = state.watch;
  if (!state.lower_is_better) json["lower_is_better"] = false;
  visit_fields(state, [&](const std::string& name, const auto& value) { put(json, name, value); });
  if (state.record) json["record"] = *state.record;
  if (state.second_record) json["second_record"] = *state.second_record;
  return json.dump(2) + "\n";
}

TrainingState parse_state(std::string_view text, const std::string& place) {
  TrainingState state;
  try {
    const auto json = nlohmann::json::parse(text);
    state.watch = json.value("watch", state.watch);
    state.lower_is_better = json.value("lower_is_better", state.lower_is_better);
    visit_fields(state, [&](const std::string& name, auto& value) { take(json, name, value); });
    if (json.contains("record")) take(json, "record", state.record);
    if (json.contains("second_record")) take(json, "second_record", state.second_record);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::kCheckpoint, std::string("not a training state: ") + error.what(), place);
  }
  return state;
}

}  // namespace heed::training
