// SPDX-License-Identifier: Apache-2.0
#include "heed/core/names.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace heed {
namespace {

constexpr size_t kLettersOfABeginning = 4;  // as many letters identify a name by its beginning

/// Levenshtein distance.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({substitution, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string comma_list(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& names) {
  std::string best;
  for (const auto& candidate : names) {
    const bool begins = name.size() >= kLettersOfABeginning && candidate.starts_with(name);
    if (begins && (best.empty() || candidate.size() < best.size())) best = candidate;
  }
  if (!best.empty()) return best;
  size_t best_distance = std::max<size_t>(2, name.size() / 2) + 1;
  for (const auto& candidate : names) {
    const size_t distance = edit_distance(name, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

std::string unknown_name_message(const std::string& what, std::string_view name,
                                 const std::vector<std::string>& names) {
  const std::string near = nearest_name(name, names);
  std::string message = "unknown " + what + " '" + std::string(name) + "'; ";
  return message + (near.empty() ? "known: " + comma_list(names) : "did you mean '" + near + "'?");
}

}  // namespace heed
