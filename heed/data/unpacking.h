// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace heed {

/// How the bytes of a file are packed.
enum class Packing { kNone, kGzip, kBzip2, kXz, kZstd };

/// "gzip", "bzip2", "xz", "zstd".
std::string packing_name(Packing packing);

/// The packing of data that begins with these bytes. A reader should give at least ten.
Packing packing_of(std::string_view begin);

/// The packed bytes of a file, a buffer at a time.
class PackedInput {
 public:
  explicit PackedInput(std::unique_ptr<std::istream> input);

  /// The bytes that are not used yet; reads more if there are none. Empty only at the end. Throws Error(kData)
  /// if reading fails.
  std::span<const char> ahead();
  void use(size_t count);
  /// Bytes used so far.
  uint64_t used() const { return used_; }

 private:
  std::unique_ptr<std::istream> input_;
  std::array<char, size_t{64} << 10> buffer_;
  std::span<const char> ahead_;
  uint64_t used_ = 0;
};

/// Unpacks an input.
class Unpacker {
 public:
  virtual ~Unpacker() = default;
  /// Fills the start of `into`, which is not empty, and returns how many bytes. Returns 0 only at the end.
  /// Throws Error(kData) for data that is cut or corrupt.
  virtual size_t unpack(std::span<char> into) = 0;
};

/// Keeps a reference to the input. kNone copies.
std::unique_ptr<Unpacker> make_unpacker(Packing packing, PackedInput& input);

}  // namespace heed
