// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/graphml_reader.h"

#include <cmath>

#include "tests/data/graph/graph_fixtures.h"

namespace heed::graph {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::names_of;
using testing::refusal;
using testing::sound;
using testing::values_of;

GraphSet read_xml(const std::string& body, const GraphReadOptions& options = {}) {
  return sound([&] {
    return parse_graphml(
        "<?xml version=\"1.0\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n" + body +
            "</graphml>",
        "g.graphml", options);
  });
}
std::string xml_failure(const std::string& body) {
  return refusal([&] { read_xml(body); });
}

constexpr const char* kKeys =
    R"(<key id="d0" for="node" attr.name="age" attr.type="double"><default>7</default></key>
<key id="d1" for="node" attr.name="zip" attr.type="string"/>
<key id="d2" for="edge" attr.name="weight" attr.type="float"/>
<key id="d3" for="graph" attr.name="y" attr.type="double"/>
<key id="d4" for="node" yfiles.type="nodegraphics"/>
)";

TEST(GraphmlReader, ReadsGraphsWithTheAttributesOfTheirKeys) {
  const GraphSet set = read_xml(std::string(kKeys) + R"(<graph id="first" edgedefault="undirected">
<data key="d3">1.5</data>
<node id="a"><data key="d1"> 0123 &amp; </data><data key="d4"><x>1</x></data></node>
<node id="b"><data key="d0">2</data><data key="d1">9</data></node>
<edge source="a" target="b"><data key="d2">0.5</data></edge></graph>
<graph id="second" edgedefault="undirected"><node id="a"/></graph>)");
  EXPECT_THAT(set.graph_names, ElementsAre("first", "second"));
  EXPECT_THAT(set.node_ids, ElementsAre("a", "b", "a"));
  EXPECT_FALSE(set.directed);
  EXPECT_THAT(set.node_features.dense, ElementsAre(7, 2, 7));
  EXPECT_THAT(names_of(set.node_categories), ElementsAre("zip"));
  EXPECT_THAT(values_of(set.node_categories[0]), ElementsAre("0123 &", "9", ""));
  EXPECT_THAT(set.edge_features.dense, ElementsAre(0.5F));
  EXPECT_EQ(set.targets.numbers.at(0), 1.5);
  EXPECT_TRUE(std::isnan(set.targets.numbers.at(1)));
}

TEST(GraphmlReader, MixedEdgesBecomeDirected) {
  const GraphSet set = read_xml(R"(<graph edgedefault="undirected"><node id="a"/><node id="b"/>
<edge source="a" target="b"/><edge source="a" target="b" directed="true"/><edge source="b" target="b"/></graph>)");
  EXPECT_TRUE(set.directed);
  EXPECT_THAT(set.source, ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(set.target, ElementsAre(1, 0, 1, 1));
}

TEST(GraphmlReader, FaultsAreNamedByLine) {
  EXPECT_EQ(xml_failure("<graph>\n<node id=\"a\"/>\n<edge source=\"a\" target=\"b\"/></graph>"),
            "g.graphml, line 5: an edge to node 'b', which is not in its graph");
  EXPECT_EQ(xml_failure("<graph><node id=\"a\"/>\n<node id=\"a\"/></graph>"),
            "g.graphml, line 4: node 'a' is there twice");
  EXPECT_EQ(xml_failure("<graph><node/></graph>"), "g.graphml, line 3: <node> has no id");
  EXPECT_EQ(xml_failure("<graph><node id=\"a\"><graph/></node></graph>"),
            "g.graphml, line 3: node 'a' holds a graph; nested graphs are not read");
  EXPECT_EQ(xml_failure("<graph><hyperedge/></graph>"), "g.graphml, line 3: hyperedges are not read");
  EXPECT_EQ(xml_failure("<graph><node id=\"a\"><data key=\"k\">1</data></node></graph>"),
            "g.graphml, line 3: key 'k' is not declared");
  EXPECT_EQ(xml_failure(""), "g.graphml: has no <graph>");
  EXPECT_THAT(xml_failure("<graph>"), HasSubstr("is not valid XML"));
  EXPECT_THAT(refusal([] { parse_graphml("<html/>", "g.graphml", {}); }),
              HasSubstr("its root must be <graphml>"));
  EXPECT_THAT(
      xml_failure(std::string(kKeys) + "<graph><node id=\"a\"><data key=\"d0\">x1</data></node></graph>"),
      HasSubstr("line 8: 'age' must be a number, got 'x1'"));
}

}  // namespace
}  // namespace heed::graph
