// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace heed::text {

/// Formats a count with commas: 29000 becomes "29,000".
inline std::string grouped(int64_t count) {
  std::string digits = std::to_string(count);
  const size_t first = digits.starts_with('-') ? 1 : 0;
  for (size_t end = digits.size(); end > first + 3;) digits.insert(end -= 3, ",");
  return digits;
}

/// Lists the counts that are not zero: "40 too long, 10 duplicates".
inline std::string list_counts(std::initializer_list<std::pair<int64_t, std::string_view>> counts) {
  std::string list;
  for (const auto& [count, what] : counts) {
    if (count != 0) list += (list.empty() ? "" : ", ") + grouped(count) + " " + std::string(what);
  }
  return list;
}

}  // namespace heed::text
