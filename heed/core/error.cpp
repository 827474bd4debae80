// SPDX-License-Identifier: Apache-2.0
#include "heed/core/error.h"

namespace heed {

Error::Error(ErrorKind kind, const std::string& message, const std::string& place)
    : std::runtime_error(place.empty() ? message : place + ": " + message), kind_(kind), message_(message) {}

Error::Error(ErrorKind kind, const std::string& message, const FieldName& field)
    : Error(kind, message, field.name) {
  field_ = field.name;
}

int Error::exit_code() const {
  switch (kind_) {
    case ErrorKind::kUsage:
    case ErrorKind::kConfig:
      return 2;
    case ErrorKind::kData:
      return 3;
    default:
      return 1;
  }
}

std::string at_byte(const std::string& file, size_t byte) {
  return file + ", byte " + std::to_string(byte);
}

}  // namespace heed
