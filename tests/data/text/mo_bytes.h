// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heed::text::testing {

/// Builds compiled catalogues, valid and invalid.
struct MoBytes {
  std::vector<std::pair<std::string, std::string>> entries;
  bool big_endian = false;
  uint32_t magic = 0x950412DE, revision = 0;

  std::string number(uint32_t value) const {
    std::string bytes;
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> 8 * (big_endian ? 3 - i : i));
    return bytes;
  }

  std::string bytes() const {
    const auto count = static_cast<uint32_t>(entries.size());
    std::string tables, texts;
    const auto add = [&](const std::string& text) {
      tables += number(static_cast<uint32_t>(text.size())) +
                number(static_cast<uint32_t>(28 + 16 * count + texts.size()));
      texts += text + '\0';
    };
    for (const auto& [id, translation] : entries) add(id);
    for (const auto& [id, translation] : entries) add(translation);
    return number(magic) + number(revision) + number(count) + number(28) + number(28 + 8 * count) +
           number(0) + number(0) + tables + texts;
  }
};

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace heed::text::testing
