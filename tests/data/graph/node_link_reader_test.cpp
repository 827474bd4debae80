// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/node_link_reader.h"

#include <cmath>

#include "tests/core/kept_log.h"
#include "tests/data/graph/graph_fixtures.h"

namespace heed::graph {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::refusal;
using testing::sound;
using testing::values_of;

GraphSet read_json(const std::string& json, const GraphReadOptions& options = {}) {
  return sound([&] { return parse_node_link(json, "g.json", options); });
}
std::string json_failure(const std::string& json) {
  return refusal([&] { read_json(json); });
}

TEST(NodeLinkReader, ReadsWhatNetworkxWrites) {
  const GraphSet set = read_json(R"({"directed": true, "multigraph": true, "graph": {"name": "g"},
    "nodes": [{"id": 1, "age": 2, "kind": "a", "label": "x", "split": "train"},
              {"id": "1", "age": 3.5, "kind": null, "label": "y", "split": "test"},
              {"id": true, "age": -1, "kind": "5", "label": "x", "split": null}],
    "links": [{"source": 1, "target": "1", "key": 0, "weight": 0.5}, {"source": true, "target": true, "key": 0, "weight": 1}]})");
  EXPECT_THAT(set.node_ids, ElementsAre("1", "1", "true"));
  EXPECT_THAT(set.source, ElementsAre(0, 2));
  EXPECT_THAT(set.target, ElementsAre(1, 2));
  EXPECT_TRUE(set.directed);
  EXPECT_THAT(set.node_features.dense, ElementsAre(2, 3.5F, -1));
  EXPECT_THAT(values_of(set.node_categories.at(0)), ElementsAre("a", "", "5"));
  EXPECT_THAT(values_of(set.targets.classes), ElementsAre("x", "y", "x"));
  EXPECT_THAT(set.split, ElementsAre(Split::kTrain, Split::kTest, Split::kNone));
  EXPECT_THAT(set.edge_features.names, ElementsAre("weight"));
  EXPECT_THAT(set.graph_names, ElementsAre("g"));
}

TEST(NodeLinkReader, ReadsArraysOfGraphsWithTheirTargets) {
  const GraphSet set = read_json(R"([{"nodes": [{"id": 0, "x": [1, 2]}], "edges": [], "graph": {"y": 0.25}},
    {"nodes": [{"id": 0, "x": [3, 4]}, {"id": 1, "x": [5, 6]}], "edges": [{"source": 0, "target": 1}], "graph": {"y": null}}])");
  EXPECT_THAT(set.node_ptr, ElementsAre(0, 1, 3));
  EXPECT_FALSE(set.directed);
  EXPECT_THAT(set.node_features.names, ElementsAre("x.0", "x.1"));
  EXPECT_THAT(set.node_features.dense, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(set.targets.level, Level::kGraph);
  EXPECT_EQ(set.targets.numbers.at(0), 0.25);
  EXPECT_TRUE(std::isnan(set.targets.numbers.at(1)));
}

TEST(NodeLinkReader, NestedAttributesAreLeftOutWithANote) {
  LinesOfLog log;
  EXPECT_EQ(read_json(R"({"nodes": [{"id": 0, "pos": {"x": 1}}], "links": []})").nodes(), 1);
  EXPECT_THAT(
      log.notes,
      ElementsAre(HasSubstr("g.json: passed over attributes that are neither texts nor numbers: pos")));
}

TEST(NodeLinkReader, FaultsNameTheEntry) {
  EXPECT_EQ(json_failure(R"({"nodes": [{"id": 0}], "links": [{"source": 0, "target": "0"}]})"),
            "g.json, links[0]: an edge to node \"0\", which is not among the nodes");
  EXPECT_EQ(json_failure(
                R"([{"nodes": [{"id": 0}], "edges": []}, {"nodes": [{"id": 0}, {"id": 0}], "edges": []}])"),
            "g.json, graph 1, nodes[1]: node 0 is there twice; before it was nodes[0]");
  EXPECT_EQ(json_failure(R"({"nodes": [{"name": 0}], "links": []})"),
            "g.json, nodes[0]: \"id\" must be a text or a number");
  EXPECT_EQ(json_failure(R"({"nodes": [3], "links": []})"), "g.json, nodes[0]: must be an object");
  EXPECT_THAT(json_failure(R"({"a": 1})"), HasSubstr("g.json: is no node-link JSON"));
  EXPECT_THAT(json_failure(R"({"nodes": []})"), HasSubstr("\"edges\" must be an array"));
  EXPECT_THAT(json_failure("{\"nodes\": [\n{\"id\": 0, \"x\": NaN}]}"),
              HasSubstr("g.json, line 2: is not valid JSON: NaN"));
  EXPECT_THAT(json_failure("{\"nodes\": [\n"), HasSubstr("is not valid JSON"));
  EXPECT_THAT(json_failure(std::string(5000, '[')), HasSubstr("nested more than 16 deep"));
  EXPECT_THAT(json_failure(R"({"nodes": [{"id": 0, "x": 1}, {"id": 1, "x": 1e999}], "links": []})"),
              HasSubstr("is not valid JSON"));
  EXPECT_THAT(json_failure(R"({"nodes": [{"id": 0, "x": 1}, {"id": 1}], "links": []})"),
              HasSubstr("g.json, nodes[1]: column 'x' has no value"));
}

}  // namespace
}  // namespace heed::graph
