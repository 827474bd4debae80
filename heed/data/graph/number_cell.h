// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <system_error>

namespace heed::graph {

/// The text without blanks and tabs around it.
inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// The number that the whole cell is, blanks around it and a plus sign allowed; "nan" and "inf" are numbers. Nothing
/// for other texts and for numbers that a double cannot hold.
inline std::optional<double> any_number(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.size() > 1 && cell[0] == '+' && cell[1] != '-') cell.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (cell.empty() || error != std::errc() || end != cell.data() + cell.size()) return std::nullopt;
  return value;
}

inline std::optional<double> finite_number(std::string_view cell) {
  const auto value = any_number(cell);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

}  // namespace heed::graph
