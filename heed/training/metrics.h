// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "heed/training/event_file.h"

namespace heed::training {

/// Writes a run's metrics to RUN/metrics.jsonl and, under the same names, to TensorBoard's event files:
///
///     {"step":200,"train/loss":2.31,"train/learning_rate":0.0005,...}
///     {"step":200,"valid/nll":2.05}                  and all other metrics of the task's validation
class Metrics {
 public:
  /// Keeps the first `bytes` of metrics.jsonl, which belong to the state from which the run resumes at
  /// `step`.
  Metrics(const std::filesystem::path& run, int64_t step, uint64_t bytes);

  /// Appends to both files. A value that is not finite becomes null in JSON. Throws Error(kSystem) if the
  /// disk fails.
  void write(int64_t step, const Scalars& scalars);
  /// Syncs metrics.jsonl to disk and returns its length in bytes.
  uint64_t sync();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
  uint64_t bytes_ = 0;
  std::optional<EventFile> events_;
};

}  // namespace heed::training
