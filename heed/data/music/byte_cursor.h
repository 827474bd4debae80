// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "heed/core/error.h"
#include "heed/data/big_endian.h"

namespace heed::music {

/// Reads big-endian numbers from a range of a file's bytes, with bounds checks. Every error is an
/// Error(kData) with the file's name and the byte offset in the file.
class ByteCursor {
 public:
  /// `origin` is the offset of `bytes` in the file. `name` must outlive the cursor.
  ByteCursor(std::span<const std::byte> bytes, const std::string& name, size_t origin = 0)
      : bytes_(bytes), name_(name), origin_(origin) {}

  bool at_end() const { return position_ == bytes_.size(); }
  size_t remaining() const { return bytes_.size() - position_; }
  size_t byte() const { return origin_ + position_; }  ///< offset in the file

  [[noreturn]] void fail(const std::string& message) const { fail_at(byte(), message); }
  [[noreturn]] void fail_at(size_t byte, const std::string& message) const {
    throw Error(ErrorKind::kData, message, at_byte(name_, byte));
  }

  uint8_t peek() const {
    need(1);
    return static_cast<uint8_t>(bytes_[position_]);
  }
  uint8_t u8() {
    const uint8_t value = peek();
    ++position_;
    return value;
  }
  uint32_t big_endian(int count) {
    need(static_cast<size_t>(count));
    const auto number = bytes_.subspan(position_, static_cast<size_t>(count));
    position_ += number.size();
    return heed::big_endian(number);
  }
  /// Returns a cursor over the next `count` bytes and skips them.
  ByteCursor take(size_t count) {
    need(count);
    const ByteCursor part(bytes_.subspan(position_, count), name_, byte());
    position_ += count;
    return part;
  }

 private:
  void need(size_t count) const {
    if (count > remaining()) [[unlikely]]
      fail_truncated(count);
  }
  [[noreturn, gnu::cold]] void fail_truncated(size_t count) const {
    fail("the file is truncated: " + std::to_string(count) + " more bytes are needed, " +
         std::to_string(remaining()) + " are left");
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
  size_t origin_;
  size_t position_ = 0;
};

}  // namespace heed::music
