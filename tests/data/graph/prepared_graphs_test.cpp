// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/prepared_graphs.h"

#include <cmath>
#include <limits>

#include "tests/data/graph/graph_arrays.h"
#include "tests/data/graph/graph_fixtures.h"

#include "heed/data/graph/graph_schema_json.h"
#include "heed/data/graph/tensor_reader.h"

namespace heed::graph {
namespace {
using ::testing::HasSubstr;
using testing::refusal;
using testing::sound;
using testing::Tensors;

/// Two graphs of three and one node with everything that a set can have.
GraphSet rich_set() {
  GraphSet set;
  set.node_ptr = {0, 3, 4};
  set.edge_ptr = {0, 2, 2};
  set.source = {0, 2}, set.target = {1, 0};
  set.directed = true;
  set.node_features = {.width = 2,
                       .names = {"age", "size"},
                       .dense = {1, 2, 3, 4, 5, 6, 7, 8},
                       .indptr = {},
                       .indices = {},
                       .values = {}};
  set.edge_features = {
      .width = 3, .names = {}, .dense = {}, .indptr = {0, 2, 2}, .indices = {0, 2}, .values = {0.5, -1}};
  set.node_categories = {{"town", {"Bonn", "Köln"}, {1, -1, 0, 0}}, {"empty", {}, {-1, -1, -1, -1}}};
  set.edge_categories = {{"kind", {"a"}, {0, 0}}};
  set.coordinates = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
  set.targets = {Level::kGraph, {"label", {"x", "y"}, {1, -1}}, {"mass", "charge"}, {1.5, NAN, -2, 0}};
  set.split_level = Level::kNode;
  set.split = {Split::kTrain, Split::kNone, Split::kTest, Split::kValid};
  set.node_ids = {"ada", "", "cleo", "d\"é"};
  set.graph_names = {"first", "second"};
  return set;
}

GraphSet reread(const GraphSet& set, const GraphReadOptions& options = {}) {
  return sound([&] { return parse_graph_tensors(format_prepared_graphs(set), "p.safetensors", options); });
}

void expect_equal(const Features& a, const Features& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.names, b.names);
  EXPECT_EQ(a.dense, b.dense);
  EXPECT_EQ(a.indptr, b.indptr);
  EXPECT_EQ(a.indices, b.indices);
  EXPECT_EQ(a.values, b.values);
}

void expect_equal(const Categories& a, const Categories& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.values, b.values);
  EXPECT_EQ(a.codes, b.codes);
}

TEST(PreparedGraphs, ReadBackToTheSameSet) {
  const GraphSet before = rich_set();
  ASSERT_EQ(before.flaw(), "");
  const GraphSet after = reread(before);
  EXPECT_EQ(after.node_ptr, before.node_ptr);
  EXPECT_EQ(after.edge_ptr, before.edge_ptr);
  EXPECT_EQ(after.source, before.source);
  EXPECT_EQ(after.target, before.target);
  EXPECT_TRUE(after.directed);
  expect_equal(after.node_features, before.node_features);
  expect_equal(after.edge_features, before.edge_features);
  ASSERT_EQ(after.node_categories.size(), 2U);
  for (size_t i = 0; i < 2; ++i) expect_equal(after.node_categories[i], before.node_categories[i]);
  ASSERT_EQ(after.edge_categories.size(), 1U);
  expect_equal(after.edge_categories[0], before.edge_categories[0]);
  EXPECT_EQ(after.coordinates, before.coordinates);
  EXPECT_EQ(after.targets.level, Level::kGraph);
  expect_equal(after.targets.classes, before.targets.classes);
  EXPECT_EQ(after.targets.names, before.targets.names);
  EXPECT_EQ(after.targets.numbers[0], 1.5);
  EXPECT_TRUE(std::isnan(after.targets.numbers[1]));
  EXPECT_EQ(after.split_level, Level::kNode);
  EXPECT_EQ(after.split, before.split);
  EXPECT_EQ(after.node_ids, before.node_ids);
  EXPECT_EQ(after.graph_names, before.graph_names);
}

