// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <torch/nn/module.h>

#include "heed/training/tensor_file.h"

namespace heed::training {

/// What manifest.json says of each file of a checkpoint.
struct FileSum {
  uint64_t bytes = 0;
  uint32_t crc32c = 0;
};
using Manifest = std::map<std::string, FileSum>;

/// Writes the files of a checkpoint tensor by tensor, and the manifest of what was written.
class CheckpointWriter {
 public:
  explicit CheckpointWriter(const std::filesystem::path& folder) : folder_(folder) {}

  void write(const std::string& name, const torch::nn::Module& module);
  void write(const std::string& name, const TensorMap& tensors);
  void write(const std::string& name, std::string_view text);
  void finish();  ///< writes the manifest

 private:
  void fill(const std::string& name, const std::function<void(FileWriter&)>& write);

  std::filesystem::path folder_;
  Manifest manifest_;
};

/// Reads the files of a checkpoint, each once and straight to where it belongs. Whether it is what was
/// written is known when it has been read: Error(kCheckpoint) when it is not, or does not fit.
class CheckpointReader {
 public:
  explicit CheckpointReader(const std::filesystem::path& folder);

  void read(const std::string& name, torch::nn::Module& module) const;
  /// Into the tensors given, which must all be there; `what` is what they are, for messages.
  void read(const std::string& name, const TensorMap& tensors, const std::string& what) const;
  TensorMap read(const std::string& name) const;
  std::string text(const std::string& name) const;
  void check_all() const;  ///< reads every file of the manifest for its checksum alone

 private:
  void check(const std::string& name, const FileSum& found) const;
  void pass(const std::string& name, const std::function<void(const Safetensors&, Crc32c*)>& use) const;

  std::filesystem::path folder_;
  Manifest manifest_;
};

}  // namespace heed::training
