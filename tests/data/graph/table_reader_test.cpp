// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/table_reader.h"

#include <cmath>

#include "tests/data/graph/graph_fixtures.h"

#include "heed/data/graph/graph_schema.h"

namespace heed::graph {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::names_of;
using testing::refusal;
using testing::sound;
using testing::values_of;

GraphSet read(const std::string& edges, const std::optional<std::string>& nodes = std::nullopt,
              const GraphReadOptions& options = {}) {
  std::optional<GraphTable> table;
  if (nodes) table = GraphTable{"n.csv", *nodes};
  return sound([&] { return read_graph_tables({"e.csv", edges}, table, options); });
}
std::string failure(const std::string& edges, const std::optional<std::string>& nodes = std::nullopt,
                    const GraphReadOptions& options = {}) {
  return refusal([&] { read(edges, nodes, options); });
}

constexpr const char* kEdges = "source,target\na,b\nb,c\n";

TEST(GraphTables, NodesGiveFeaturesCategoriesLabelsAndSplits) {
  const GraphSet set = read(kEdges,
                            "id,age,town,label,split\n"
                            "c,1.5,\"Ulm, Danube\",x,train\n"
                            "b,-2e3,Bonn,y,val\n"
                            "a,+3,,,test\n");
  EXPECT_THAT(set.node_ids, ElementsAre("c", "b", "a"));
  EXPECT_THAT(set.source, ElementsAre(2, 1));
  EXPECT_THAT(set.target, ElementsAre(1, 0));
  EXPECT_TRUE(set.directed);
  EXPECT_THAT(set.node_features.names, ElementsAre("age"));
  EXPECT_THAT(set.node_features.dense, ElementsAre(1.5F, -2000.F, 3.F));
  EXPECT_THAT(values_of(set.node_categories.at(0)), ElementsAre("Ulm, Danube", "Bonn", ""));
  EXPECT_THAT(values_of(set.targets.classes), ElementsAre("x", "y", ""));
  EXPECT_EQ(set.targets.level, Level::kNode);
  EXPECT_EQ(set.split_level, Level::kNode);
  EXPECT_THAT(set.split, ElementsAre(Split::kTrain, Split::kValid, Split::kTest));
}

TEST(GraphTables, WithoutNodesTheEndsStandInNaturalOrder) {
  const GraphSet set = read("u\tv\n10\t9\n9\t100\n");
  EXPECT_THAT(set.node_ids, ElementsAre("9", "10", "100"));
  EXPECT_THAT(set.source, ElementsAre(1, 0));
  EXPECT_THAT(set.target, ElementsAre(0, 2));
}

TEST(GraphTables, ListsWithoutAHeaderAreEdges) {
  EXPECT_THAT(read("# a comment, with \"quotes\n% another\n0 1\n1   2\n\n2\t0\n").source,
              ElementsAre(0, 1, 2));
  const GraphSet weighted = read("a,b,0.5\nb,a,2\n");
  EXPECT_THAT(weighted.edge_features.names, ElementsAre("weight"));
  EXPECT_THAT(weighted.edge_features.dense, ElementsAre(0.5F, 2.F));
  EXPECT_THAT(names_of(read("a,b,likes\nb,a,knows\n").edge_categories), ElementsAre("type"));
  EXPECT_EQ(read("a,b").edges(), 1);
}

TEST(GraphTables, UnknownHeadersAreNotEdges) {
  EXPECT_THAT(failure("Start Here,End There\n1,2\n"),
              HasSubstr("e.csv, line 1: this line looks like a header"));
  EXPECT_EQ(read("Start Here,End There\n1,2\n", std::nullopt, {.source = "Start Here", .target = "End There"})
                .edges(),
            1);
  EXPECT_THAT(failure("a,b,c,d\n1,2,3,4\n"), HasSubstr("e.csv: is neither a table of edges"));
}

TEST(GraphTables, ByteOrderMarksCarriageReturnsAndQuotesAreRead) {
  const GraphSet set = read("\xEF\xBB\xBFSource;Target;Type\r\n\"a\"\"b\";x;\"two\r\nlines\"\r\nx;x;\r\n");
  EXPECT_THAT(set.node_ids, ElementsAre("a\"b", "x"));
  EXPECT_THAT(values_of(set.edge_categories.at(0)), ElementsAre("two\r\nlines", ""));
}

TEST(GraphTables, EdgesHaveTypesAndNumbers) {
  const GraphSet set = read("id,from,to,relation,km\n7,a,b,1,0.25\n8,b,a,2,1\n");
  EXPECT_THAT(values_of(set.edge_categories.at(0)), ElementsAre("1", "2"));
  EXPECT_THAT(set.edge_features.names, ElementsAre("km"));
  EXPECT_THAT(set.edge_features.dense, ElementsAre(0.25F, 1.F));
}

TEST(GraphTables, RowsThatDoNotFitAreNamed) {
  EXPECT_EQ(failure("source,target\na,b\na,b,c\n"), "e.csv, line 3: has 3 columns, the first row has 2");
  EXPECT_EQ(failure(kEdges, "id\na\nb\nc\nb\n"),
            "n.csv, line 5: node 'b' is there twice; before it stood in n.csv, line 3");
  EXPECT_EQ(failure(kEdges, "id\na\nb\n"), "e.csv, line 3: an edge to node 'c', which n.csv does not have");
  EXPECT_EQ(failure(kEdges, "id,x\na,1\n,2\n"), "n.csv, line 3: a node without an id");
  EXPECT_EQ(failure("source,target,x,x\na,b,1,2\n"), "e.csv, line 1: two columns have the name 'x'");
  EXPECT_EQ(failure(""), "e.csv: is empty");
  EXPECT_THAT(failure("source,target\na,\"b\n"), HasSubstr("e.csv, line 2: the quote is not closed"));
  EXPECT_THAT(failure("source,target\na,b\n\xFF,c\n"), HasSubstr("e.csv, line 3: byte 0xFF in column 1"));
  EXPECT_THAT(failure(std::string("source,target\na\0,b\n", 19)),
              HasSubstr("line 2: a zero byte in column 2"));
}

TEST(GraphTables, FeaturesMustBeFiniteAndThere) {
  EXPECT_EQ(failure(kEdges, "id,x\na,1\nb,nan\nc,2\n"),
            "n.csv, line 3: column 'x' must be finite, got 'nan'");
  EXPECT_EQ(failure(kEdges, "id,x\na,1\nb,1e39\nc,2\n"),
            "n.csv, line 3: column 'x' must be finite, got '1e39'");
  EXPECT_THAT(failure(kEdges, "id,x\na,1\nb,\nc,2\n"), HasSubstr("n.csv, line 3: column 'x' has no value"));
  EXPECT_THAT(read(kEdges, "id,x\na,1\nb,\nc,2\n", {.ignore = {"x"}}).node_features.width, 0);
}

TEST(GraphTables, LabelsAreClassesOrNumbers) {
  EXPECT_THAT(read(kEdges, "id,y\na,10\nb,9\nc,nan\n").targets.classes.values, ElementsAre("9", "10"));
  const Targets numbers = read(kEdges, "id,y\na,1\nb,0.5\nc,\n").targets;
  EXPECT_THAT(numbers.names, ElementsAre("y"));
  EXPECT_EQ(numbers.numbers.at(1), 0.5);
  EXPECT_TRUE(std::isnan(numbers.numbers.at(2)));
  EXPECT_FALSE(numbers.has_classes());
  EXPECT_THAT(read(kEdges, "id,y\na,1\nb,2\nc,3\n", {.target_kind = "numbers"}).targets.names,
              ElementsAre("y"));
  EXPECT_EQ(failure(kEdges, "id,y\na,1.5\nb,inf\nc,3\n"),
            "n.csv, line 3: column 'y' must be finite or missing, got 'inf'");
  EXPECT_THAT(failure(kEdges, "id\na\nb\nc\n", {.label = "kind"}),
              HasSubstr("has no column 'kind' of labels"));
}

TEST(GraphTables, SplitsAreWordsOrMasks) {
  EXPECT_THAT(read(kEdges, "id,train_mask,val_mask\na,1,0\nb,False,True\nc,0,\n").split,
              ElementsAre(Split::kTrain, Split::kValid, Split::kNone));
  EXPECT_THAT(failure(kEdges, "id,split\na,train\nb,later\nc,\n"),
              HasSubstr("n.csv, line 3: the split 'later' is unknown"));
  EXPECT_THAT(failure(kEdges, "id,train_mask,test_mask\na,1,1\nb,0,0\nc,0,0\n"), HasSubstr("second split"));
  EXPECT_THAT(failure(kEdges, "id,x\na,1\nb,0\nc,0\n", {.split = "part"}),
              HasSubstr("has no column 'part' of splits"));
}

TEST(GraphTables, NamedColumnsAreUsedAndOthersOfTheirKindAreNot) {
  const std::string nodes = "id,a,b,c,d\na,1,2,x,p\nb,3,4,y,q\nc,5,6,z,r\n";
  const GraphSet set = read(kEdges, nodes, {.features = {"b"}, .categories = {"a", "d"}});
  EXPECT_THAT(set.node_features.dense, ElementsAre(2, 4, 6));
  EXPECT_THAT(names_of(set.node_categories), ElementsAre("a", "d"));
  EXPECT_THAT(failure(kEdges, nodes, {.features = {"e"}}),
              HasSubstr("has no column 'e'; there are a, b, c, d"));
  const GraphSet targets = read(kEdges, nodes, {.targets = {"b", "a"}});
  EXPECT_THAT(targets.targets.names, ElementsAre("b", "a"));
  EXPECT_THAT(targets.targets.numbers, ElementsAre(2, 1, 4, 3, 6, 5));
}

TEST(GraphTables, AModelsSchemaDecidesAndRefusesByLine) {
  const GraphSchema schema = schema_of(read(kEdges, "id,town,age,label\na,Ulm,1,x\nb,Bonn,2,y\nc,Ulm,3,x\n"));
  GraphReadOptions options;
  options.schema = schema;
  const GraphSet set = read(kEdges, "id,more,age,town\na,?,7,Bonn\nb,?,8,Ulm\nc,?,9,Ulm\n", options);
  EXPECT_THAT(set.node_categories.at(0).codes, ElementsAre(0, 1, 1));
  EXPECT_THAT(set.node_features.dense, ElementsAre(7, 8, 9));
  EXPECT_FALSE(set.targets.has_classes());
  EXPECT_EQ(failure(kEdges, "id,age,town\na,7,Bonn\nb,8,Rome\nc,9,Ulm\n", options),
            "n.csv, line 3: column 'town' has 'Rome', which the model does not know; it knows Bonn, Ulm");
  EXPECT_THAT(failure(kEdges, "id,town\na,Ulm\nb,Ulm\nc,Ulm\n", options), HasSubstr("has no column 'age'"));
}

TEST(GraphTables, LimitsAreNamed) {
  GraphReadOptions options;
  options.limits.nodes = 2;
  EXPECT_EQ(failure(kEdges, std::nullopt, options), "e.csv, line 3: more than 2 nodes");
  options = {};
  options.limits.edges = 1;
  EXPECT_EQ(failure(kEdges, std::nullopt, options), "e.csv, line 3: more than 1 edges");
  options = {};
  options.limits.columns = 1;
  EXPECT_EQ(failure(kEdges, std::nullopt, options), "e.csv, line 1: more than 1 columns");
  options = {};
  options.limits.categories = 2;
  EXPECT_THAT(failure(kEdges, "id,title\na,x\nb,y\nc,z\n", options),
              HasSubstr("n.csv, line 4: column 'title' has more than 2 different values"));
}

TEST(GraphTables, DirectionFollowsTheOption) {
  EXPECT_FALSE(read(kEdges, std::nullopt, {.directed = "no"}).directed);
  EXPECT_TRUE(read(kEdges, std::nullopt, {.directed = "yes"}).directed);
}

TEST(GraphTables, KindsFollowFromTheFirstRow) {
  EXPECT_EQ(kind_of_table({"a", "source,target\n"}, {}), TableKind::kEdges);
  EXPECT_EQ(kind_of_table({"a", "id,x\n"}, {}), TableKind::kNodes);
  EXPECT_EQ(kind_of_table({"a", "id,source,target\n"}, {}), TableKind::kEdges);
  EXPECT_EQ(kind_of_table({"a", "paper,x,y\n"}, {.id = "paper"}), TableKind::kNodes);
}

}  // namespace
}  // namespace heed::graph
