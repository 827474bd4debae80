// SPDX-License-Identifier: Apache-2.0
#include "heed/training/checkpoint.h"

#include <algorithm>
#include <charconv>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/training/checkpoint_files.h"
#include "heed/training/random_state.h"

namespace heed::training {
namespace fs = std::filesystem;
namespace {

constexpr const char* kPrefix = "step-";

std::optional<int64_t> step_of(const fs::path& folder) {
  const std::string name = folder.filename().string();
  if (name.rfind(kPrefix, 0) != 0) return std::nullopt;
  int64_t step = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + std::string_view(kPrefix).size(), end, step);
  if (error != std::errc() || stop != end) return std::nullopt;
  return step;
}

TrainingState read_state(const fs::path& checkpoint) {
  const fs::path file = checkpoint / "state.json";
  return parse_state(read_text(file), file.string());
}

void remove_folder(const fs::path& folder) {
  std::error_code ignored;
  // Removes the manifest first: an interrupted removal leaves a folder that is clearly incomplete.
  fs::remove(folder / "manifest.json", ignored);
  fs::remove_all(folder, ignored);
}

}  // namespace

fs::path checkpoint_folder(const fs::path& run, int64_t step) {
  return run / "checkpoints" / (kPrefix + std::to_string(step));
}

void save_checkpoint(const fs::path& run, const CheckpointParts& parts) {
  make_folder(run / "checkpoints");
  write_folder_atomically(checkpoint_folder(run, parts.state.step), [&](const fs::path& folder) {
    CheckpointWriter writer(folder);
    writer.write("model.safetensors", parts.module);
    writer.write("optimizer.safetensors", parts.optimizer.state());
    if (parts.average.on()) writer.write("average.safetensors", parts.average.state());
    writer.write("random.safetensors", random_state(parts.device));
    writer.write("state.json", format_state(parts.state));
    writer.finish();
  });
}

void load_checkpoint(const fs::path& checkpoint, const CheckpointParts& parts) {
  const CheckpointReader reader(checkpoint);
  reader.read("model.safetensors", parts.module);
  reader.read("optimizer.safetensors", parts.optimizer.state(), "the optimizer state");
  if (parts.average.on()) reader.read("average.safetensors", parts.average.state(), "the moving average");
  const TensorMap random = reader.read("random.safetensors");
  const TrainingState state = parse_state(reader.text("state.json"), (checkpoint / "state.json").string());
  set_random_state(random, parts.device, (checkpoint / "random.safetensors").string());
  parts.state = state;
}

std::optional<fs::path> load_newest_checkpoint(const fs::path& run, const CheckpointParts& parts,
                                               bool scheduled_only) {
  for (const int64_t step : checkpoint_steps(run)) {
    const fs::path folder = checkpoint_folder(run, step);
    try {
      if (scheduled_only && !read_state(folder).scheduled) continue;
      load_checkpoint(folder, parts);
      return folder;
    } catch (const std::exception&) {
      const std::string damage = checkpoint_damage(folder);
      if (damage.empty()) throw;  // the checkpoint is intact but belongs to another model
      warn("checkpoint " + folder.string() + " is damaged and skipped: " + damage);
    }
  }
  return std::nullopt;
}

std::optional<TrainingState> newest_state(const fs::path& run) {
  for (const int64_t step : checkpoint_steps(run)) {
    try {
      return read_state(checkpoint_folder(run, step));
    } catch (const std::exception&) {
      continue;  // load_newest_checkpoint() reports it
    }
  }
  return std::nullopt;
}

std::vector<int64_t> checkpoint_steps(const fs::path& run) {
  std::vector<int64_t> steps;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints", missing)) {
    if (const auto step = step_of(entry.path())) steps.push_back(*step);
  }
  std::sort(steps.rbegin(), steps.rend());
  return steps;
}

std::string checkpoint_damage(const fs::path& checkpoint) {
  try {
    CheckpointReader(checkpoint).check_all();
    read_state(checkpoint);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

void prune_checkpoints(const fs::path& run, int64_t keep) {
  int64_t kept = 0;
  for (const int64_t step : checkpoint_steps(run)) {
    const fs::path folder = checkpoint_folder(run, step);
    if (kept >= keep) {
      remove_folder(folder);
      continue;
    }
    try {
      kept += read_state(folder).scheduled ? 1 : 0;
    } catch (const Error&) {
      remove_folder(folder);
    }
  }
}

void remove_checkpoints_after(const fs::path& run, int64_t step) {
  for (const int64_t other : checkpoint_steps(run)) {
    if (other > step) remove_folder(checkpoint_folder(run, other));
  }
}

void remove_leftovers(const fs::path& run) {
  std::error_code missing, ignored;
  for (const auto& folder : {run, run / "checkpoints"}) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder, missing)) {
      const std::string name = entry.path().filename().string();
      const bool ours = name.rfind(kPrefix, 0) == 0 || name.rfind("model.safetensors", 0) == 0 ||
                        name.rfind("adapter.safetensors", 0) == 0 || name.rfind("plan.json", 0) == 0;
      const bool unfinished =
          name.find(".new-") != std::string::npos || name.find(".old-") != std::string::npos;
      if (ours && unfinished) found.push_back(entry.path());
    }
    for (const auto& path : found) fs::remove_all(path, ignored);
  }
}

}  // namespace heed::training