TEST(PreparedGraphs, MayHaveNothingButNodes) {
  GraphSet bare;
  bare.node_ptr = {0, 2};
  bare.edge_ptr = {0, 0};
  const GraphSet after = reread(bare);
  EXPECT_EQ(after.nodes(), 2);
  EXPECT_EQ(after.edges(), 0);
  EXPECT_EQ(after.targets.level, Level::kNone);
  EXPECT_EQ(reread(GraphSet{}).graphs(), 0);
}

TEST(PreparedGraphs, SignalsOnTheSamePointsStoreThemOnce) {
  GraphSet set;
  set.node_ptr = {0, 2, 4, 6};
  set.edge_ptr = {0, 0, 0, 0};
  set.node_features = {
      .width = 1, .names = {"v"}, .dense = {1, 2, 3, 4, 5, 6}, .indptr = {}, .indices = {}, .values = {}};
  set.same_points = true;
  set.coordinates = {0, 0, 1, 0, 1, 0};
  set.point_weights = {0.25, 0.75};
  ASSERT_EQ(set.flaw(), "");
  const GraphSet after = reread(set);
  EXPECT_TRUE(after.same_points);
  EXPECT_EQ(after.coordinates, set.coordinates);
  EXPECT_EQ(after.point_weights, set.point_weights);
  GraphSet twice = after;
  append(twice, set, "p.safetensors");
  EXPECT_EQ(twice.flaw(), "");
  EXPECT_EQ(twice.graphs(), 6);
  set.coordinates[0] = 1;
  EXPECT_THAT(refusal([&] { append(twice, set, "p.safetensors"); }), HasSubstr("other points"));
}

TEST(PreparedGraphs, AFileIsWrittenAndRead) {
  const testing::Files files;
  const auto path = files.path() / "p.safetensors";
  write_prepared_graphs(path, rich_set());
  EXPECT_EQ(sound([&] { return read_graph_tensors(path, {}); }).node_ids, rich_set().node_ids);
}

TEST(PreparedGraphs, FaultsNameTheTensor) {
  const std::string schema = format_schema(schema_of([] {
    GraphSet set;
    set.node_categories = {{"town", {"Bonn"}, {}}};
    return set;
  }()));
  const auto failure = [&](Tensors tensors, const std::string& with) {
    return refusal([&] { parse_graph_tensors(tensors.file({{"heed_graphs", with}}), "p.safetensors", {}); });
  };
  const auto good = [] {
    Tensors tensors;
    using I64 = std::vector<int64_t>;
    using I32 = std::vector<int32_t>;
    tensors.set("node_ptr", {2}, I64{0, 2}).set("edge_ptr", {2}, I64{0, 1});
    tensors.set("source", {1}, I32{0}).set("target", {1}, I32{1});
    return tensors.set("node_category.0", {2}, I32{0, -1});
  };
  EXPECT_EQ(sound([&] {
              return parse_graph_tensors(good().file({{"heed_graphs", schema}}), "p.safetensors", {});
            }).nodes(),
            2);
  EXPECT_THAT(failure(good().set("target", {1}, std::vector<int32_t>{2}), schema),
              HasSubstr("an edge ends in its graph"));
  EXPECT_THAT(failure(good().set("node_category.0", {2}, std::vector<int32_t>{0, 1}), schema),
              HasSubstr("'node_category.0' value 1 must be from -1 to 0"));
  EXPECT_THAT(failure(good().drop("node_category.0"), schema), HasSubstr("node_category.0"));
  EXPECT_THAT(failure(good().set("edge_ptr", {2}, std::vector<int64_t>{0, 3}), schema),
              HasSubstr("'edge_ptr' must end with 1"));
  EXPECT_THAT(failure(good(), "{}"), HasSubstr("does not describe graphs"));
  const std::vector<uint8_t> broken{0xff, 0x61};
  EXPECT_THAT(
      failure(good().set("node_ids", {2}, broken).set("node_ids.ptr", {3}, std::vector<int64_t>{0, 1, 2}),
              schema),
      HasSubstr("'node_ids' must be UTF-8"));
}

}  // namespace
}  // namespace heed::graph
