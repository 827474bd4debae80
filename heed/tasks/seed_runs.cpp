// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/seed_runs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/log.h"
#include "heed/core/path_text.h"
#include "heed/core/progress.h"
#include "heed/tasks/options.h"
#include "heed/tasks/worker_processes.h"

namespace heed::tasks {
namespace {
namespace fs = std::filesystem;

constexpr const char* kRecord = "seeds.json";

/// Passes on warnings alone: notes and progress of a hundred runs say the same.
class WarningsOnly : public Log {
 public:
  explicit WarningsOnly(Log& log) : log_(log) {}
  void inform(const std::string& /*line*/) override {}
  void warn(const std::string& line) override { log_.warn(line); }
  void progress(const ProgressState& /*state*/) override {}

 private:
  Log& log_;
};

/// What seeds.json holds.
struct Record {
  int64_t first = 1, seeds = 0;
  Json runs = Json::array();

  bool has(int64_t seed) const {
    return std::any_of(runs.begin(), runs.end(), [&](const Json& run) { return run.at("seed") == seed; });
  }
  /// By number of the seed: runs at a time end in any order.
  void add(const Json& run) {
    const auto before = [](const Json& a, const Json& b) { return a.at("seed") < b.at("seed"); };
    runs.insert(std::upper_bound(runs.begin(), runs.end(), run, before), run);
  }
};

Record read_record(const fs::path& folder) {
  const fs::path file = folder / kRecord;
  try {
    const auto json = Json::parse(read_text(file));
    return {json.at("first").get<int64_t>(), json.at("seeds").get<int64_t>(), json.at("runs")};
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::kCheckpoint, std::string("is not a record of runs: ") + error.what(),
                file.string());
  }
}

void write_record(const fs::path& folder, const Record& record) {
  const Json json{{"first", record.first}, {"seeds", record.seeds}, {"runs", record.runs}};
  write_atomically(folder / kRecord, json.dump(1) + "\n");
}

fs::path seed_folder(const fs::path& folder, int64_t seed) {
  return folder / ("seed-" + std::to_string(seed));
}
bool is_seed_folder(const fs::path& path) {
  return path.filename().native().starts_with("seed-");
}

void check_folder(const TrainRequest& request) {
  const fs::path& folder = request.output;
  if (fs::exists(folder / kRecord) || !fs::is_directory(folder)) return check_folder_writable(folder);
  const bool strange = std::any_of(fs::directory_iterator(folder), fs::directory_iterator(),
                                   [](const auto& entry) { return !is_seed_folder(entry.path()); });
  if (strange)
    throw Error(ErrorKind::kUsage, "contains other files; runs with several seeds need a folder of their own",
                folder.string());
}

/// A validation metric of the kept weights, and whether lower values are better.
struct Score {
  double value = 0;
  bool lower = true;
};
Score validation_of(const Json& run) {
  return {run.at("validation").get<double>(), run.at("lower_is_better").get<bool>()};
}
bool is_better(const Json& run, const Json& than) {
  const Score a = validation_of(run), b = validation_of(than);
  if (a.value == b.value) return run.at("seed") < than.at("seed");
  return a.lower ? a.value < b.value : a.value > b.value;
}
const Json& best_of(const Json& runs) {
  return *std::min_element(runs.begin(), runs.end(), is_better);
}

/// Moves what a finished run has, its checkpoints left out, to where the best run is.
void move_files(const fs::path& from, const fs::path& to) {
  for (const auto& entry : fs::directory_iterator(to)) {
    const bool stays = is_seed_folder(entry.path()) || entry.path().filename() == kRecord;
    if (!stays) fs::remove_all(entry.path());
  }
  for (const auto& entry : fs::directory_iterator(from)) {
    if (entry.path().filename() == "checkpoints") continue;
    fs::rename(entry.path(), to / entry.path().filename());
  }
}

/// Mean and standard deviation of each score of all runs.
Json statistics(const Json& runs) {
  std::map<std::string, std::vector<double>> values;
  for (const auto& run : runs) {
    values["valid_" + run.at("watch").get<std::string>()].push_back(run.at("validation").get<double>());
    for (const auto& [name, value] : run.at("test").items()) values[name].push_back(value.get<double>());
  }
  Json json;
  for (const auto& [name, list] : values) {
    const auto score = evaluation::mean_with_error(list);
    json[name + "_mean"] = score.mean;
    json[name + "_std"] = score.standard_error * std::sqrt(static_cast<double>(score.count));
  }
  return json;
}

/// "accuracy 0.8302 +- 0.0061" of the first test score, or of validation.
std::string shown(const Json& runs) {
  if (runs.empty()) return "";
  const auto& test = runs.front().at("test");
  const std::string name =
      test.empty() ? "valid_" + runs.front().at("watch").get<std::string>() : test.begin().key();
  const Json found = statistics(runs);
  return (test.empty() ? "" : "test ") + name + " " + fixed_number(found.at(name + "_mean"), 4) + " +- " +
         fixed_number(found.at(name + "_std"), 4);
}

Json run_of(int64_t seed, const TrainOutcome& outcome) {
  Json test = Json::object();
  for (const auto& [name, value] : outcome.test) test[name] = value;
  return {{"seed", seed},
          {"step", outcome.result.step},
          {"best_step", outcome.result.best_step},
          {"watch", outcome.result.watch},
          {"lower_is_better", outcome.result.lower_is_better},
          {"validation", outcome.result.best.value_or(std::nan(""))},
          {"test", test},
          {"seconds", outcome.result.seconds}};
}

/// One run of several, new or stopped before.
TrainRequest request_of(const TrainRequest& all, int64_t seed) {
  TrainRequest one = all;
  one.seeds.reset();
  one.seed = seed;
  one.output = seed_folder(all.output, seed);
  if (!fs::exists(one.output / "config.toml")) {
    fs::remove_all(one.output);
    return one;
  }
  TrainRequest stopped;
  stopped.data = all.data;
  stopped.resume = one.output;
  return stopped;
}

TrainOutcome outcome_of(const fs::path& folder, const Record& record, int signal, bool was_finished) {
  Json json{{"run", folder.string()}, {"seeds", std::ssize(record.runs)}};
  if (!record.runs.empty()) {
    const Json& best = best_of(record.runs);
    json["best_seed"] = best.at("seed");
    json["best_" + best.at("watch").get<std::string>()] = best.at("validation");
    json.update(statistics(record.runs));
    double seconds = 0;
    for (const auto& run : record.runs) seconds += run.at("seconds").get<double>();
    json["seconds"] = seconds;
  }
  json["interrupted"] = signal != 0;
  return {.answer = {json}, .run = folder, .signal = signal, .was_finished = was_finished};
}

}  // namespace

