// SPDX-License-Identifier: Apache-2.0
#include "heed/training/metrics.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "heed/core/error.h"

namespace heed::training {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& path, const char* action) {
  throw Error(ErrorKind::kSystem, std::string(action) + ": " + std::strerror(errno), path.string());
}

}  // namespace

Metrics::Metrics(const fs::path& run, int64_t step, uint64_t bytes) : path_(run / "metrics.jsonl") {
  std::error_code missing;
  const uint64_t present = fs::file_size(path_, missing);
  if (!missing && present > bytes) {
    if (::truncate(path_.c_str(), static_cast<off_t>(bytes)) != 0) fail(path_, "cannot shorten");
  }
  file_.reset(std::fopen(path_.c_str(), "ab"));
  if (!file_) fail(path_, "cannot open");
  bytes_ = missing ? 0 : std::min(present, bytes);
  events_.emplace(run, step);
}

void Metrics::write(int64_t step, const Scalars& scalars) {
  nlohmann::ordered_json line{{"step", step}};
  for (const auto& [name, value] : scalars) line[name] = value;
  const std::string text = line.dump() + "\n";
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size() || std::fflush(file_.get()) != 0) {
    fail(path_, "cannot write");
  }
  bytes_ += text.size();
  events_->write(step, scalars);
}

uint64_t Metrics::sync() {
  if (std::fflush(file_.get()) != 0 || ::fsync(::fileno(file_.get())) != 0)
    fail(path_, "cannot sync to disk");
  return bytes_;
}

}  // namespace heed::training
