// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/catalogue.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace heed::text {
namespace {

bool equal_in_lower_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

}  // namespace

std::string Catalogue::header_field(std::string_view name) const {
  for (std::string_view rest = header; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos && equal_in_lower_case(trim(line.substr(0, colon)), name)) {
      return std::string(trim(line.substr(colon + 1)));
    }
  }
  return "";
}

std::optional<std::string> foreign_charset(const Catalogue& catalogue) {
  constexpr std::string_view kKey = "charset=";
  constexpr std::array<std::string_view, 6> kReadable{"utf-8",    "utf8",           "ascii",
                                                      "us-ascii", "ansi_x3.4-1968", "charset"};
  const std::string type = catalogue.header_field("Content-Type");
  const auto key = std::search(type.begin(), type.end(), kKey.begin(), kKey.end(),
                               [](unsigned char x, unsigned char y) { return std::tolower(x) == y; });
  if (key == type.end()) return std::nullopt;
  std::string_view charset = std::string_view(type).substr(key - type.begin() + kKey.size());
  charset = trim(charset.substr(0, charset.find(';')));
  const auto is_charset = [&](std::string_view name) { return equal_in_lower_case(charset, name); };
  if (charset.empty() || std::any_of(kReadable.begin(), kReadable.end(), is_charset)) return std::nullopt;
  return std::string(charset);
}

}  // namespace heed::text
