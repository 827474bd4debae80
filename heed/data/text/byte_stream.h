// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <span>
#include <string>

namespace heed::text {

/// The bytes of a file, unpacked when it begins as gzip does, whatever its name. Several gzip members one
/// after another are one text. Memory is two buffers of 64 KiB.
///
/// Errors are Error(kData) without a place, for the caller knows the line: gzip data that is cut short or
/// corrupt, that bytes of another kind follow, or that unpacks to more than 64 MiB and 250 times its size,
/// which no text of use does.
class ByteStream {
 public:
  explicit ByteStream(std::unique_ptr<std::istream> input);
  ~ByteStream();
  ByteStream(ByteStream&&) noexcept;
  ByteStream& operator=(ByteStream&&) noexcept;

  /// Fills `into` from its beginning; fewer bytes only at the end, or before a fault that the next call
  /// throws.
  size_t read(std::span<char> into);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Throws Error(kData) with the path when it cannot be opened, or is a folder, a pipe or a device.
ByteStream open_bytes(const std::filesystem::path& path);

/// All of the file, unpacked. Error(kData) naming the file, also when there is more than `max_bytes`.
std::string read_unpacked(const std::filesystem::path& path, uint64_t max_bytes);

}  // namespace heed::text