bool has_seed_runs(const fs::path& folder) {
  return fs::exists(folder / kRecord);
}

TrainOutcome train_seeds(const TrainRequest& request, at::Device device, const TrainOne& train_one) {
  if (request.jobs > 1 && !device.is_cpu())
    throw Error(ErrorKind::kUsage, "must be 1 on a GPU", FieldName{"jobs"});
  check_folder(request);
  make_folder(request.output);
  Record record{request.seed.value_or(1), *request.seeds, Json::array()};
  if (has_seed_runs(request.output)) record.runs = read_record(request.output).runs;
  write_record(request.output, record);
  std::vector<int64_t> missing;
  for (int64_t seed = record.first; seed < record.first + record.seeds; ++seed)
    if (!record.has(seed)) missing.push_back(seed);

  Progress progress("seeds", record.seeds, std::ssize(record.runs));
  const auto train_quietly = [&](int64_t seed) {
    WarningsOnly log(current_log());
    const LogScope scope(log);
    return train_one(request_of(request, seed), device);
  };
  const auto keep = [&](int64_t seed, const Json& run) {
    const fs::path folder = seed_folder(request.output, seed);
    if (record.runs.empty() || is_better(run, best_of(record.runs))) move_files(folder, request.output);
    record.add(run);
    write_record(request.output, record);
    fs::remove_all(folder);
    progress.update(std::ssize(record.runs), shown(record.runs));
  };
  int signal = 0;
  if (request.jobs > 1) {
    signal = work_in_children(
        missing, request.jobs,
        [&](int64_t seed) {
          const TrainOutcome outcome = train_quietly(seed);
          return outcome.signal != 0 ? std::string() : run_of(seed, outcome).dump();
        },
        [&](int64_t seed, const std::string& run) {
          if (!run.empty()) keep(seed, Json::parse(run));
        });
  } else {
    for (const int64_t seed : missing) {
      const TrainOutcome outcome = train_quietly(seed);
      if ((signal = outcome.signal) != 0) break;
      keep(seed, run_of(seed, outcome));
    }
  }
  progress.finish(shown(record.runs));
  return outcome_of(request.output, record, signal, missing.empty());
}

TrainOutcome resume_seeds(const TrainRequest& more, at::Device device, const TrainOne& train_one) {
  const fs::path& folder = more.resume;
  const Record record = read_record(folder);
  TrainRequest request;
  request.output = folder;
  request.seed = record.first;
  request.seeds = record.seeds;
  request.jobs = more.jobs;
  const fs::path preset = folder / "config.toml";
  if (!fs::exists(preset)) {  // stopped in the first run, whose folder will go
    const fs::path first = seed_folder(folder, record.first) / "config.toml";
    if (!fs::exists(first))
      throw Error(ErrorKind::kUsage, "has no run to continue: start again in another folder",
                  folder.string());
    fs::copy_file(first, preset);
  }
  request.preset = preset.string();
  const toml::table config = read_toml(request.preset);
  if (const auto init = config["about"]["init"].value<std::string>())
    request.init = config_path(*init).string();
  request.data = more.data;
  if (request.data.empty()) {
    if (const auto* stored = config["about"]["data_paths"].as_array())
      for (const auto& path : *stored) request.data.push_back(config_path(path.value_or(std::string())));
  }
  return train_seeds(request, device, train_one);
}

}  // namespace heed::tasks
