// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

#include "heed/core/error.h"

namespace heed::fuzz {

/// Name of the input in error messages.
inline const std::string kName = "fuzzed";

inline void require(bool condition, const char* promise) {
  if (!condition) throw std::logic_error(promise);
}

/// Runs `read`. Returns true if it returned a value, false if it threw the documented error.
template <class Read>
bool accepts(ErrorKind kind, const Read& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    require(error.kind() == kind, "an error has the documented kind");
    require(std::string(error.what()).starts_with(kName), "an error names the file");
    return false;
  }
}

}  // namespace heed::fuzz
