// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/sparse_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace heed::graph {
namespace {

/// The entries of one row, sorted by column.
using Row = std::vector<std::pair<int32_t, float>>;

void add_row(Row& row, const NamedArray& data, Features& features) {
  std::stable_sort(row.begin(), row.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0 && row[i].first == row[i - 1].first) {
      features.values.back() += row[i].second;
      if (!std::isfinite(features.values.back())) data.fail("has entries whose sum is not finite");
      continue;
    }
    features.indices.push_back(row[i].first);
    features.values.push_back(row[i].second);
  }
  features.indptr.push_back(std::ssize(features.values));
}

}  // namespace

SparsePattern sparse_pattern(const SparseArrays& arrays) {
  arrays.indptr.expect_shape({arrays.rows + 1});
  arrays.indices.expect_shape({-1});
  if (arrays.columns > std::numeric_limits<int32_t>::max())
    arrays.indices.fail("belongs to a matrix of more than 2^31 columns");
  SparsePattern pattern;
  pattern.indptr = whole_numbers(arrays.indptr);
  check_pointers(arrays.indptr, pattern.indptr, arrays.indices.view.shape[0]);
  pattern.indices = small_numbers(arrays.indices, 0, static_cast<int32_t>(arrays.columns - 1));
  return pattern;
}

Features sparse_features(const SparseArrays& arrays) {
  const SparsePattern pattern = sparse_pattern(arrays);
  arrays.data.expect_shape({arrays.indices.view.shape[0]});
  const std::vector<float> data = finite_floats(arrays.data);
  Features features;
  features.width = arrays.columns;
  features.indptr = {0};
  Row row;
  for (size_t r = 0; r + 1 < pattern.indptr.size(); ++r) {
    row.clear();
    for (auto i = static_cast<size_t>(pattern.indptr[r]); i < static_cast<size_t>(pattern.indptr[r + 1]); ++i)
      row.emplace_back(pattern.indices[i], data[i]);
    add_row(row, arrays.data, features);
  }
  return features;
}

}  // namespace heed::graph
