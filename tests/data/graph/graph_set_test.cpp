// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/graph_set.h"

#include <cmath>
#include <limits>

#include "tests/data/graph/graph_fixtures.h"

#include "heed/data/graph/categories.h"
#include "heed/data/graph/graph_counts.h"
#include "heed/data/graph/graph_schema.h"

namespace heed::graph {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::refusal;
using testing::values_of;

/// One graph with these edges.
GraphSet graph_of(int64_t nodes, const std::vector<std::pair<int32_t, int32_t>>& edges,
                  bool directed = false) {
  GraphSet set;
  set.node_ptr = {0, nodes};
  set.edge_ptr = {0, std::ssize(edges)};
  for (const auto& [source, target] : edges) {
    set.source.push_back(source);
    set.target.push_back(target);
  }
  set.directed = directed;
  return set;
}

/// A graph without edges, and a category of its nodes.
GraphSet labelled(const std::vector<std::string>& values) {
  GraphSet set = graph_of(std::ssize(values), {});
  CategoryBuilder builder("element");
  for (const auto& value : values) builder.add(value);
  set.node_categories.push_back(std::move(builder).finish());
  return set;
}

TEST(GraphSet, AppendingJoinsDictionariesInNaturalOrder) {
  GraphSet set = labelled({"10", "b", ""});
  append(set, labelled({"b", "10"}), "b.json");
  EXPECT_THAT(set.node_categories[0].values, ElementsAre("10", "b"));
  append(set, labelled({"a", "2", "10"}), "c.json");
  EXPECT_THAT(set.node_categories[0].values, ElementsAre("2", "10", "a", "b"));
  EXPECT_THAT(values_of(set.node_categories[0]), ElementsAre("10", "b", "", "b", "10", "a", "2", "10"));
  EXPECT_THAT(set.node_ptr, ElementsAre(0, 3, 5, 8));
  EXPECT_EQ(set.flaw(), "");
}

TEST(GraphSet, AppendingShiftsNoEdges) {
  GraphSet set = graph_of(2, {{0, 1}});
  append(set, graph_of(0, {}), "empty");
  append(set, graph_of(3, {{2, 0}, {1, 1}}), "b");
  EXPECT_THAT(set.source, ElementsAre(0, 2, 1));
  EXPECT_THAT(set.target, ElementsAre(1, 0, 1));
  EXPECT_THAT(set.edge_ptr, ElementsAre(0, 1, 1, 3));
  EXPECT_EQ(set.flaw(), "");
}

TEST(GraphSet, AppendingNamesTheFileThatDiffers) {
  GraphSet set = labelled({"C"});
  EXPECT_THAT(refusal([&] { append(set, graph_of(1, {}), "b.sdf"); }),
              HasSubstr("b.sdf: its categories of nodes are none; those of the graphs before are element"));
  EXPECT_THAT(refusal([&] {
                GraphSet other = labelled({"C"});
                other.directed = true;
                append(set, other, "c.sdf");
              }),
              HasSubstr("c.sdf: its edges are directed"));
}

TEST(GraphSet, NamesAreKeptOnlyWhereEachGraphHasOne) {
  GraphSet a = graph_of(1, {}), b = graph_of(1, {});
  a.graph_names = {"a"};
  append(a, b, "b");
  EXPECT_TRUE(a.graph_names.empty());
  append(
      a,
      [] {
        GraphSet c = graph_of(1, {});
        c.graph_names = {"c"};
        return c;
      }(),
      "c");
  EXPECT_TRUE(a.graph_names.empty());
  EXPECT_EQ(a.flaw(), "");
}

TEST(GraphSet, FlawsAreFound) {
  EXPECT_EQ(graph_of(2, {{0, 2}}).flaw(), "an edge ends in its graph");
  GraphSet set = labelled({"C"});
  set.node_categories[0].codes[0] = 1;
  EXPECT_EQ(set.flaw(), "codes lie in the dictionary");
  set = graph_of(1, {});
  set.node_features.width = 1;
  EXPECT_EQ(set.flaw(), "each row has its features");
  set.node_features.dense = {std::numeric_limits<float>::quiet_NaN()};
  EXPECT_EQ(set.flaw(), "features are finite");
}

TEST(GraphCounts, CountsWhatATrainerWantsToKnow) {
  // 0 - 1 in both directions, 1 - 2 twice, a self-loop at 3, and 4 alone.
  const GraphCounts counts = count(graph_of(5, {{0, 1}, {1, 0}, {1, 2}, {1, 2}, {3, 3}}, true));
  EXPECT_EQ(counts.both_directions, 2);
  EXPECT_EQ(counts.duplicate_edges, 1);
  EXPECT_EQ(counts.self_loops, 1);
  EXPECT_EQ(counts.isolated_nodes, 2);
  EXPECT_EQ(counts.smallest_degree, 0);
  EXPECT_EQ(counts.largest_degree, 2);
  EXPECT_EQ(counts.line(),
            "5 nodes, 5 edges (2 stored in both directions, 1 self-loops, 1 duplicates), 2 isolated nodes, "
            "degree 0 to "
            "2");
}

TEST(GraphCounts, UndirectedEdgesTouchBothEndsAndGraphsAreApart) {
  GraphSet set = graph_of(2, {{0, 1}});
  append(set, graph_of(2, {{0, 1}}), "b");
  const GraphCounts counts = count(set);
  EXPECT_EQ(counts.duplicate_edges, 0);
  EXPECT_EQ(counts.smallest_degree, 1);
  EXPECT_EQ(counts.line(), "2 graphs, 4 nodes, 2 edges, degree 1 to 1");
  EXPECT_EQ(count(GraphSet()).line(), "0 graphs, 0 nodes, 0 edges, degree 0 to 0");
}

TEST(GraphSchema, GivesTheCodesOfTheModel) {
  GraphSchema schema = schema_of(labelled({"H", "C", "O"}));
  GraphSet set = labelled({"O", ""});
  conform(set, schema, RowPlaces::numbered("b.sdf"));
  EXPECT_THAT(set.node_categories[0].codes, ElementsAre(2, -1));
  EXPECT_THAT(set.node_categories[0].values, ElementsAre("C", "H", "O"));
}

TEST(GraphSchema, UnknownValuesAreRefusedByRowColumnAndValue) {
  const GraphSchema schema = schema_of(labelled({"H", "C", "O"}));
  GraphSet set = labelled({"O", "Xe"});
  EXPECT_EQ(refusal([&] { conform(set, schema, RowPlaces::numbered("b.sdf")); }),
            "b.sdf, node 1: column 'element' has 'Xe', which the model does not know; it knows C, H, O");
  GraphSet bare = graph_of(1, {});
  EXPECT_EQ(refusal([&] { conform(bare, schema, RowPlaces::numbered("b.sdf")); }),
            "b.sdf: has no column 'element', which the model needs");
}

TEST(Categories, NumbersStandBeforeTextsAndByTheirValue) {
  EXPECT_TRUE(natural_less("9", "10"));
  EXPECT_TRUE(natural_less("-1", "0"));
  EXPECT_TRUE(natural_less("10", "9a"));
  EXPECT_TRUE(natural_less("1", "1.0"));
  EXPECT_FALSE(natural_less("1", "1"));
  EXPECT_TRUE(natural_less("1", "nan"));
}

}  // namespace
}  // namespace heed::graph
