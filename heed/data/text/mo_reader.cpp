// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/mo_reader.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/error.h"
#include "heed/data/byte_stream.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

constexpr uint32_t kMagic = 0x950412DE, kMagicSwapped = 0xDE120495;
constexpr size_t kHeaderBytes = 20, kDescriptorBytes = 8;
constexpr uint64_t kMaxSharing = 4;

uint32_t little_endian(std::span<const std::byte> file, size_t at) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<uint32_t>(file[at + i]);
  return value;
}

std::vector<std::string> split_at_zeros(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t begin = 0, end = 0; end < text.size(); begin = end + 1) {
    end = std::min(text.find('\0', begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
  }
  if (parts.empty()) parts.emplace_back();
  return parts;
}

class MoParser {
 public:
  MoParser(std::span<const std::byte> file, const std::string& name) : file_(file), name_(name) {}

  Catalogue parse() {
    if (!is_mo(file_)) fail(0, "is not a compiled catalogue (.mo)");
    if (file_.size() < kHeaderBytes) fail(file_.size(), "the header is truncated");
    swapped_ = little_endian(file_, 0) == kMagicSwapped;
    const uint32_t revision = u32(4), count = u32(8);
    if (revision >> 16 > 1) {
      fail(4, "has revision " + std::to_string(revision >> 16) + "." + std::to_string(revision & 0xFFFF) +
                  "; supported are 0 and 1");
    }
    const uint32_t ids = table(12, count), translations = table(16, count);
    find_header(ids, translations, count);
    for (uint32_t i = 0; i < count; ++i) {
      add(text(ids + i * kDescriptorBytes), text(translations + i * kDescriptorBytes));
    }
    return std::move(catalogue_);
  }

 private:
  struct Text {
    size_t byte;
    std::string_view bytes;
  };

  uint32_t u32(size_t at) const {
    const uint32_t value = little_endian(file_, at);
    if (!swapped_) return value;
    return value >> 24 | (value >> 8 & 0xFF00) | (value << 8 & 0xFF0000) | value << 24;
  }

  /// Returns the offset of a table that is stored at `at`, after checking its bounds.
  uint32_t table(size_t at, uint32_t count) const {
    const uint32_t offset = u32(at);
    if (uint64_t{offset} + uint64_t{count} * kDescriptorBytes > file_.size())
      fail(at, "a table of " + std::to_string(count) + " strings extends past the end of the file");
    return offset;
  }

  /// Returns the string that the descriptor at `at` refers to.
  Text text(size_t at) const {
    const uint32_t length = u32(at), offset = u32(at + 4);
    if (uint64_t{offset} + length >= file_.size()) fail(at, "a string extends past the end of the file");
    const auto* const bytes = reinterpret_cast<const char*>(file_.data());
    if (bytes[offset + length] != '\0') fail(offset + length, "a string does not end in a zero byte");
    return {offset, {bytes + offset, length}};
  }

  /// Finds the header first: its charset applies to all other strings.
  void find_header(uint32_t ids, uint32_t translations, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      if (u32(ids + i * kDescriptorBytes) != 0) continue;
      const Text header = text(translations + i * kDescriptorBytes);
      catalogue_.header = header.bytes.substr(0, header.bytes.find('\0'));
      if (const auto charset = foreign_charset(catalogue_)) {
        fail(header.byte,
             "the charset is " + *charset +
                 ", but heed reads UTF-8; convert the file: msgunfmt OLD | msgconv --to-code=UTF-8 | "
                 "msgfmt -o NEW -");
      }
      return;
    }
  }

  void add(const Text& id, const Text& translation) {
    for (const Text& text : {id, translation}) {
      const size_t valid = well_formed_prefix(text.bytes);
      if (valid < text.bytes.size()) fail(text.byte + valid, "a string is not valid UTF-8");
      total_ += text.bytes.size();
    }
    if (total_ > kMaxSharing * file_.size()) fail(id.byte, "the strings overlap");
    if (id.bytes.empty()) return;  // the header
    Message message;
    std::string_view rest = id.bytes;
    const size_t end = rest.find_first_of(std::string_view("\4\0", 2));
    if (end != std::string_view::npos && rest[end] == '\4') {
      message.context = rest.substr(0, end);
      rest.remove_prefix(end + 1);
    }
    auto ids = split_at_zeros(rest);
    message.translations = split_at_zeros(translation.bytes);
    if (ids.size() > 2) fail(id.byte, "a message has more than one plural");
    if (ids.size() == 1 && message.translations.size() > 1)
      fail(translation.byte, "a message without a plural has plural forms");
    message.id = std::move(ids[0]);
    if (message.id.empty() && !message.context) fail(id.byte, "the header has a plural");
    if (ids.size() == 2) message.plural_id = std::move(ids[1]);
    catalogue_.messages.push_back(std::move(message));
  }

  [[noreturn]] void fail(size_t byte, const std::string& message) const {
    throw Error(ErrorKind::kData, message, at_byte(name_, byte));
  }

  std::span<const std::byte> file_;
  const std::string& name_;
  bool swapped_ = false;
  uint64_t total_ = 0;  ///< total bytes of the strings so far
  Catalogue catalogue_;
};

}  // namespace

bool is_mo(std::span<const std::byte> file) {
  if (file.size() < 4) return false;
  const uint32_t magic = little_endian(file, 0);
  return magic == kMagic || magic == kMagicSwapped;
}

Catalogue parse_mo(std::span<const std::byte> file, const std::string& name) {
  return MoParser(file, name).parse();
}

Catalogue read_mo(const std::filesystem::path& path) {
  const std::string content = read_unpacked(path, kMaxCatalogueBytes);
  return parse_mo(std::as_bytes(std::span(content)), path.string());
}

}  // namespace heed::text
