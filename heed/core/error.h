// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace heed {

/// The cause of an error. The program maps the kind to an exit code, the service to an HTTP status.
enum class ErrorKind {
  kUsage,       ///< invalid command line: exit 2
  kConfig,      ///< invalid preset, config file or --set: exit 2
  kData,        ///< input that is not what it claims to be: exit 3
  kCheckpoint,  ///< run folder or weights file that does not fit: exit 1
  kRequest,     ///< request to the service that cannot be answered
  kSystem,      ///< failure of the operating system, such as a full disk or no permission: exit 1
};

/// Names a field of a request, such as {"batch_size"}. The program spells it "--batch-size", a service "batch_size".
struct FieldName {
  std::string name;
};

/// The exception for wrong input, files and requests. A caller's mistake in a tensor (shape, dtype) is a c10::Error.
///
/// `what()` reads "place: message"; the place is a file, with line or byte if known, and may be empty.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message, const std::string& place = "");
  /// An error in a field of a request: `what()` reads "batch_size: message".
  Error(ErrorKind kind, const std::string& message, const FieldName& field);

  ErrorKind kind() const { return kind_; }
  int exit_code() const;
  /// The field that is wrong; empty when the place is not a field.
  const std::string& field() const { return field_; }
  /// The message without its place.
  const std::string& message() const { return message_; }

 private:
  ErrorKind kind_;
  std::string message_, field_;
};

/// Returns "song.mid, byte 113".
std::string at_byte(const std::string& file, size_t byte);

}  // namespace heed
