// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/npy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/shown_text.h"
#include "heed/data/text/utf8.h"

namespace heed::graph {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMostHeader = size_t{64} << 10;
constexpr size_t kMostDimensions = 8;
constexpr uint64_t kMostTextBytes = 4096;  ///< of one element

struct NpyType {
  std::string_view name;
  Dtype dtype;
};
constexpr std::array kTypes{
    NpyType{"|b1", Dtype::kBool}, NpyType{"|u1", Dtype::kU8},  NpyType{"|i1", Dtype::kI8},
    NpyType{"<u2", Dtype::kU16},  NpyType{"<i2", Dtype::kI16}, NpyType{"<i4", Dtype::kI32},
    NpyType{"<i8", Dtype::kI64},  NpyType{"<f4", Dtype::kF32}, NpyType{"<f8", Dtype::kF64}};

[[noreturn]] void fail_npy(const std::string& place, const std::string& message) {
  throw Error(ErrorKind::kData, message, place);
}

/// Reads the Python dictionary of a header: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& place) : text_(text), place_(place) {}

  void read(NpyArray& array, bool& fortran_order) {
    bool seen[3] = {false, false, false};
    expect('{');
    while (!take('}')) {
      const std::string key(quoted());
      expect(':');
      const size_t which = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : 3;
      if (which == 3 || seen[which]) fail_npy(place_, "the header of the array has '" + printable(key) + "'");
      seen[which] = true;
      if (which == 0) array.type = description();
      if (which == 1) fortran_order = truth();
      if (which == 2) array.shape = shape();
      if (!take(',') && !peek('}')) bad();
    }
    if (!seen[0] || !seen[1] || !seen[2]) bad();
  }

 private:
  [[noreturn]] void bad() const { fail_npy(place_, "the header of the array is damaged"); }
  void skip_blanks() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n' || text_[0] == '\t'))
      text_.remove_prefix(1);
  }
  bool peek(char c) {
    skip_blanks();
    return text_.starts_with(c);
  }
  bool take(char c) {
    if (!peek(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) bad();
  }
  std::string_view quoted() {
    const char quote = peek('"') ? '"' : '\'';
    expect(quote);
    const size_t end = text_.find(quote);
    if (end == std::string_view::npos) bad();
    const std::string_view content = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return content;
  }
  std::string description() {
    if (peek('[')) fail_npy(place_, "is an array of records, which heed does not read");
    return std::string(quoted());
  }
  bool truth() {
    skip_blanks();
    for (const std::string_view word : {"True", "False"}) {
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return word == "True";
    }
    bad();
  }
  std::vector<int64_t> shape() {
    std::vector<int64_t> sizes;
    expect('(');
    while (!take(')')) {
      skip_blanks();
      int64_t size = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), size);
      if (error != std::errc() || size < 0 || sizes.size() == kMostDimensions) bad();
      text_.remove_prefix(static_cast<size_t>(end - text_.data()));
      sizes.push_back(size);
      take('L');  // of Python 2
      if (!take(',') && !peek(')')) bad();
    }
    return sizes;
  }

  std::string_view text_;
  const std::string& place_;
};

/// The bytes of an element of texts; 0 for other types.
uint64_t text_bytes(const NpyArray& array, const std::string& place) {
  if (!array.is_text()) return 0;
  uint64_t length = 0;
  const char* const end = array.type.data() + array.type.size();
  const auto read = std::from_chars(array.type.data() + 2, end, length);
  if (read.ec != std::errc() || read.ptr != end || length > kMostTextBytes)
    fail_npy(place, "has the type '" + printable(array.type) + "', which heed does not read");
  return array.type[1] == 'U' ? 4 * length : length;
}

void check_order(const NpyArray& array, bool fortran_order, const std::string& place) {
  const auto wide =
      std::count_if(array.shape.begin(), array.shape.end(), [](int64_t size) { return size > 1; });
  if (fortran_order && wide > 1)
    fail_npy(place, "is stored column by column; save numpy.ascontiguousarray of it");
  if (array.type.starts_with('>')) {
    fail_npy(place, "is big-endian ('" + printable(array.type) + "'); save it as '<" +
                        printable(std::string_view(array.type).substr(1)) + "'");
  }
}

/// Numbers and texts must have as many bytes as their shape says.
void check_size(const NpyArray& array, const std::string& place) {
  uint64_t bytes = array.dtype ? dtype_size(*array.dtype) : text_bytes(array, place);
  if (!array.dtype && !array.is_text()) return;
  for (const int64_t size : array.shape)
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes)) fail_npy(place, "is too large");
  if (bytes != array.bytes.size())
    fail_npy(place,
             "needs " + std::to_string(bytes) + " bytes, there are " + std::to_string(array.bytes.size()));
}

}  // namespace

NpyArray parse_npy(std::span<const std::byte> file, const std::string& place) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (!text.starts_with(kMagic) || text.size() < 12) fail_npy(place, "is no .npy array");
  const auto version = static_cast<unsigned char>(text[6]);
  if (version < 1 || version > 3) fail_npy(place, "has the unknown .npy version " + std::to_string(version));
  const size_t length_bytes = version == 1 ? 2 : 4, begin = 8 + length_bytes;
  size_t length = 0;
  for (size_t i = length_bytes; i > 0; --i) length = length << 8 | static_cast<unsigned char>(text[7 + i]);
  if (length > kMostHeader || length > text.size() - begin)
    fail_npy(place, "the header of the array is cut or too long");
  NpyArray array;
  bool fortran_order = false;
  HeaderReader(text.substr(begin, length), place).read(array, fortran_order);
  array.bytes = file.subspan(begin + length);
  check_order(array, fortran_order, place);
  const auto* const known = std::find_if(kTypes.begin(), kTypes.end(),
                                         [&](const NpyType& type) { return type.name == array.type; });
  if (known != kTypes.end()) array.dtype = known->dtype;
  check_size(array, place);
  return array;
}

std::vector<std::string> NpyArray::texts(const std::string& place) const {
  if (!is_text()) fail_npy(place, "must hold texts, not '" + printable(type) + "'");
  const auto width = static_cast<size_t>(text_bytes(*this, place));
  std::vector<std::string> texts;
  for (size_t begin = 0; width > 0 && begin < bytes.size(); begin += width) {
    const auto element = bytes.subspan(begin, width);
    std::string text;
    for (size_t i = 0; i < width; i += type[1] == 'U' ? 4 : 1) {
      uint32_t character = 0;
      std::memcpy(&character, element.data() + i, type[1] == 'U' ? 4 : 1);
      if (character == 0) break;
      if (type[1] == 'U')
        text += text::encode_utf8(static_cast<char32_t>(character));
      else
        text += static_cast<char>(character);
    }
    texts.push_back(text::replace_malformed(text));
  }
  return texts;
}

}  // namespace heed::graph
