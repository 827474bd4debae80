// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/core/expect_error.h"
#include "tests/data/text/text_files.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/data/graph/graph_set.h"
#include "heed/data/graph/table_reader.h"

namespace heed::graph::testing {

using text::testing::Files;
using text::testing::gzip;
using text::testing::lines_of;

/// Runs a reader, expects the set to keep its promises, and returns it.
template <class Read>
GraphSet sound(const Read& read) {
  GraphSet set = read();
  EXPECT_EQ(set.flaw(), "");
  return set;
}

/// The message of the Error(kData) that a reader throws.
template <class Read>
std::string refusal(const Read& read) {
  return error_of(ErrorKind::kData, read);
}

/// A column of categories as texts; "" where there is no value.
inline std::vector<std::string> values_of(const Categories& column) {
  std::vector<std::string> values;
  for (const int32_t code : column.codes)
    values.push_back(code < 0 ? "" : column.values.at(static_cast<size_t>(code)));
  return values;
}

inline std::vector<std::string> names_of(const std::vector<Categories>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

}  // namespace heed::graph::testing
