// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/graph/graph_tensors.h"

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "heed/attention/edges.h"
#include "heed/tasks/graph/graph_batches.h"
#include "heed/tasks/graph/path_lengths.h"

namespace heed::tasks {
namespace {
using ::testing::ElementsAre;

/// A path of three nodes and a pair: two features, two colours, bonds of two types, one stored loop.
std::shared_ptr<graph::GraphSet> two_graphs() {
  auto set = std::make_shared<graph::GraphSet>();
  set->node_ptr = {0, 3, 5};
  set->edge_ptr = {0, 3, 4};
  set->source = {0, 1, 2, 0};
  set->target = {1, 2, 2, 1};
  set->node_features.width = 2;
  set->node_features.dense = {1, 3, 0, 0, 2, 2, 5, 5, 1, 0};
  set->node_categories = {{"colour", {"blue", "red"}, {0, 1, -1, 1, 0}}};
  set->edge_categories = {{"bond", {"1", "2"}, {1, 0, 0, 1}}};
  return set;
}

std::vector<float> row(const at::Tensor& table, int64_t i) {
  const at::Tensor values = table[i].contiguous();
  return {values.const_data_ptr<float>(), values.const_data_ptr<float>() + values.numel()};
}

/// The edges of packed graphs as "source>target:type".
std::vector<std::string> edges_of(const nn::Graphs& graphs) {
  std::vector<std::string> list;
  const at::Tensor targets = attention::targets_of(graphs.edges);
  for (int64_t e = 0; e < graphs.edges.size(); ++e) {
    list.push_back(std::to_string(graphs.edges.source[e].item<int32_t>()) + ">" +
                   std::to_string(targets[e].item<int64_t>()) + ":" +
                   std::to_string(graphs.edge_types[e].item<int64_t>()));
  }
  return list;
}

TEST(PathLengths, EqualFloydAndWarshall) {
  torch::manual_seed(3);
  constexpr int64_t kNodes = 9, kFar = 1000;
  for (const int64_t count : {0, 4, 8, 20}) {
    std::vector<std::pair<int64_t, int64_t>> edges;
    std::vector<int64_t> expected(kNodes * kNodes, kFar);
    for (int64_t i = 0; i < kNodes; ++i) expected[static_cast<size_t>(i * kNodes + i)] = 0;
    for (int64_t e = 0; e < count; ++e) {
      const auto a = at::randint(kNodes, {1}).item<int64_t>(), b = at::randint(kNodes, {1}).item<int64_t>();
      edges.emplace_back(a, b);
      if (a == b) continue;
      expected[static_cast<size_t>(a * kNodes + b)] = expected[static_cast<size_t>(b * kNodes + a)] = 1;
    }
    const auto at_pair = [&](int64_t i, int64_t j) -> int64_t& {
      return expected[static_cast<size_t>(i * kNodes + j)];
    };
    for (int64_t k = 0; k < kNodes; ++k)
      for (int64_t i = 0; i < kNodes; ++i)
        for (int64_t j = 0; j < kNodes; ++j)
          at_pair(i, j) = std::min(at_pair(i, j), at_pair(i, k) + at_pair(k, j));
    for (auto& length : expected) length = length >= kFar ? -1 : length;
    EXPECT_EQ(path_lengths(kNodes, edges), expected) << count << " edges";
  }
}

TEST(GraphTensors, PairsOfNodesHaveTheLengthOfTheirPath) {
  const GraphTensors tensors(two_graphs(), {});
  const nn::Graphs all = tensors.pack(std::vector<size_t>{1, 0}, nn::Neighbours::kAll);
  EXPECT_TRUE(at::equal(all.path_lengths, at::tensor({0, 1, 1, 0, 0, 1, 2, 1, 0, 1, 2, 1, 0}, at::kLong)));
  EXPECT_FALSE(tensors.pack(std::vector<size_t>{0}, nn::Neighbours::kEdges).path_lengths.defined());
}

TEST(GraphTensors, NumbersThenAColumnForEachCategory) {
  const GraphTensors tensors(two_graphs(), {});
  EXPECT_EQ(tensors.domain().features, 4);
  EXPECT_EQ(tensors.domain().edge_features, 2);
  EXPECT_EQ(tensors.domain().edge_types, 3) << "two bonds, and none";
  const nn::Graphs packed = tensors.pack(std::vector<size_t>{1, 0}, nn::Neighbours::kEdges);
  EXPECT_EQ(packed.count(), 2);
  EXPECT_THAT(row(packed.features.dense, 0), ElementsAre(5, 5, 0, 1));
  EXPECT_THAT(row(packed.features.dense, 4), ElementsAre(2, 2, 0, 0)) << "no colour";
  EXPECT_TRUE(at::equal(packed.begin, at::tensor({0, 2, 5}, at::kLong)));
}

TEST(GraphTensors, EdgesWithoutDirectionGoBothWaysAndKeepTheirTypes) {
  const GraphTensors tensors(two_graphs(), {});
  const nn::Graphs packed = tensors.pack(std::vector<size_t>{0, 1}, nn::Neighbours::kEdges);
  EXPECT_THAT(edges_of(packed), ElementsAre("1>0:2", "0>1:2", "2>1:1", "1>2:1", "2>2:1", "4>3:2", "3>4:2"));
  EXPECT_THAT(row(packed.edge_features, 0), ElementsAre(0, 1));
}

TEST(GraphTensors, SelfLoopsTakeThePlaceOfStoredOnes) {
  const GraphTensors tensors(two_graphs(), {.self_loops = true});
  const nn::Graphs packed = tensors.pack(std::vector<size_t>{0}, nn::Neighbours::kEdges);
  EXPECT_THAT(edges_of(packed), ElementsAre("1>0:2", "0>0:0", "0>1:2", "2>1:1", "1>1:0", "1>2:1", "2>2:0"));
  EXPECT_THAT(row(packed.edge_features, 1), ElementsAre(0, 0));
  EXPECT_THAT(tensors.edge_rows(std::vector<size_t>{0}, nn::Neighbours::kEdges),
              ElementsAre(0, -1, 0, 1, -1, 1, -1));
}

TEST(GraphTensors, AllPairsHaveTheTypeOfTheirEdgeOrNone) {
  const GraphTensors tensors(two_graphs(), {});
  const nn::Graphs packed = tensors.pack(std::vector<size_t>{0, 1}, nn::Neighbours::kAll);
  EXPECT_EQ(packed.edges.size(), 9 + 4);
  EXPECT_THAT(edges_of(packed), ElementsAre("0>0:0", "1>0:2", "2>0:0", "0>1:2", "1>1:0", "2>1:1", "0>2:0",
                                            "1>2:1", "2>2:1", "3>3:0", "4>3:2", "3>4:2", "4>4:0"));
}

TEST(GraphTensors, DirectedEdgesGoOneWay) {
  auto set = two_graphs();
  set->directed = true;
  const nn::Graphs packed = GraphTensors(set, {}).pack(std::vector<size_t>{0}, nn::Neighbours::kEdges);
  EXPECT_THAT(edges_of(packed), ElementsAre("0>1:2", "1>2:1", "2>2:1"));
}

TEST(GraphTensors, RowsAreDividedByTheirSumsDenseAndSparse) {
  auto dense = two_graphs();
  const at::Tensor expected = GraphTensors(dense, {.normalise_rows = true})
                                  .pack(std::vector<size_t>{0, 1}, nn::Neighbours::kEdges)
                                  .features.dense;
  EXPECT_THAT(row(expected, 0), ElementsAre(0.25, 0.75, 1, 0));
  EXPECT_THAT(row(expected, 1), ElementsAre(0, 0, 0, 1)) << "zeros stay";
  auto sparse = two_graphs();
  sparse->node_features = {.width = 2,
                           .names = {},
                           .dense = {},
                           .indptr = {0, 2, 2, 4, 6, 7},
                           .indices = {0, 1, 0, 1, 0, 1, 0},
                           .values = {1, 3, 2, 2, 5, 5, 1}};
  ASSERT_EQ(sparse->flaw(), "");
  const nn::Graphs packed =
      GraphTensors(sparse, {.normalise_rows = true}).pack(std::vector<size_t>{0, 1}, nn::Neighbours::kEdges);
  ASSERT_TRUE(packed.features.is_sparse());
  at::Tensor weight = at::randn({4, 1, 3});
  EXPECT_TRUE(at::allclose(nn::head_products(packed.features, weight, 0),
                           nn::head_products({.dense = expected, .sparse = {}}, weight, 0), 1e-5, 1e-6));
}

TEST(GraphBatches, RowsOfNodesComeWithTheirGraphs) {
  const auto set = two_graphs();
  const auto tensors = std::make_shared<const GraphTensors>(set, GraphTensorOptions{});
  const GraphBatches batches(tensors, *set, graph::Level::kNode, {1, 2, 4}, 1, nn::Neighbours::kEdges);
  EXPECT_EQ(batches.graphs(), 2U);
  EXPECT_EQ(batches.batches(), 2);
  const GraphBatch first = batches.make(0), second = batches.make(1);
  EXPECT_TRUE(at::equal(first.places, at::tensor({1, 2}, at::kLong)));
  EXPECT_TRUE(at::equal(second.places, at::tensor({1}, at::kLong)));
  EXPECT_THAT(second.numbers, ElementsAre(2));
  const GraphBatch turned = batches.make(std::vector<size_t>{1, 0});
  EXPECT_TRUE(at::equal(turned.places, at::tensor({1, 3, 4}, at::kLong)));
  EXPECT_THAT(turned.numbers, ElementsAre(2, 0, 1));
}

TEST(GraphBatches, RowsOfGraphsAreAllOutputs) {
  const auto set = two_graphs();
  const auto tensors = std::make_shared<const GraphTensors>(set, GraphTensorOptions{});
  const GraphBatches batches(tensors, *set, graph::Level::kGraph, {1}, 4, nn::Neighbours::kEdges);
  EXPECT_TRUE(batches.is_one());
  const GraphBatch batch = batches.make(0);
  EXPECT_FALSE(batch.places.defined());
  EXPECT_EQ(batch.graphs.nodes(), 2);
}

}  // namespace
}  // namespace heed::tasks
