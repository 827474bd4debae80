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

/// Scalars for TensorBoard: an event file, that is TFRecord frames (length, masked CRC-32C, data, masked
/// CRC-32C) around `Event` messages of TensorFlow's event.proto, each flushed as it is written.
class EventFile {
 public:
  /// Starts "events.out.tfevents.<seconds>.<host>.<process>.<number>" in `folder`. TensorBoard forgets what
  /// earlier files say about steps after `step`. Error(kSystem) when the file cannot be made.
  EventFile(const std::filesystem::path& folder, int64_t step);

  /// Error(kSystem) when the disk refuses.
  void write(int64_t step, const Scalars& scalars);
  const std::filesystem::path& path() const { return path_; }

 private:
  void write_record(const std::string& event);

  std::filesystem::path path_;
  std::ofstream out_;
};

}  // namespace heed::training
