// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "heed/core/log.h"

namespace heed {

/// A log that keeps its lines, and is the current one while it lives.
class LinesOfLog : public Log {
 public:
  void inform(const std::string& line) override { notes.push_back(line); }
  void warn(const std::string& line) override { warnings.push_back(line); }
  void progress(const ProgressState& /*state*/) override {}

  std::vector<std::string> notes, warnings;

 private:
  LogScope scope_{*this};
};

}  // namespace heed
