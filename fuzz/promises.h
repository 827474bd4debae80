// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

#include "heed/core/error.h"

namespace heed::fuzz {

/// What the checks call the input.
inline const std::string kName = "fuzzed";

inline void require(bool condition, const char* promise) {
  if (!condition) throw std::logic_error(promise);
}

/// Runs `read`; whether it gave a value and not the documented error.
template <class Read>
bool accepts(ErrorKind kind, const Read& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    require(error.kind() == kind, "an error is of the kind that the reader documents");
    require(std::string(error.what()).starts_with(kName), "an error names the file");
    return false;
  }
}

}  // namespace heed::fuzz
