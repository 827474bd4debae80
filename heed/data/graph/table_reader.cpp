// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/table_reader.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/core/shown_text.h"
#include "heed/data/graph/graph_set_maker.h"
#include "heed/data/graph/number_cell.h"
#include "heed/data/graph/raw_graphs.h"
#include "heed/data/graph/table_header.h"
#include "heed/data/graph/table_rows.h"
#include "heed/data/graph/text_content.h"
#include "heed/data/sphere/signal_columns.h"

namespace heed::graph {
namespace {

using Cells = std::vector<std::string>;

/// Where an edge table has its ends, and the names of its columns.
struct EdgeHeader {
  size_t source = 0, target = 1;
  Cells names;
  bool is_row = true;  ///< false: the table has no header, and its first row is an edge
};

bool both_numbers(const Cells& cells) {
  return cells.size() >= 2 && any_number(cells[0]) && any_number(cells[1]);
}

/// The header of an edge table, by its first two rows; nothing if it is no edge table.
std::optional<EdgeHeader> edge_header(const Cells& first, const Cells& second, const std::string& place,
                                      const GraphReadOptions& options) {
  const auto source = source_column(first, options);
  const auto target = target_column(first, options);
  if (source && target) return EdgeHeader{*source, *target, first, true};
  const bool bare = !source && !target && options.source.empty() && options.target.empty();
  if (!bare || first.size() < 2 || first.size() > 3 || id_column(first, options)) return std::nullopt;
  if (!both_numbers(first) && both_numbers(second)) {
    throw Error(ErrorKind::kData,
                "this line looks like a header, but its names (" + printable(comma_list(first)) +
                    ") are not known; name the columns by data.source and data.target",
                place);
  }
  Cells names{"source", "target", "weight"};
  if (first.size() == 3 && !any_number(first[2])) names[2] = "type";
  names.resize(first.size());
  return EdgeHeader{0, 1, names, false};
}

[[noreturn]] void fail_kind(const GraphTable& table, const Cells& first) {
  const std::vector<std::string> some(first.begin(),
                                      first.begin() + std::min<ptrdiff_t>(std::ssize(first), 8));
  throw Error(
      ErrorKind::kData,
      "is neither a table of edges, with columns such as source and target, nor of nodes, with a column "
      "such as id, nor of molecules, with a column such as smiles; its first row begins " +
          printable(comma_list(some)) + "; data.source, data.target, data.id and data.smiles name columns",
      table.file);
}

class TableReader {
 public:
  TableReader(const GraphTable& edges, const std::optional<GraphTable>& nodes,
              const GraphReadOptions& options)
      : edges_(edges), nodes_(nodes), options_(options), raw_(edges.file, options.limits) {
    raw_.directed = true;
  }

  GraphSet read() {
    if (nodes_) read_nodes(*nodes_);
    read_edges();
    if (!nodes_) sort_nodes();
    raw_.end_graph(1);
    return make_graph_set(std::move(raw_), options_);
  }

 private:
  void read_nodes(const GraphTable& table) {
    check_text(table.text, table.file);
    raw_.nodes.set_place(
        [file = table.file](uint64_t line) { return file + ", line " + std::to_string(line); });
    TableRows rows(table.text, table.file, options_.limits.columns);
    CsvRow row;
    if (!rows.next(row)) throw Error(ErrorKind::kData, "is empty", table.file);
    const auto id = id_column(row.cells, options_);
    if (!id) fail_kind(table, row.cells);
    check_names(row.cells, rows.place(row.line));
    const auto columns = add_columns(raw_.nodes, row.cells, {*id});
    while (rows.next(row)) {
      check_width(rows, row, columns.size());
      add_node(row.cells[*id], row.line);
      put_cells(raw_.nodes, columns, row.cells);
    }
  }

