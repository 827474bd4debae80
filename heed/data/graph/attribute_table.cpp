// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/attribute_table.h"

#include "heed/core/error.h"
#include "heed/core/shown_text.h"
#include "heed/data/graph/number_cell.h"

namespace heed::graph {

bool Attribute::is_numeric() const {
  if (is_text || cells.size() == 0) return false;
  for (size_t i = 0; i < cells.size(); ++i)
    if (!any_number(cells.cell(i))) return false;
  return true;
}

size_t AttributeTable::column(std::string_view name) {
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) return found->second;
  if (columns_.size() >= max_columns_) {
    throw Error(ErrorKind::kData, "more than " + std::to_string(max_columns_) + " different attributes",
                place(rows() - 1));
  }
  numbers_.emplace(std::string(name), columns_.size());
  columns_.push_back({std::string(name), false, {}});
  return columns_.size() - 1;
}

void AttributeTable::put(std::string_view name, std::string_view cell, bool is_text) {
  put(column(name), cell, is_text);
}

void AttributeTable::put(size_t column, std::string_view cell, bool is_text) {
  Attribute& attribute = columns_[column];
  attribute.is_text |= is_text;
  if (cell.empty()) return;
  if (attribute.cells.has(rows() - 1))
    throw Error(ErrorKind::kData, "has '" + printable(attribute.name) + "' twice", place(rows() - 1));
  attribute.cells.add(rows() - 1, cell);
}

std::vector<std::string> AttributeTable::names() const {
  std::vector<std::string> names;
  for (const auto& column : columns_) names.push_back(column.name);
  return names;
}

const Attribute* AttributeTable::find(std::string_view name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? nullptr : &columns_[found->second];
}

}  // namespace heed::graph
