// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/tar_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/image/shown_name.h"

namespace heed::image {
namespace {

using Header = std::array<char, 512>;
constexpr uint64_t kBlockBytes = 512, kMaxSize = uint64_t{1} << 62;
constexpr int64_t kMaxHeaderBytes = int64_t{1} << 20;
constexpr size_t kStep = size_t{1} << 14;

/// A field's range of bytes in a header.
struct Span {
  size_t begin, size;
};
constexpr Span kName{0, 100}, kSize{124, 12}, kChecksum{148, 8}, kMagic{257, 6}, kPrefix{345, 155};
constexpr size_t kType = 156;

/// Returns a field's text up to its first zero byte.
std::string_view text_at(const Header& header, Span span) {
  const std::string_view field(header.data() + span.begin, span.size);
  return field.substr(0, field.find('\0'));
}

/// Parses octal digits between blanks and zero bytes, or, for large numbers, binary with the highest bit set;
/// -1 if the field is neither.
int64_t number_at(const Header& header, Span span) {
  const char* const field = header.data() + span.begin;
  uint64_t value = 0;
  if ((field[0] & 0x80) != 0) {
    value = static_cast<unsigned char>(field[0]) & 0x7F;
    for (size_t i = 1; i < span.size; ++i) {
      if (value >= kMaxSize >> 8) return -1;
      value = value << 8 | static_cast<unsigned char>(field[i]);
    }
    return static_cast<int64_t>(value);
  }
  std::string_view digits = text_at(header, span);
  digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
  digits = digits.substr(0, digits.find(' '));
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
  if (digits.empty()) return 0;  // old archives write folders this way
  return error == std::errc() && end == digits.data() + digits.size() ? static_cast<int64_t>(value) : -1;
}

bool is_zero(const Header& header) {
  return std::all_of(header.begin(), header.end(), [](char c) { return c == '\0'; });
}

/// Checks the sum of all bytes, in which the checksum itself counts as blanks. Some old programs summed
/// signed bytes.
bool has_right_checksum(const Header& header) {
  int64_t plain = 0, with_sign = 0;
  for (size_t i = 0; i < header.size(); ++i) {
    const bool within = i >= kChecksum.begin && i < kChecksum.begin + kChecksum.size;
    const char c = within ? ' ' : header[i];
    plain += static_cast<unsigned char>(c);
    with_sign += static_cast<signed char>(c);
  }
  const int64_t stored = number_at(header, kChecksum);
  return stored == plain || stored == with_sign;
}

std::string full_name(const Header& header) {
  std::string name(text_at(header, kName));
  // GNU's own format has a blank here, and other fields where ustar has the prefix.
  const bool ustar = text_at(header, kMagic) == "ustar";
  const auto prefix = ustar ? text_at(header, kPrefix) : "";
  return prefix.empty() ? name : std::string(prefix) + "/" + name;
}

}  // namespace

TarReader::TarReader(const std::filesystem::path& path) : bytes_(open_bytes(path)), name_(path.string()) {}

TarReader::TarReader(std::unique_ptr<std::istream> input, std::string name)
    : bytes_(std::move(input)), name_(std::move(name)) {}

bool TarReader::next(TarEntry& entry) {
  for (Header header; !ended_;) {
    pass_over();
    const uint64_t begin = position_;
    if (!read_header(header)) return finish();
    const int64_t size = number_at(header, kSize);
    if (size < 0) fail(begin + kSize.begin, "a size that is not a number");
    const char type = header[kType];
    if (type == 'L' || type == 'x') {
      if (size > kMaxHeaderBytes) {
        fail(begin, "a header has " + std::to_string(size) + " bytes; the limit is " +
                        std::to_string(kMaxHeaderBytes));
      }
      type == 'L' ? read_long_name(static_cast<uint64_t>(size)) : read_pax(static_cast<uint64_t>(size));
    } else if (type == 'g' || type == 'K') {  // headers too; the name and size read before are a later file's
      begin_content(static_cast<uint64_t>(size));
    } else {
      const bool has_content = type < '1' || type > '6';  // links, devices and folders have none
      begin_content(!has_content ? 0 : static_cast<uint64_t>(next_size_ >= 0 ? next_size_ : size));
      entry = {next_name_.empty() ? full_name(header) : next_name_, left_};
      next_name_.clear();
      next_size_ = -1;
      if (type == 'S') fail(begin, "has a sparse file, which heed does not read: " + shown_name(entry.name));
      const bool folder = entry.name.ends_with('/');  // marks a folder in the oldest format
      if ((type == '0' || type == '\0' || type == '7') && !folder) return true;
    }
  }
  return false;
}

std::vector<std::byte> TarReader::content(uint64_t max_bytes) {
  if (left_ > max_bytes) {
    fail(position_,
         "a file has " + std::to_string(left_) + " bytes; the limit is " + std::to_string(max_bytes));
  }
  return take();
}

/// Reads a header. Returns false at the end of the input and for a block of zeros.
bool TarReader::read_header(Header& header) {
  const uint64_t begin = position_;
  const size_t count = read(header.data(), header.size());
  if (count == 0 || (count == header.size() && is_zero(header))) return false;
  if (begin == 0 && (count < header.size() || !has_right_checksum(header))) fail(0, "is not a tar archive");
  if (count < header.size()) fail(position_, "a header is truncated");
  if (!has_right_checksum(header)) fail(begin, "a header has a wrong checksum");
  return true;
}

/// Reads to the end of the input, so that all gzip data is checked. Returns false.
bool TarReader::finish() {
  if (next_size_ >= 0 || !next_name_.empty())
    fail(position_, "the archive ends after a long name, before its file");
  ended_ = true;
  std::array<char, kStep> rest;
  while (read(rest.data(), rest.size()) > 0) {
  }
  return false;
}

void TarReader::begin_content(uint64_t size) {
  left_ = size;
  padding_ = (kBlockBytes - size % kBlockBytes) % kBlockBytes;
}

void TarReader::pass_over() {
  std::array<char, kStep> buffer;
  while (left_ > 0) {
    const size_t count = read(buffer.data(), static_cast<size_t>(std::min<uint64_t>(left_, kStep)));
    if (count == 0) fail(position_, "a file is truncated");
    left_ -= count;
  }
  read(buffer.data(), static_cast<size_t>(padding_));  // which some programs omit at the very end
  padding_ = 0;
}

/// Returns fewer bytes only at the end. Data that ends before an error of the gzip data throws that error.
size_t TarReader::read(char* into, size_t size) {
  size_t count = 0;
  try {
    for (size_t got = 1; got > 0 && count < size; count += got)
      got = bytes_.read({into + count, size - count});
  } catch (const Error& error) {
    fail(position_, error.what());
  }
  position_ += count;
  return count;
}

/// Returns the rest of the current file's content.
std::vector<std::byte> TarReader::take() {
  std::vector<std::byte> content;
  while (left_ > 0) {
    const size_t begin = content.size(), wanted = static_cast<size_t>(std::min<uint64_t>(left_, kStep));
    content.resize(begin + wanted);
    if (read(reinterpret_cast<char*>(content.data() + begin), wanted) < wanted)
      fail(position_, "a file is truncated");
    left_ -= wanted;
  }
  return content;
}

void TarReader::read_long_name(uint64_t size) {
  begin_content(size);
  const auto content = take();
  const std::string_view name(reinterpret_cast<const char*>(content.data()), content.size());
  next_name_ = name.substr(0, name.find('\0'));
}

/// Parses records "LENGTH KEY=VALUE\n", where LENGTH is the size of the whole record.
void TarReader::read_pax(uint64_t size) {
  const uint64_t begin = position_;
  begin_content(size);
  const auto content = take();
  std::string_view rest(reinterpret_cast<const char*>(content.data()), content.size());
  while (!rest.empty()) {
    const uint64_t at = begin + (content.size() - rest.size());
    size_t length = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    const auto digits = static_cast<size_t>(end - rest.data());
    if (error != std::errc() || length > rest.size() || length < digits + 2 || rest[digits] != ' ' ||
        rest[length - 1] != '\n') {
      fail(at, "a malformed pax record");
    }
    const auto record = rest.substr(digits + 1, length - digits - 2);
    const size_t equals = record.find('=');
    if (equals == std::string_view::npos) fail(at, "a pax record without '='");
    const auto key = record.substr(0, equals), value = record.substr(equals + 1);
    if (key.starts_with("GNU.sparse.")) fail(at, "has a sparse file, which heed does not read");
    if (key == "path") {
      if (value.find('\0') != std::string_view::npos) fail(at, "a name contains a zero byte");
      next_name_ = value;
    }
    if (key == "size") {
      uint64_t number = 0;
      const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
      if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size() || number > kMaxSize)
        fail(at, "a size that is not a number");
      next_size_ = static_cast<int64_t>(number);
    }
    rest.remove_prefix(length);
  }
}

void TarReader::fail(uint64_t byte, const std::string& message) const {
  throw Error(ErrorKind::kData, message, at_byte(name_, byte));
}

bool is_tar(const std::filesystem::path& path) {
  ByteStream bytes = open_bytes(path);
  Header header;
  try {
    return bytes.read(header) == header.size() && !is_zero(header) && has_right_checksum(header);
  } catch (const Error&) {  // gzip data is corrupt
    return false;
  }
}

}  // namespace heed::image