  int32_t add_node(const std::string& id, size_t line) {
    raw_.add_node(line);
    const auto number = static_cast<int32_t>(raw_.node_ids.size());
    if (id.empty()) throw Error(ErrorKind::kData, "a node without an id", raw_.nodes.place_of(line));
    const auto [first, is_new] = numbers_.emplace(id, number);
    if (!is_new) {
      throw Error(ErrorKind::kData,
                  "node '" + printable(id) + "' is there twice; before it stood in " +
                      raw_.nodes.place(static_cast<size_t>(first->second)),
                  raw_.nodes.place_of(line));
    }
    raw_.node_ids.push_back(id);
    return number;
  }

  int32_t node_of(const std::string& id, size_t line) {
    const auto found = numbers_.find(id);
    if (found != numbers_.end()) return found->second;
    if (!nodes_) return add_node(id, line);
    throw Error(ErrorKind::kData,
                "an edge to node '" + printable(id) + "', which " + nodes_->file + " does not have",
                raw_.edges.place_of(line));
  }

  void read_edges() {
    check_text(edges_.text, edges_.file);
    TableRows rows(edges_.text, edges_.file, options_.limits.columns);
    CsvRow first, row;
    if (!rows.next(first)) throw Error(ErrorKind::kData, "is empty", edges_.file);
    const bool more = rows.next(row);
    const auto header =
        edge_header(first.cells, more ? row.cells : Cells(), rows.place(first.line), options_);
    if (!header) fail_kind(edges_, first.cells);
    check_names(header->names, rows.place(first.line));
    const auto columns = add_columns(raw_.edges, header->names, {header->source, header->target});
    const auto use = [&](const CsvRow& edge) {
      check_width(rows, edge, columns.size());
      const int32_t from = node_of(edge.cells[header->source], edge.line);
      const int32_t to = node_of(edge.cells[header->target], edge.line);
      raw_.add_edge(from, to, edge.line);
      put_cells(raw_.edges, columns, edge.cells);
    };
    if (!header->is_row) use(first);
    if (more) use(row);
    while (rows.next(row)) use(row);
  }

  /// Nodes without a table have no order but that of their ids.
  void sort_nodes() {
    std::vector<int32_t> order(raw_.node_ids.size()), rank(order.size());
    std::iota(order.begin(), order.end(), 0);
    const auto id = [&](int32_t node) -> std::string& { return raw_.node_ids[static_cast<size_t>(node)]; };
    std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return natural_less(id(a), id(b)); });
    std::vector<std::string> sorted;
    for (size_t i = 0; i < order.size(); ++i) {
      rank[static_cast<size_t>(order[i])] = static_cast<int32_t>(i);
      sorted.push_back(std::move(id(order[i])));
    }
    raw_.node_ids = std::move(sorted);
    for (auto* ends : {&raw_.source, &raw_.target})
      for (int32_t& end : *ends) end = rank[static_cast<size_t>(end)];
  }

  const GraphTable& edges_;
  const std::optional<GraphTable>& nodes_;
  const GraphReadOptions& options_;
  RawGraphs raw_;
  TextMap<int32_t> numbers_;
};

}  // namespace

bool has_node_ids(const GraphTable& table, const GraphReadOptions& options) {
  CsvRow first;
  return TableRows(table.text, table.file, options.limits.columns).next(first) &&
         id_column(first.cells, options);
}

TableKind kind_of_table(const GraphTable& table, const GraphReadOptions& options) {
  TableRows rows(table.text, table.file, options.limits.columns);
  CsvRow first, second;
  if (!rows.next(first)) throw Error(ErrorKind::kData, "is empty", table.file);
  if (!rows.next(second)) second.cells.clear();
  const bool has_ends = source_column(first.cells, options) && target_column(first.cells, options);
  if (!has_ends && smiles_column(first.cells, options)) return TableKind::kMolecules;
  if (!has_ends && !id_column(first.cells, options) && sphere::has_points(first.cells))
    return TableKind::kSignals;
  if (edge_header(first.cells, second.cells, rows.place(first.line), options)) return TableKind::kEdges;
  if (!id_column(first.cells, options)) fail_kind(table, first.cells);
  return TableKind::kNodes;
}

GraphSet read_graph_tables(const GraphTable& edges, const std::optional<GraphTable>& nodes,
                           const GraphReadOptions& options) {
  return TableReader(edges, nodes, options).read();
}

}  // namespace heed::graph
