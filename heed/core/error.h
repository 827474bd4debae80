// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace heed {

/// The cause of an error. The program maps it to an exit code, the service to an HTTP status.
enum class ErrorKind {
  kUsage,       ///< invalid command line: exit 2
  kConfig,      ///< invalid preset, config file or --set: exit 2
  kData,        ///< input that is not what it claims to be: exit 3
  kCheckpoint,  ///< run folder or weights file that does not fit: exit 1
  kRequest,     ///< request to the service that cannot be answered
  kSystem,      ///< failure of the operating system, such as a full disk or no permission: exit 1
};

/// The exception for errors of files, configs, requests and the system. Invalid tensor arguments (shape,
/// dtype) throw c10::Error.
///
/// `what()` is "place: message". The place is a file, with line or byte if known, and may be empty.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message, const std::string& place = "");
  ErrorKind kind() const { return kind_; }
  int exit_code() const;

 private:
  ErrorKind kind_;
};

/// Returns "song.mid, byte 113".
std::string at_byte(const std::string& file, size_t byte);

}  // namespace heed
