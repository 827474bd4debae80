// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/checks.h"
#include "fuzz/promises.h"

#include "heed/data/graph/graph_counts.h"
#include "heed/data/graph/graph_schema.h"
#include "heed/data/graph/graphml_reader.h"
#include "heed/data/graph/node_link_reader.h"
#include "heed/data/graph/npy.h"
#include "heed/data/graph/npz_reader.h"
#include "heed/data/graph/sdf_reader.h"
#include "heed/data/graph/smiles_reader.h"
#include "heed/data/graph/table_reader.h"
#include "heed/data/graph/tensor_reader.h"
#include "heed/data/graph/xyz_reader.h"
#include "heed/data/text/line_reader.h"

namespace heed::fuzz {
namespace {

std::string_view graph_text(std::span<const std::byte> file) {
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

text::LineReader graph_lines(std::span<const std::byte> file) {
  return {
      std::make_unique<std::istringstream>(std::string(graph_text(file))), kName, {.max_line_bytes = 4096}};
}

/// Limits under which an input takes no second to check.
graph::GraphReadOptions small_graphs() {
  graph::GraphReadOptions options;
  options.limits = {.graphs = 1000, .nodes = 20'000, .edges = 50'000, .columns = 200, .categories = 1000};
  options.limits.smiles_bytes = 200;
  options.limits.bytes = options.limits.tree_bytes = 1 << 20;
  return options;
}

/// A set keeps its promises, agrees with its own schema, and can be appended to itself.
void check_set(graph::GraphSet set) {
  require(set.flaw().empty(), "a set keeps its promises");
  const graph::GraphCounts counts = graph::count(set);
  require(counts.nodes == set.nodes() && counts.edges == set.edges(), "nodes and edges are counted");
  require(counts.smallest_degree <= counts.largest_degree, "degrees are in order");
  const auto codes = set.node_categories;
  graph::conform(set, graph::schema_of(set), graph::RowPlaces::numbered(kName));
  for (size_t i = 0; i < codes.size(); ++i)
    require(set.node_categories[i].codes == codes[i].codes, "its own schema changes no codes");
  const int64_t nodes = set.nodes();
  graph::append(set, set, kName);
  require(set.flaw().empty() && set.nodes() == 2 * nodes, "a set can be appended");
}

template <class Read>
void check_graphs(const Read& read) {
  graph::GraphSet set;
  if (accepts(ErrorKind::kData, [&] { set = read(small_graphs()); })) check_set(std::move(set));
}

}  // namespace

/// The table of edges, and after a zero byte perhaps that of the nodes.
void check_graph_tables(std::span<const std::byte> file) {
  const std::string_view text = graph_text(file);
  const size_t end = text.find('\0');
  const graph::GraphTable edges{kName, std::string(text.substr(0, end))};
  std::optional<graph::GraphTable> nodes;
  if (end != std::string_view::npos) nodes = graph::GraphTable{kName, std::string(text.substr(end + 1))};
  accepts(ErrorKind::kData, [&] { graph::kind_of_table(edges, small_graphs()); });
  check_graphs([&](const auto& options) { return graph::read_graph_tables(edges, nodes, options); });
}

void check_sdf(std::span<const std::byte> file) {
  check_graphs([&](const auto& options) { return graph::read_sdf(graph_lines(file), options); });
}

/// Lines or a table; refused as a whole where heed was built without RDKit.
void check_smiles(std::span<const std::byte> file) {
  const graph::GraphTable table{kName, std::string(graph_text(file))};
  check_graphs([&](const auto& options) { return graph::read_smiles(table, options); });
}

void check_xyz(std::span<const std::byte> file) {
  check_graphs([&](const auto& options) { return graph::read_xyz(graph_lines(file), options); });
}

void check_graphml(std::span<const std::byte> file) {
  check_graphs([&](const auto& options) { return graph::parse_graphml(graph_text(file), kName, options); });
}

void check_node_link(std::span<const std::byte> file) {
  check_graphs([&](const auto& options) { return graph::parse_node_link(graph_text(file), kName, options); });
}

void check_graph_tensors(std::span<const std::byte> file) {
  const std::vector<std::byte> bytes(file.begin(), file.end());
  check_graphs([&](const auto& options) { return graph::parse_graph_tensors(bytes, kName, options); });
}

/// An archive; and the same bytes as one array, as the checksums of an archive keep most changes out.
void check_npz(std::span<const std::byte> file) {
  check_graphs([&](const auto& options) {
    return graph::read_npz(std::make_unique<std::istringstream>(std::string(graph_text(file))), kName,
                           options);
  });
  accepts(ErrorKind::kData, [&] {
    const graph::NpyArray array = graph::parse_npy(file, kName);
    require(array.bytes.size() < file.size(), "an array has a header");
    if (array.is_text()) require(array.texts(kName).size() <= array.bytes.size(), "texts lie in the file");
  });
}

}  // namespace heed::fuzz
