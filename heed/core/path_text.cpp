// SPDX-License-Identifier: Apache-2.0
#include "heed/core/path_text.h"

#include <charconv>
#include <cstdio>

#include "heed/core/shown_text.h"

namespace heed {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kScheme = "file://";

std::string percent_encoded(std::string_view bytes) {
  constexpr std::string_view kPlain = "-./_~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string text;
  for (const char byte : bytes) {
    if (kPlain.find(byte) != std::string_view::npos) {
      text += byte;
      continue;
    }
    char code[4];
    std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    text += code;
  }
  return text;
}

/// A "%" without two hexadecimal digits stands for itself.
std::string percent_decoded(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    const bool encoded =
        text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16).ptr == text.data() + i + 3;
    bytes += encoded ? static_cast<char>(code) : text[i];
    if (encoded) i += 2;
  }
  return bytes;
}

}  // namespace

std::string config_text(const fs::path& path) {
  if (is_utf8(path.native())) return path.string();
  return std::string(kScheme) + percent_encoded(fs::absolute(path).lexically_normal().native());
}

fs::path config_path(std::string_view text) {
  const bool uri = text.starts_with(kScheme) && text.substr(kScheme.size()).starts_with('/');
  return uri ? fs::path(percent_decoded(text.substr(kScheme.size()))) : fs::path(text);
}

}  // namespace heed
