// SPDX-License-Identifier: Apache-2.0
#include "heed/models/geometry_transformer.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/difference.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/nn/functional/loss.h>
#include <torch/optim/adam.h>
#include <torch/utils.h>

#include "heed/attention/edges.h"

namespace heed::models {
namespace {

/// Points of a spiral on the sphere, in an order in which the first ones spread: every fourth one comes first, again and again.
at::Tensor spiral(int64_t count) {
  const at::Tensor number = at::arange(count, at::kDouble),
                   z = 1 - (2 * number + 1) / static_cast<double>(count);
  const at::Tensor turn = number * 2.399963229728653, radius = (1 - z * z).sqrt();
  const at::Tensor points = at::stack({radius * turn.cos(), radius * turn.sin(), z}, 1).to(at::kFloat);
  std::vector<int64_t> order;
  for (const int64_t step : {16, 4, 1})
    for (int64_t i = 0; i < count; i += step)
      if (std::find(order.begin(), order.end(), i) == order.end()) order.push_back(i);
  return points.index_select(0, at::tensor(order));
}

nn::Graphs signals_on(const at::Tensor& points, const at::Tensor& values) {
  nn::Graphs graphs;
  const int64_t count = values.size(0);
  graphs.points = points;
  graphs.coordinates = points.repeat({count, 1});
  graphs.features.dense = values.flatten(0, 1);
  graphs.begin = at::arange(count + 1) * points.size(0);
  return graphs;
}

/// A rotation, by the QR decomposition of random numbers.
at::Tensor random_rotation() {
  at::Tensor q = std::get<0>(at::linalg_qr(at::randn({3, 3}, at::kDouble)));
  if (at::linalg_det(q).item<double>() < 0) q.select(1, 0).neg_();
  return q;
}

constexpr nn::GraphDomain kSphere{
    .features = 2, .coordinates = true, .same_points = true, .of_graphs = true, .outputs = 3};

GeometryTransformerOptions small_geometry() {
  return {.d_model = 16, .head_dim = 8, .levels = 3, .layers = 1, .neighbours = 12};
}

TEST(GeometryTransformer, LogitsStayWhenPointsAndSignalAreRotatedTogether) {
  torch::manual_seed(1);
  const at::Tensor points = spiral(200), values = at::randn({2, 200, 2});
  GeometryTransformer model(kSphere, small_geometry());
  model.eval();
  const at::NoGradGuard no_grad;
  const at::Tensor before = model.forward(signals_on(points, values));
  for (int i = 0; i < 20; ++i) {
    const at::Tensor turned = at::matmul(points.to(at::kDouble), random_rotation()).to(at::kFloat);
    EXPECT_LT(difference(model.forward(signals_on(turned, values)), before), 1e-4);
  }
  EXPECT_GT(difference(model.forward(signals_on(points, values.flip(1))), before), 1e-3);
}

TEST(GeometryTransformer, SymmetricPointsAreNotTornApartByRounding) {
  torch::manual_seed(8);
  std::vector<double> corners;  // of cubes within cubes: many points equally far from each other
  for (const double x : {-1., -0.5, 0., 0.5, 1.})
    for (const double y : {-1., -0.5, 0., 0.5, 1.})
      for (const double z : {-1., -0.5, 0., 0.5, 1.}) corners.insert(corners.end(), {x, y, z});
  const at::Tensor points = at::tensor(corners, at::kFloat).view({-1, 3}), values = at::randn({1, 125, 2});
  GeometryTransformer model(kSphere,
                            {.d_model = 16, .head_dim = 8, .levels = 2, .layers = 1, .neighbours = 11});
  model.eval();
  const at::NoGradGuard no_grad;
  const at::Tensor before = model.forward(signals_on(points, values));
  for (int i = 0; i < 20; ++i) {
    const at::Tensor turned = at::matmul(points.to(at::kDouble), random_rotation()).to(at::kFloat);
    EXPECT_LT(difference(model.forward(signals_on(turned, values)), before), 1e-4);
  }
}

TEST(GeometryTransformer, AGraphDoesNotSeeTheOthersOfItsBatch) {
  torch::manual_seed(2);
  const at::Tensor points = spiral(100), values = at::randn({3, 100, 2});
  GeometryTransformer model(kSphere, small_geometry());
  model.eval();
  const at::NoGradGuard no_grad;
  const at::Tensor together = model.forward(signals_on(points, values));
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_LT(difference(model.forward(signals_on(points, values.slice(0, i, i + 1)))[0], together[i]), 1e-5);
}

TEST(GeometryTransformer, NewPointsAreNoticed) {
  torch::manual_seed(3);
  const at::Tensor values = at::randn({1, 60, 2}), points = spiral(60);
  GeometryTransformer model(kSphere, small_geometry());
  model.eval();
  const at::NoGradGuard no_grad;
  const at::Tensor before = model.forward(signals_on(points, values));
  EXPECT_GT(difference(model.forward(signals_on(points * at::tensor({1.F, 1.F, 3.F}), values)), before),
            1e-4);
  EXPECT_EQ(difference(model.forward(signals_on(points.clone(), values)), before), 0);
}

TEST(GeometryTransformer, OutputsOfNodesFollowTheFinestLevel) {
  torch::manual_seed(4);
  nn::GraphDomain of_nodes = kSphere;
  of_nodes.of_graphs = false;
  GeometryTransformer model(of_nodes, small_geometry());
  model.eval();
  const at::NoGradGuard no_grad;
  EXPECT_EQ(model.forward(signals_on(spiral(50), at::randn({2, 50, 2}))).sizes(),
            (std::vector<int64_t>{100, 3}));
}

TEST(GeometryTransformer, GradientsAreSlopes) {
  torch::manual_seed(6);
  const nn::Graphs graphs = signals_on(spiral(60), at::randn({2, 60, 2}));
  GeometryTransformer model(kSphere, small_geometry());
  model.eval();
  const at::Tensor wanted = at::randn({2, 3});
  const auto loss_of = [&] { return (model.forward(graphs) * wanted).sum(); };
  loss_of().backward();
  const at::NoGradGuard no_grad;
  for (auto& parameter : model.named_parameters()) {
    const at::Tensor grad = parameter.value().grad();
    ASSERT_TRUE(grad.defined()) << parameter.key();
    const at::Tensor way = at::randn_like(grad);
    constexpr double kStep = 5e-4;
    parameter.value().add_(way, kStep);
    const double above = loss_of().item<double>();
    parameter.value().add_(way, -2 * kStep);
    const double below = loss_of().item<double>();
    parameter.value().add_(way, kStep);
    const double slope = (above - below) / (2 * kStep), found = (grad * way).sum().item<double>();
    EXPECT_NEAR(found, slope, 0.03 * std::abs(slope) + 1e-2) << parameter.key();
  }
}

TEST(GeometryTransformer, TellsSmoothSignalsFromRoughOnes) {
  torch::manual_seed(5);
  const at::Tensor points = spiral(80), label = at::arange(32) % 2;
  const at::Tensor near = (-at::cdist(points, points).square() / 0.3).softmax(1);
  const at::Tensor noise = at::randn({32, 80, 2}), smooth = at::matmul(near, noise);
  at::Tensor values = smooth.where(label.eq(1).view({32, 1, 1}), noise);
  values = values / values.std({1}, /*unbiased=*/true, /*keepdim=*/true);
  GeometryTransformer model(kSphere, small_geometry());
  torch::optim::Adam adam(model.parameters(), torch::optim::AdamOptions(0.003));
  const nn::Graphs graphs = signals_on(points, values);
  double loss = 1;
  for (int step = 0; step < 100 && loss > 0.2; ++step) {
    adam.zero_grad();
    const at::Tensor found = torch::nn::functional::cross_entropy(model.forward(graphs), label);
    found.backward();
    adam.step();
    loss = found.item<double>();
  }
  EXPECT_LT(loss, 0.3);  // guessing: 0.69
}

TEST(PointLevels, JoinEachPointWithItsNearestOnes) {
  const at::Tensor points = spiral(60);
  const auto levels = nn::point_levels(points, {}, 2, 7);
  const auto check = [&](const nn::PointEdges& found, int64_t targets, int64_t sources) {
    const at::Tensor distance = at::cdist(points.slice(0, 0, targets), points.slice(0, 0, sources));
    const at::Tensor target = attention::targets_of(found.edges), source = found.edges.source.to(at::kLong);
    EXPECT_EQ(found.edges.size(), targets * 7);
    const at::Tensor farthest = std::get<0>(distance.topk(7, 1, /*largest=*/false)).select(1, 6);
    EXPECT_TRUE(
        (distance.index({target, source}) <= farthest.index_select(0, target) + 1e-5).all().item<bool>());
    const at::Tensor longest = distance.index({target, source}).max();
    EXPECT_LT(difference(found.rows.distance.index_select(0, found.rows.row) * longest / nn::kPointReach,
                         distance.index({target, source})),
              0.01);
  };
  check(levels[0].among, 60, 60);
  check(levels[1].below, 17, 60);
  check(levels[1].among, 17, 17);
}

TEST(PointLevels, WeightsOfSourcesAreInTheScores) {
  const at::Tensor points = spiral(40), weights = at::rand({40}) + 0.1;
  const auto levels = nn::point_levels(points, weights, 2, 6);
  ASSERT_EQ(levels.size(), 2U);
  EXPECT_EQ(levels[1].points, (40 + 1) / 4 + 2);
  const auto& among = levels[0].among;
  EXPECT_EQ(among.edges.size(), 40 * 6);
  const at::Tensor bias = among.rows.bias.index_select(0, among.rows.row);
  const at::Tensor expected = weights.index_select(0, among.edges.source).log();
  EXPECT_LT(difference(bias, expected), 0.006);
  EXPECT_FALSE(levels[1].among.rows.bias.defined());
}

}  // namespace
}  // namespace heed::models
