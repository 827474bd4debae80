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

/// The entry of a checkpoint's file in manifest.json.
struct FileSum {
  uint64_t bytes = 0;
  uint32_t crc32c = 0;
};
using Manifest = std::map<std::string, FileSum>;

/// Writes the files of a checkpoint tensor by tensor, and their manifest.
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

/// Reads the files of a checkpoint, each once and directly to its destination. Verifies a file's checksum
/// after reading it: throws Error(kCheckpoint) if it differs, or if the file does not fit.
class CheckpointReader {
 public:
  explicit CheckpointReader(const std::filesystem::path& folder);

  void read(const std::string& name, torch::nn::Module& module) const;
  /// Reads into existing tensors, all of which the file must contain. `what` describes them in messages.
  void read(const std::string& name, const TensorMap& tensors, const std::string& what) const;
  TensorMap read(const std::string& name) const;
  std::string text(const std::string& name) const;
  void check_all() const;  ///< verifies the checksum of every file in the manifest

 private:
  void check(const std::string& name, const FileSum& found) const;
  void pass(const std::string& name, const std::function<void(const Safetensors&, Crc32c*)>& use) const;

  std::filesystem::path folder_;
  Manifest manifest_;
};

}  // namespace heed::training
