// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/data/graph/categories.h"

namespace heed::graph {

/// The cells of a column that are not empty, row by row, in one block of memory.
class TextCells {
 public:
  /// Rows ascend.
  void add(size_t row, std::string_view cell) {
    bytes_.append(cell);
    rows_.push_back(row);
    ends_.push_back(bytes_.size());
  }
  size_t size() const { return rows_.size(); }
  size_t row(size_t i) const { return rows_[i]; }
  std::string_view cell(size_t i) const {
    const size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(bytes_).substr(begin, ends_[i] - begin);
  }
  bool has(size_t row) const { return !rows_.empty() && rows_.back() == row; }

 private:
  std::string bytes_;
  std::vector<size_t> rows_, ends_;
};

struct Attribute {
  std::string name;
  bool is_text = false;  ///< the file says that the values are texts, whatever they look like
  TextCells cells;

  /// Whether each cell is a number, and there is one.
  bool is_numeric() const;
};

/// What a file says of its nodes, edges or graphs, before it is known what a model does with it.
class AttributeTable {
 public:
  AttributeTable(size_t max_columns, std::function<std::string(uint64_t position)> place)
      : max_columns_(max_columns), place_(std::move(place)) {}

  /// Adds a row that stands at `position` in its file: a line, a byte or a number, as set_place() says.
  void add_row(uint64_t position) { positions_.push_back(position); }
  size_t rows() const { return positions_.size(); }

  /// Sets a cell of the last row; an empty cell is a missing one. Throws Error(kData) with the row's place if the row
  /// has the attribute already, and for too many attributes.
  void put(std::string_view name, std::string_view cell, bool is_text = false);
  /// The number of a column, which is added if there is none.
  size_t column(std::string_view name);
  /// put() by number.
  void put(size_t column, std::string_view cell, bool is_text = false);

  const std::vector<Attribute>& columns() const { return columns_; }
  std::vector<std::string> names() const;
  const Attribute* find(std::string_view name) const;

  /// Where a row stands, in messages. A table without rows has the place of position 0.
  std::string place(size_t row) const { return place_(row < rows() ? positions_[row] : 0); }
  std::string place_of(uint64_t position) const { return place_(position); }
  /// Sets how a position becomes a place.
  void set_place(std::function<std::string(uint64_t position)> place) { place_ = std::move(place); }

 private:
  size_t max_columns_;
  std::vector<uint64_t> positions_;
  std::vector<Attribute> columns_;
  TextMap<size_t> numbers_;
  std::function<std::string(uint64_t)> place_;
};

}  // namespace heed::graph
