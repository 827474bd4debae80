// SPDX-License-Identifier: Apache-2.0
#include "heed/core/number_text.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace heed {
namespace {

template <class T>
std::errc parse(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || end != text.data() + text.size()) return std::errc::invalid_argument;
  return error;
}

/// ": write 0.9" for a number with a decimal comma.
std::string point_for_comma(std::string_view text) {
  std::string with_point(text);
  const size_t comma = with_point.find(',');
  if (comma == std::string::npos || comma != with_point.rfind(',')) return "";
  with_point[comma] = '.';
  double number = 0;
  return parse(with_point, number) == std::errc() ? ": write " + with_point : "";
}

std::string not_a(const char* needed, std::string_view text) {
  return std::string("must be ") + needed + ", got '" + std::string(text) + "'" + point_for_comma(text);
}

template <class T>
std::string read_whole(std::string_view text, T& value, const char* needed) {
  const std::errc error = parse(text, value);
  if (error == std::errc()) return "";
  if (error != std::errc::result_out_of_range) return not_a(needed, text);
  const bool low = text.starts_with('-');
  const T end = low ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
  return std::string("must be at ") + (low ? "least " : "most ") + std::to_string(end) + ", got " +
         std::string(text);
}

}  // namespace

std::string read_number(std::string_view text, int64_t& value) {
  return read_whole(text, value, "a whole number");
}

std::string read_number(std::string_view text, uint64_t& value) {
  return read_whole(text, value, "a whole number, 0 or above");
}

std::string read_number(std::string_view text, double& value) {
  const bool number = parse(text, value) == std::errc() && std::isfinite(value);
  return number ? "" : not_a("a number", text);
}

}  // namespace heed
