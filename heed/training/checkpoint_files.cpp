// SPDX-License-Identifier: Apache-2.0
#include "heed/training/checkpoint_files.h"

#include <algorithm>
#include <span>

#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/mapped_file.h"
#include "heed/training/run_folder.h"

namespace heed::training {
namespace fs = std::filesystem;
namespace {

constexpr const char* kManifest = "manifest.json";

Manifest read_manifest(const fs::path& file) {
  Manifest manifest;
  try {
    const auto json = nlohmann::json::parse(read_text(file));  // items() refers to it
    for (const auto& [name, sum] : json.items())
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

/// Reads a file of any size and returns its length and checksum.
FileSum sum_of(const fs::path& file) {
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

}  // namespace

void CheckpointWriter::write(const std::string& name, const torch::nn::Module& module) {
  fill(name, [&](FileWriter& file) { write_weights(file, module); });
}

void CheckpointWriter::write(const std::string& name, const TensorMap& tensors) {
  fill(name, [&](FileWriter& file) { write_tensors(file, tensors); });
}

void CheckpointWriter::write(const std::string& name, std::string_view text) {
  fill(name, [&](FileWriter& file) { file.write(text); });
}

void CheckpointWriter::finish() {
  write(kManifest, format_manifest(manifest_));
}

void CheckpointWriter::fill(const std::string& name, const std::function<void(FileWriter&)>& write) {
  FileWriter file(folder_ / name);
  write(file);
  file.close();
  manifest_[name] = {file.size(), file.crc32c()};
}

CheckpointReader::CheckpointReader(const fs::path& folder)
    : folder_(folder), manifest_(read_manifest(folder / kManifest)) {}

void CheckpointReader::read(const std::string& name, torch::nn::Module& module) const {
  pass(name, [&](const Safetensors& file, Crc32c* crc) { load_weights(module, file, crc); });
}

void CheckpointReader::read(const std::string& name, const TensorMap& tensors,
                            const std::string& what) const {
  pass(name, [&](const Safetensors& file, Crc32c* crc) {
    require_tensors(file, tensors, what);
    read_tensors(file, tensors, crc);
  });
}

TensorMap CheckpointReader::read(const std::string& name) const {
  TensorMap tensors;
  pass(name, [&](const Safetensors& file, Crc32c* crc) {
    tensors = tensors_like(file);
    read_tensors(file, tensors, crc);
  });
  return tensors;
}

std::string CheckpointReader::text(const std::string& name) const {
  const std::string text = read_text(folder_ / name);
  check(name, {text.size(), crc32c(std::as_bytes(std::span(text)))});
  return text;
}

void CheckpointReader::check_all() const {
  for (const auto& [name, expected] : manifest_) check(name, sum_of(folder_ / name));
}

void CheckpointReader::check(const std::string& name, const FileSum& found) const {
  const std::string file = (folder_ / name).string();
  const auto expected = manifest_.find(name);
  if (expected == manifest_.end()) throw Error(ErrorKind::kCheckpoint, "is not in the manifest", file);
  if (found.bytes != expected->second.bytes)
    throw Error(ErrorKind::kCheckpoint, "has a different length than when written", file);
  if (found.crc32c != expected->second.crc32c)
    throw Error(ErrorKind::kCheckpoint, "has a different checksum than when written", file);
}

void CheckpointReader::pass(const std::string& name,
                            const std::function<void(const Safetensors&, Crc32c*)>& use) const {
  const auto file = Safetensors::read(folder_ / name);
  Crc32c crc;
  use(file, &crc);
  check(name, {file.bytes().size(), crc.value()});
}

}  // namespace heed::training
