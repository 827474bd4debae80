// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/tensor_reader.h"

#include <utility>

#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/data/graph/citation_tensors.h"
#include "heed/data/graph/graph_set_maker.h"
#include "heed/data/graph/molecule_tensors.h"
#include "heed/data/graph/prepared_graphs.h"
#include "heed/data/graph/signal_graphs.h"
#include "heed/data/tensor_file.h"

namespace heed::graph {
namespace {

/// A layout: the tensor by which it is known, and its reader.
struct TensorLayout {
  const char* mark;
  GraphSet (*read)(const Safetensors&, const GraphReadOptions&);
};
constexpr TensorLayout kLayouts[] = {{"edge_index", read_citation_tensors},
                                     {"node_ptr", read_prepared_graphs},
                                     {"points", read_signal_tensors},
                                     {"atom_ptr", read_molecule_tensors}};

GraphSet read_layout(const Safetensors& file, const GraphReadOptions& options) {
  for (const auto& layout : kLayouts) {
    if (!file.contains(layout.mark)) continue;
    GraphSet set = layout.read(file, options);
    finish_set(set, options, RowPlaces::numbered(file.name()));
    return set;
  }
  std::vector<std::string> names;
  for (const auto& [name, tensor] : file.tensors()) {
    if (names.size() == 8) break;
    names.push_back(name);
  }
  throw Error(ErrorKind::kData,
              "holds no graphs: 'edge_index', 'atom_ptr', 'node_ptr' and 'points' are not among its tensors" +
                  (names.empty() ? "" : " (" + comma_list(names) + ")"),
              file.name());
}

}  // namespace

GraphSet parse_graph_tensors(std::vector<std::byte> file, const std::string& name,
                             const GraphReadOptions& options) {
  GraphSet set;
  parse_tensor_file(std::move(file), name,
                    [&](const Safetensors& tensors) { set = read_layout(tensors, options); });
  return set;
}

GraphSet read_graph_tensors(const std::filesystem::path& path, const GraphReadOptions& options) {
  GraphSet set;
  read_tensor_file(path, options.limits.bytes,
                   [&](const Safetensors& tensors) { set = read_layout(tensors, options); });
  return set;
}

}  // namespace heed::graph
