// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace heed::text {

/// Walks over the fields of one protobuf message without knowing its schema.
class WireReader {
 public:
  enum class Type { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  /// `start`: where in the file the message begins, for errors. Both strings must outlive the reader.
  WireReader(std::string_view message, size_t start, const std::string& place);

  /// The next field; false at the end. Throws Error(kData) with the byte; groups are not read.
  bool next();

  uint32_t number() const { return number_; }
  bool is(uint32_t number, Type type) const { return number_ == number && type_ == type; }
  uint64_t value() const { return value_; }          ///< of kVarint, kFixed64, kFixed32
  std::string_view bytes() const { return bytes_; }  ///< of kBytes
  size_t bytes_start() const { return start_ + position_ - bytes_.size(); }  ///< in the file
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
