// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/column_maker.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/shown_text.h"
#include "heed/data/graph/number_cell.h"
#include "heed/data/text/counts.h"

namespace heed::graph {
namespace {

const std::vector<std::string_view> kTrainWords{"train", "training", "tr"};
const std::vector<std::string_view> kValidWords{"valid", "val", "validation", "dev"};
const std::vector<std::string_view> kTestWords{"test", "testing", "te"};
const std::vector<std::string_view> kNoSplitWords{"none", "unlabeled", "unlabelled", "unused", "-"};
const std::vector<std::string_view> kTrueWords{"1", "true", "yes", "t", "1.0"};
const std::vector<std::string_view> kFalseWords{"0", "false", "no", "f", "0.0"};

}  // namespace

/// Calls `use` for each row, with an empty cell where the row has none.
template <class Use>
void ColumnMaker::each_cell(const Attribute& column, const Use& use) const {
  for (size_t row = 0, i = 0; row < table_.rows(); ++row) {
    const bool there = i < column.cells.size() && column.cells.row(i) == row;
    use(row, there ? column.cells.cell(i) : std::string_view());
    i += there ? 1 : 0;
  }
}

void ColumnMaker::check_size(const ColumnRoles& roles) const {
  constexpr size_t kAlwaysCells = size_t{1} << 24, kCellsPerValue = 64;
  size_t given = 0;
  for (const auto& column : table_.columns()) given += column.cells.size();
  const size_t columns = roles.features.size() + roles.categories.size() + roles.targets.size();
  if (columns * table_.rows() <= std::max(kAlwaysCells, given * kCellsPerValue)) return;
  throw Error(ErrorKind::kData,
              text::grouped(static_cast<int64_t>(columns)) +
                  " attributes, most of which are missing in most rows; name those to use by "
                  "data.features and data.categories",
              table_.place(0));
}

Features ColumnMaker::features(const std::vector<size_t>& columns) const {
  Features features;
  features.width = std::ssize(columns);
  features.dense.resize(columns.size() * table_.rows());
  for (size_t i = 0; i < columns.size(); ++i) {
    features.names.push_back(attribute(columns[i]).name);
    for (size_t row = 0; row < table_.rows(); ++row)
      features.dense[row * columns.size() + i] = feature(attribute(columns[i]), row);
  }
  return features;
}

std::vector<Categories> ColumnMaker::categories(const std::vector<size_t>& columns) const {
  std::vector<Categories> made;
  for (const size_t column : columns) made.push_back(category(attribute(column)));
  return made;
}

Categories ColumnMaker::category(const Attribute& column) const {
  CategoryBuilder builder(column.name);
  each_cell(column, [&](size_t row, std::string_view cell) {
    builder.add(cell);
    if (builder.size() <= limits_.categories) return;
    throw Error(ErrorKind::kData,
                "column '" + printable(column.name) + "' has more than " +
                    text::grouped(static_cast<int64_t>(limits_.categories)) +
                    " different values; leave it out by data.ignore",
                table_.place(row));
  });
  return std::move(builder).finish();
}

std::vector<double> ColumnMaker::targets(const std::vector<size_t>& columns) const {
  std::vector<double> numbers(columns.size() * table_.rows(), std::numeric_limits<double>::quiet_NaN());
  for (size_t i = 0; i < columns.size(); ++i) {
    each_cell(attribute(columns[i]), [&](size_t row, std::string_view cell) {
      if (!cell.empty()) numbers[row * columns.size() + i] = target(attribute(columns[i]), row, cell);
    });
  }
  return numbers;
}

std::vector<Split> ColumnMaker::splits(const ColumnRoles& roles) const {
  std::vector<Split> splits(table_.rows(), Split::kNone);
  if (roles.split) {
    each_cell(attribute(*roles.split),
              [&](size_t row, std::string_view cell) { splits[row] = split_named(row, cell); });
    return splits;
  }
  for (const Split split : {Split::kTrain, Split::kValid, Split::kTest}) {
    const auto mask = roles.masks[static_cast<size_t>(split) - 1];
    if (mask) add_mask(attribute(*mask), split, splits);
  }
  return splits;
}

std::vector<std::string> ColumnMaker::texts(const Attribute& column) const {
  std::vector<std::string> texts;
  each_cell(column, [&](size_t /*row*/, std::string_view cell) { texts.emplace_back(cell); });
  return texts;
}

void ColumnMaker::fail(const Attribute& column, size_t row, const std::string& message) const {
  throw Error(ErrorKind::kData, "column '" + printable(column.name) + "' " + message, table_.place(row));
}

float ColumnMaker::feature(const Attribute& column, size_t row) const {
  // Without a gap cell i stands in row i.
  const bool whole = row < column.cells.size() && column.cells.row(row) == row;
  if (!whole)
    fail(column, row,
         "has no value, but a feature needs one in every row; data.ignore leaves the column out");
  const std::string_view cell = column.cells.cell(row);
  const auto number = any_number(cell);
  if (!number) fail(column, row, "must be a number, got '" + printable(cell) + "'");
  const auto value = static_cast<float>(*number);
  if (!std::isfinite(value)) fail(column, row, "must be finite, got '" + printable(cell) + "'");
  return value;
}

double ColumnMaker::target(const Attribute& column, size_t row, std::string_view cell) const {
  const auto number = any_number(cell);
  if (!number) fail(column, row, "must be a number, got '" + printable(cell) + "'");
  if (std::isinf(*number)) fail(column, row, "must be finite or missing, got '" + printable(cell) + "'");
  return *number;
}

Split ColumnMaker::split_named(size_t row, std::string_view cell) const {
  if (cell.empty() || is_named(cell, kNoSplitWords)) return Split::kNone;
  if (is_named(cell, kTrainWords)) return Split::kTrain;
  if (is_named(cell, kValidWords)) return Split::kValid;
  if (is_named(cell, kTestWords)) return Split::kTest;
  throw Error(ErrorKind::kData,
              "the split '" + printable(cell) + "' is unknown; known: train, valid, test, none",
              table_.place(row));
}

void ColumnMaker::add_mask(const Attribute& column, Split split, std::vector<Split>& splits) const {
  each_cell(column, [&](size_t row, std::string_view cell) {
    if (cell.empty() || is_named(cell, kFalseWords)) return;
    if (!is_named(cell, kTrueWords)) fail(column, row, "must be 0 or 1, got '" + printable(cell) + "'");
    if (splits[row] != Split::kNone) fail(column, row, "puts the row into a second split");
    splits[row] = split;
  });
}

}  // namespace heed::graph
