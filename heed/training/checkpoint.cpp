// SPDX-License-Identifier: Apache-2.0
#include "heed/training/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <nlohmann/json.hpp>

#include "heed/core/crc32c.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/core/safetensors.h"
#include "heed/training/random_state.h"
#include "heed/training/run_folder.h"

namespace heed::training {
namespace fs = std::filesystem;
namespace {

constexpr const char* kPrefix = "step-";

using TensorMap = std::map<std::string, at::Tensor>;

void write_tensors(const fs::path& file, const TensorMap& tensors) {
  TensorMap kept;
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor& stored = kept[name] = tensor.detach().to(at::kCPU).contiguous();
    views[name] = view_tensor(stored);
  }
  write_atomically(file, format_safetensors(views));
}

TensorMap read_tensors(const fs::path& file) {
  TensorMap tensors;
  const Safetensors stored = Safetensors::read(file);
  for (const auto& [name, view] : stored.tensors()) tensors[name] = to_tensor(view);
  return tensors;
}

/// Length and checksum of every file in the folder.
nlohmann::json describe_files(const fs::path& folder) {
  nlohmann::json files = nlohmann::json::object();
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto bytes = read_bytes(entry.path());
    files[entry.path().filename().string()] = {{"bytes", bytes.size()}, {"crc32c", crc32c(bytes)}};
  }
  return files;
}

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
  // The manifest goes first: a removal cut short leaves a folder that is plainly incomplete.
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
    save_weights(parts.module, folder / "model.safetensors");
    write_tensors(folder / "optimizer.safetensors", parts.optimizer.state());
    if (parts.average.on()) write_tensors(folder / "average.safetensors", parts.average.state());
    write_tensors(folder / "random.safetensors", random_state(parts.device));
    write_atomically(folder / "state.json", format_state(parts.state));
    write_atomically(folder / "manifest.json", describe_files(folder).dump(2) + "\n");
  });
}

void load_checkpoint(const fs::path& checkpoint, const CheckpointParts& parts) {
  const auto file = [&](const char* name) { return checkpoint / name; };
  load_weights(parts.module, file("model.safetensors"));
  parts.optimizer.load_state(read_tensors(file("optimizer.safetensors")),
                             file("optimizer.safetensors").string());
  if (parts.average.on()) {
    parts.average.load_state(read_tensors(file("average.safetensors")), file("average.safetensors").string());
  }
  parts.state = read_state(checkpoint);
  set_random_state(read_tensors(file("random.safetensors")), parts.device,
                   file("random.safetensors").string());
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
    const auto manifest = nlohmann::json::parse(read_text(checkpoint / "manifest.json"));
    for (const char* needed :
         {"model.safetensors", "optimizer.safetensors", "random.safetensors", "state.json"}) {
      if (!manifest.contains(needed)) return std::string(needed) + " is not in the manifest";
    }
    for (const auto& [name, expected] : manifest.items()) {
      const auto bytes = read_bytes(checkpoint / name);
      if (bytes.size() != expected.at("bytes").get<uint64_t>())
        return name + " has another length than when written";
      if (crc32c(bytes) != expected.at("crc32c").get<uint32_t>())
        return name + " has another checksum than when written";
    }
    read_state(checkpoint);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

std::optional<fs::path> newest_checkpoint(const fs::path& run, bool scheduled_only) {
  for (const int64_t step : checkpoint_steps(run)) {
    const fs::path folder = checkpoint_folder(run, step);
    const std::string damage = checkpoint_damage(folder);
    if (!damage.empty()) {
      warn("checkpoint " + folder.string() + " is damaged and left out: " + damage);
    } else if (!scheduled_only || read_state(folder).scheduled) {
      return folder;
    }
  }
  return std::nullopt;
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
                        name.rfind("plan.json", 0) == 0;
      const bool unfinished =
          name.find(".new-") != std::string::npos || name.find(".old-") != std::string::npos;
      if (ours && unfinished) found.push_back(entry.path());
    }
    for (const auto& path : found) fs::remove_all(path, ignored);
  }
}

}  // namespace heed::training
