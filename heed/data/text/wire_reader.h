// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace heed::text {

/// Iterates over the fields of a protobuf message without its schema.
class WireReader {
 public:
  enum class Type { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  /// `start` is the message's byte offset in the file, for errors. Both strings must outlive the reader.
  WireReader(std::string_view message, size_t start, const std::string& place);

  /// Reads the next field; returns false at the end. Throws Error(kData) with the byte. Rejects groups.
  bool next();

  uint32_t number() const { return number_; }
  bool is(uint32_t number, Type type) const { return number_ == number && type_ == type; }
  uint64_t value() const { return value_; }          ///< value of a kVarint, kFixed64 or kFixed32 field
  std::string_view bytes() const { return bytes_; }  ///< value of a kBytes field
  size_t bytes_start() const { return start_ + position_ - bytes_.size(); }  ///< offset in the file
  std::string_view whole() const { return message_.substr(field_begin_, position_ - field_begin_); }
  [[noreturn]] void fail(const std::string& message) const;

 private:
  uint64_t varint();
  uint64_t fixed(size_t bytes);
  std::string_view take(uint64_t count);

  std::string_view message_;
  size_t start_;
  const std::string& place_;
  size_t position_ = 0, field_begin_ = 0;
  uint32_t number_ = 0;
  Type type_ = Type::kVarint;
  uint64_t value_ = 0;
  std::string_view bytes_;
};

}  // namespace heed::text
