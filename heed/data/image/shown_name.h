// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace heed::image {

/// Replaces control characters, which could steer a terminal, by '?', so that a name from an archive is safe
/// in a message.
inline std::string shown_name(std::string name) {
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return name;
}

}  // namespace heed::image
