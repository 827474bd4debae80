// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "heed/training/event_file.h"

namespace heed::training {

/// What a run measures, in RUN/metrics.jsonl and in TensorBoard's event files under the same names:
///
///     {"step":200,"train/loss":2.31,"train/learning_rate":0.0005,...}
///     {"step":200,"valid/nll":2.05}                  and every other metric of the task's validation
class Metrics {
 public:
  /// Keeps the first `bytes` of metrics.jsonl, those of the state that the run resumes at `step`.
  Metrics(const std::filesystem::path& run, int64_t step, uint64_t bytes);

  /// Appends to both. A value that is not finite is null in JSON. Error(kSystem) when the disk refuses.
  void write(int64_t step, const Scalars& scalars);
  /// Makes metrics.jsonl durable and returns its length.
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
