// SPDX-License-Identifier: Apache-2.0
#include "heed/models/graph_transformer.h"

#include <vector>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "heed/attention/edges.h"
#include "heed/nn/inference_scope.h"

namespace heed::models {
namespace {

constexpr nn::GraphDomain kMolecules{
    .features = 5, .edge_features = 0, .edge_types = 4, .coordinates = true, .of_graphs = true, .outputs = 3};

GraphTransformerOptions small() {
  return {.d_model = 16, .heads = 4, .layers = 2, .d_ff = 24};
}

/// A graph of all pairs.
struct Molecule {
  at::Tensor features, points, types;  ///< [nodes, 5], [nodes, 3], [nodes, nodes] by target and source

  static Molecule random(int64_t nodes) {
    const at::Tensor some = at::randint(4, {nodes, nodes}, at::kLong);
    return {at::randn({nodes, 5}), at::randn({nodes, 3}) * 2, at::maximum(some, some.t())};
  }
  int64_t nodes() const { return features.size(0); }
  Molecule renumbered(const at::Tensor& order) const {
    return {features.index_select(0, order), points.index_select(0, order),
            types.index_select(0, order).index_select(1, order)};
  }
};

nn::Graphs pack(const std::vector<Molecule>& molecules) {
  std::vector<at::Tensor> features, points, types, sources, targets;
  std::vector<int64_t> begin{0};
  for (const auto& m : molecules) {
    const at::Tensor node = at::arange(m.nodes()) + begin.back();
    features.push_back(m.features);
    points.push_back(m.points);
    types.push_back(m.types.flatten());
    sources.push_back(node.repeat({m.nodes()}));
    targets.push_back(node.repeat_interleave(m.nodes()));
    begin.push_back(begin.back() + m.nodes());
  }
  nn::Graphs graphs;
  graphs.features.dense = at::cat(features);
  graphs.coordinates = at::cat(points);
  graphs.edges = attention::make_edges(at::cat(sources), at::cat(targets), begin.back(), begin.back());
  graphs.edge_types = at::cat(types).index_select(0, graphs.edges.order);
  graphs.begin = at::tensor(begin, at::kLong);
  return graphs;
}

TEST(GraphTransformer, AGraphDoesNotSeeTheOthersOfItsBatch) {
  torch::manual_seed(1);
  GraphTransformer model(kMolecules, small());
  const nn::InferenceScope inference(model);
  const std::vector<Molecule> molecules{Molecule::random(3), Molecule::random(7), Molecule::random(1)};
  const at::Tensor together = model.forward(pack(molecules));
  ASSERT_EQ(together.size(0), 3);
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_TRUE(
        at::allclose(together[i], model.forward(pack({molecules[static_cast<size_t>(i)]}))[0], 1e-4, 1e-5))
        << i;
}

TEST(GraphTransformer, NumberingNodesInAnotherWayChangesNothing) {
  torch::manual_seed(2);
  GraphTransformer model(kMolecules, small());
  const nn::InferenceScope inference(model);
  const Molecule molecule = Molecule::random(9);
  const at::Tensor order = at::randperm(9);
  const nn::Graphs one = pack({molecule}), other = pack({molecule.renumbered(order)});
  EXPECT_TRUE(at::allclose(model.forward(one), model.forward(other), 1e-4, 1e-5));
  EXPECT_TRUE(
      at::allclose(model.embeddings(one).index_select(0, order), model.embeddings(other), 1e-4, 1e-5));
}

/// A rotation, from the QR decomposition of a random matrix.
at::Tensor rotation() {
  const auto [q, r] = at::linalg_qr(at::randn({3, 3}, at::kDouble));
  return q;
}

TEST(GraphTransformer, RotatingAndMovingCoordinatesChangesNothing) {
  torch::manual_seed(3);
  GraphTransformer model(kMolecules, small());
  const nn::InferenceScope inference(model);
  Molecule molecule = Molecule::random(6);
  // Lengths in the middle of their bins: rounding does not push any over an edge.
  molecule.points =
      at::tensor({0.0, 0.0, 0.0, 1.005, 0.0, 0.0, 0.0, 1.235, 0.0, 0.0, 0.0, 1.525}, at::kDouble)
          .view({4, 3});
  molecule = {molecule.features.slice(0, 0, 4), molecule.points,
              molecule.types.slice(0, 0, 4).slice(1, 0, 4)};
  Molecule turned = molecule;
  molecule.points = molecule.points.to(at::kFloat);
  turned.points = (turned.points.matmul(rotation()) + 3).to(at::kFloat);
  EXPECT_TRUE(at::allclose(model.forward(pack({molecule})), model.forward(pack({turned})), 1e-4, 1e-5));
  turned.points[1] *= 1.3;
  EXPECT_FALSE(at::allclose(model.forward(pack({molecule})), model.forward(pack({turned})), 1e-3, 1e-3));
}

TEST(GraphTransformer, TypesOfEdgesMatter) {
  torch::manual_seed(4);
  GraphTransformer model(kMolecules, small());
  const nn::InferenceScope inference(model);
  Molecule molecule = Molecule::random(5);
  const at::Tensor before = model.forward(pack({molecule}));
  molecule.types[1][2] = (molecule.types[1][2] + 1) % 4;
  EXPECT_FALSE(at::allclose(before, model.forward(pack({molecule})), 1e-6, 1e-7));
}

TEST(GraphTransformer, LengthsOfPathsMatterWhereNodesHaveNoCoordinates) {
  torch::manual_seed(4);
  nn::GraphDomain flat = kMolecules;
  flat.coordinates = false;
  const nn::Graphs near = [] {
    nn::Graphs graphs = pack({Molecule::random(5)});
    graphs.path_lengths = at::randint(3, {25}, at::kLong);
    return graphs;
  }();
  nn::Graphs far = near, farther = near;
  far.path_lengths = near.path_lengths.clone();
  far.path_lengths[7] = 8;
  farther.path_lengths = far.path_lengths.clone();
  farther.path_lengths[7] = -1;
  for (const int64_t longest : {0, 5, 8}) {
    auto options = small();
    options.longest_path = longest;
    GraphTransformer model(flat, options);
    const nn::InferenceScope inference(model);
    EXPECT_EQ(at::allclose(model.forward(near), model.forward(far), 1e-6, 1e-7), longest == 0);
    EXPECT_EQ(at::allclose(model.forward(far), model.forward(farther), 1e-6, 1e-7), longest < 8);
  }
}

TEST(GraphTransformer, EveryParameterGetsAGradient) {
  torch::manual_seed(5);
  GraphTransformer model(kMolecules, small());
  model.forward(pack({Molecule::random(6), Molecule::random(4)})).square().sum().backward();
  for (const auto& parameter : model.named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    const bool key_bias = parameter.key().find("joined.bias") != std::string::npos;
    if (!key_bias) EXPECT_GT(parameter.value().grad().abs().sum().item<double>(), 0) << parameter.key();
  }
}

TEST(GraphTransformer, GivesWeightsThatSumToOne) {
  torch::manual_seed(6);
  GraphTransformer model(kMolecules, small());
  const nn::InferenceScope inference(model);
  const nn::Graphs graphs = pack({Molecule::random(4)});
  const at::Tensor weights = model.attended(graphs, 1).weights;
  EXPECT_TRUE(at::allclose(weights.view({4, 4, 4}).sum(1), at::ones({4, 4}), 1e-5, 1e-5));
}

TEST(PairRows, TellShortDistancesApartFinelyAndCutLongOnes) {
  nn::Graphs graphs = pack({Molecule::random(4)});
  graphs.coordinates =
      at::tensor({0.0, 0.0, 0.0, 1.0051, 0.0, 0.0, 50.0, 0.0, 0.0, 80.0, 0.0, 0.0}, at::kFloat).view({4, 3});
  const nn::PairRows rows = nn::pair_rows(graphs, kMolecules, 12);
  const at::Tensor lengths = rows.distance.index_select(0, rows.row.to(at::kLong)).view({4, 4});
  EXPECT_NEAR(lengths[0][1].item<double>(), 1.005, 1e-5);
  EXPECT_EQ(lengths[0][2].item<double>(), lengths[0][3].item<double>());
  EXPECT_NEAR(lengths[0][3].item<double>(), 12, 0.05);
  EXPECT_LT(rows.type.size(0), graphs.edges.size()) << "edges share rows";
}

}  // namespace
}  // namespace heed::models
