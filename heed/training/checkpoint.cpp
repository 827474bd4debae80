// SPDX-License-Identifier: Apache-2.0
#include "heed/training/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <span>

#include <nlohmann/json.hpp>

#include "heed/core/crc32c.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/mapped_file.h"
#include "heed/core/progress.h"
#include "heed/training/random_state.h"
#include "heed/training/run_folder.h"

namespace heed::training {
namespace fs = std::filesystem;
namespace {

constexpr const char* kPrefix = "step-";

/// What manifest.json says of a file.
struct Sum {
  uint64_t bytes = 0;
  uint32_t crc32c = 0;
};
using Manifest = std::map<std::string, Sum>;

Manifest read_manifest(const fs::path& checkpoint) {
  const fs::path file = checkpoint / "manifest.json";
  Manifest manifest;
  try {
    for (const auto& [name, sum] : nlohmann::json::parse(read_text(file)).items())
      manifest[name] = {sum.at("bytes").get<uint64_t>(), sum.at("crc32c").get<uint32_t>()};
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::kCheckpoint, error.what(), file.string());
  }
  for (const char* needed :
       {"model.safetensors", "optimizer.safetensors", "random.safetensors", "state.json"}) {
    if (manifest.count(needed) == 0)
      throw Error(ErrorKind::kCheckpoint, std::string(needed) + " is not in the manifest", file.string());
  }
  return manifest;
}

std::string format_manifest(const Manifest& manifest) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, sum] : manifest) json[name] = {{"bytes", sum.bytes}, {"crc32c", sum.crc32c}};
  return json.dump(2) + "\n";
}

void check_sum(const fs::path& file, const Sum& expected, const Sum& found) {
  if (found.bytes != expected.bytes)
    throw Error(ErrorKind::kCheckpoint, "has another length than when written", file.string());
  if (found.crc32c != expected.crc32c)
    throw Error(ErrorKind::kCheckpoint, "has another checksum than when written", file.string());
}

/// The checksum of a file of any size.
Sum sum_of(const fs::path& file) {
  constexpr size_t kStretch = size_t{8} << 20;
  const MappedFile map(file, ErrorKind::kCheckpoint);
  Crc32c crc;
  for (auto rest = map.bytes(); !rest.empty(); rest = rest.subspan(std::min(rest.size(), kStretch))) {
    const auto stretch = rest.first(std::min(rest.size(), kStretch));
    map.check_whole();
    crc.add(stretch);
    map.release(stretch);
  }
  return {map.bytes().size(), crc.value()};
}

/// Writes the files of a checkpoint, and their manifest from what was written.
class Writer {
 public:
  explicit Writer(const fs::path& folder) : folder_(folder) {}

  void write(const std::string& name, const std::function<void(FileWriter&)>& fill) {
    FileWriter file(folder_ / name);
    fill(file);
    manifest_[name] = {file.size(), file.crc32c()};
    file.close();
  }
  void write(const std::string& name, const TensorMap& tensors) {
    write(name, [&](FileWriter& file) { write_tensors(file, tensors); });
  }
  void finish() {
    const std::string text = format_manifest(manifest_);
    write("manifest.json", [&](FileWriter& file) { file.write(text); });
  }

 private:
  fs::path folder_;
  Manifest manifest_;
};

/// Reads the files of a checkpoint, each once: what it was when it was written is checked on the way, and
/// known when read() returns.
class Reader {
 public:
  explicit Reader(const fs::path& folder) : folder_(folder), manifest_(read_manifest(folder)) {}

  void read(torch::nn::Module& module, const char* name) const {
    pass(name, [&](const Safetensors& file, Crc32c* crc) { load_weights(module, file, crc); });
  }
  /// Into the tensors given, which must all be there.
  void read(const TensorMap& tensors, const char* name, const std::string& what) const {
    pass(name, [&](const Safetensors& file, Crc32c* crc) {
      require_tensors(file, tensors, what);
      read_tensors(file, tensors, crc);
    });
  }
  TensorMap read(const char* name) const {
    TensorMap tensors;
    pass(name, [&](const Safetensors& file, Crc32c* crc) {
      tensors = tensors_like(file);
      read_tensors(file, tensors, crc);
    });
    return tensors;
  }
  std::string text(const char* name) const {
    const fs::path file = folder_ / name;
    std::string text = read_text(file);
    check(name, {text.size(), crc32c(std::as_bytes(std::span(text)))});
    return text;
  }

 private:
  void check(const char* name, const Sum& found) const {
    const auto expected = manifest_.find(name);
    if (expected == manifest_.end())
      throw Error(ErrorKind::kCheckpoint, std::string(name) + " is not in the manifest", folder_.string());
    check_sum(folder_ / name, expected->second, found);
  }
  void pass(const char* name, const std::function<void(const Safetensors&, Crc32c*)>& use) const {
    const auto file = Safetensors::read(folder_ / name);
    Crc32c crc;
    use(file, &crc);
    check(name, {file.bytes().size(), crc.value()});
  }

  fs::path folder_;
  Manifest manifest_;
};

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
    Writer writer(folder);
    writer.write("model.safetensors", [&](FileWriter& file) { write_weights(file, parts.module); });
    writer.write("optimizer.safetensors", parts.optimizer.state());
    if (parts.average.on()) writer.write("average.safetensors", parts.average.state());
    writer.write("random.safetensors", random_state(parts.device));
    writer.write("state.json", [&](FileWriter& file) { file.write(format_state(parts.state)); });
    writer.finish();
  });
}

void load_checkpoint(const fs::path& checkpoint, const CheckpointParts& parts) {
  const Reader reader(checkpoint);
  reader.read(parts.module, "model.safetensors");
  reader.read(parts.optimizer.state(), "optimizer.safetensors", "the optimizer state");
  if (parts.average.on()) reader.read(parts.average.state(), "average.safetensors", "the moving average");
  const TensorMap random = reader.read("random.safetensors");
  const TrainingState state =
      parse_state(reader.text("state.json"), (checkpoint / "state.json").string());
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
      if (damage.empty()) throw;  // it is whole, and of another model
      warn("checkpoint " + folder.string() + " is damaged and left out: " + damage);
    }
  }
  return std::nullopt;
}

std::optional<TrainingState> newest_state(const fs::path& run) {
  for (const int64_t step : checkpoint_steps(run)) {
    try {
      return read_state(checkpoint_folder(run, step));
    } catch (const std::exception&) {
      continue;  // load_newest_checkpoint() tells of it
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
    for (const auto& [name, expected] : read_manifest(checkpoint))
      check_sum(checkpoint / name, expected, sum_of(checkpoint / name));
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
      const bool ours = name.rfind(kPrefix, 0) == 0 || name.rfind("model.safetensors", 0) == 0;
      const bool unfinished =
          name.find(".new-") != std::string::npos || name.find(".old-") != std::string::npos;
      if (ours && unfinished) found.push_back(entry.path());
    }
    for (const auto& path : found) fs::remove_all(path, ignored);
  }
}

}  // namespace heed::training
