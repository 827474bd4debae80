// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace heed::training {

using Scalars = std::vector<std::pair<std::string, double>>;

/// Writes scalars for TensorBoard to an event file: TFRecord frames (length, masked CRC-32C, data, masked
/// CRC-32C) with `Event` messages of TensorFlow's event.proto. Flushes after each frame.
class EventFile {
 public:
  /// Creates "events.out.tfevents.<seconds>.<host>.<process>.<number>" in `folder`. TensorBoard then ignores
  /// what earlier files contain about steps after `step`. Throws Error(kSystem) if the file cannot be
  /// created.
  EventFile(const std::filesystem::path& folder, int64_t step);

  /// Throws Error(kSystem) if the disk fails.
  void write(int64_t step, const Scalars& scalars);
  const std::filesystem::path& path() const { return path_; }

 private:
  void write_record(const std::string& event);

  std::filesystem::path path_;
  std::ofstream out_;
};

}  // namespace heed::training
