// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/wire_reader.h"

#include <limits>

#include "heed/core/error.h"

namespace heed::text {

WireReader::WireReader(std::string_view message, size_t start, const std::string& place)
    : message_(message), start_(start), place_(place) {}

void WireReader::fail(const std::string& message) const {
  throw Error(ErrorKind::kData, message, at_byte(place_, start_ + field_begin_));
}

bool WireReader::next() {
  field_begin_ = position_;
  if (position_ == message_.size()) return false;
  const uint64_t tag = varint();
  if (tag > std::numeric_limits<uint32_t>::max() || tag >> 3 == 0) fail("a field without a valid number");
  number_ = static_cast<uint32_t>(tag >> 3);
  type_ = static_cast<Type>(tag & 7);
  bytes_ = {};
  switch (type_) {
    case Type::kVarint:
      value_ = varint();
      return true;
    case Type::kFixed64:
      value_ = fixed(8);
      return true;
    case Type::kFixed32:
      value_ = fixed(4);
      return true;
    case Type::kBytes:
      bytes_ = take(varint());
      return true;
  }
  fail("a field of an unknown wire type");
}

uint64_t WireReader::varint() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(take(1).front());
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  fail("a number that does not end");
}

uint64_t WireReader::fixed(size_t bytes) {
  uint64_t value = 0;
  const auto text = take(bytes);
  for (size_t i = 0; i < bytes; ++i)
    value |= static_cast<uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  return value;
}

std::string_view WireReader::take(uint64_t count) {
  if (count > message_.size() - position_) fail("a field that extends past the end");
  const auto result = message_.substr(position_, static_cast<size_t>(count));
  position_ += static_cast<size_t>(count);
  return result;
}

}  // namespace heed::text
