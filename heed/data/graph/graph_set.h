// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heed::graph {

/// What a target or a split belongs to.
enum class Level { kNone, kNode, kGraph };

enum class Split : uint8_t { kNone, kTrain, kValid, kTest };

/// A column of categories. Row i has the value values[codes[i]]; code -1 means that it has none.
struct Categories {
  std::string name;
  std::vector<std::string> values;  ///< the dictionary: distinct, none empty
  std::vector<int32_t> codes;
};

/// Numbers of nodes or edges, [rows, width]: dense, or CSR where most are zero. All are finite.
struct Features {
  int64_t width = 0;
  std::vector<std::string> names;  ///< of the columns; empty where the file has none
  std::vector<float> dense;        ///< row by row; empty where the features are sparse

  // CSR
  std::vector<int64_t> indptr;   ///< [rows + 1]; empty where the features are dense
  std::vector<int32_t> indices;  ///< columns, ascending in a row
  std::vector<float> values;

  bool sparse() const { return !indptr.empty(); }
};

/// What a model shall predict of each node or of each graph: a class, numbers, or both.
struct Targets {
  Level level = Level::kNone;
  Categories classes;              ///< without codes where there are no classes
  std::vector<std::string> names;  ///< of the numbers
  std::vector<double> numbers;     ///< [rows, names.size()]; NaN where the file has none

  bool has_classes() const { return !classes.codes.empty(); }
};

/// One or many graphs, packed one after the other: graph g has the nodes node_ptr[g] to node_ptr[g + 1] - 1, and
/// likewise edges. What a file does not have is empty.
///
/// `source` and `target` count nodes inside their graph, from 0; edges stand in the order of the file. With
/// `directed`, an edge leads from its source to its target only; a graph that is stored in both directions is directed
/// too, since each direction is an edge of its own. Otherwise each stored edge stands for both directions, as a
/// chemical bond does.
struct GraphSet {
  std::vector<int64_t> node_ptr{0}, edge_ptr{0};  ///< [graphs + 1]
  std::vector<int32_t> source, target;            ///< [edges]
  bool directed = false;

  Features node_features, edge_features;
  std::vector<Categories> node_categories, edge_categories;
  std::vector<float>
      coordinates;  ///< [nodes, 3]; Angstrom in molecules. With same_points [nodes of a graph, 3]

  bool same_points = false;  ///< all graphs have the same points: they are signals on them
  std::vector<float>
      point_weights;  ///< with same_points: the part of the whole that each point stands for; empty: equal parts

  Targets targets;
  Level split_level = Level::kNone;
  std::vector<Split> split;  ///< of each node or graph

  std::vector<std::string> node_ids;     ///< [nodes]
  std::vector<std::string> graph_names;  ///< [graphs]

  int64_t graphs() const { return static_cast<int64_t>(node_ptr.size()) - 1; }
  int64_t nodes() const { return node_ptr.back(); }
  int64_t edges() const { return edge_ptr.back(); }
  /// The number of nodes or graphs.
  int64_t rows(Level level) const;

  /// The first promise of this page that does not hold, in words; "" where all hold.
  std::string flaw() const;
};

/// Adds the graphs of `more` after those of `set`. Dictionaries are joined, and stay in natural order. Throws
/// Error(kData) with `place` if the two differ in columns, in direction, or in what targets and splits belong to. A set
/// without graphs takes any.
void append(GraphSet& set, GraphSet more, const std::string& place);

}  // namespace heed::graph
