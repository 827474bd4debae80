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
#include "heed/data/sphere/sphere_points.h"

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
  const at::Tensor points = spiral(80), values = at::randn({1, 80, 2});
  GeometryTransformer model(kSphere, small_geometry());
  model.eval();
  const at::NoGradGuard no_grad;
  const at::Tensor before = model.forward(signals_on(points, values));
  for (int i = 0; i < 100; ++i) {
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

TEST(GeometryTransformer, SaysWhoAttendsToWhomInEachLevel) {
  torch::manual_seed(9);
  const at::Tensor points = spiral(100);
  GeometryTransformer model(kSphere, small_geometry());
  model.eval();
  const at::NoGradGuard no_grad;
  const nn::Graphs graphs = signals_on(points, at::randn({2, 100, 2}));
  ASSERT_EQ(model.attention_layers(), 5);  // three among points of a level, two to a coarser one
  const std::vector<int64_t> targets{100, 27, 27, 9, 9}, sources{100, 100, 27, 27, 9};
  for (int64_t layer = 0; layer < 5; ++layer) {
    const auto [edges, weights] = model.attended(graphs, layer);
    const auto l = static_cast<size_t>(layer);
    EXPECT_EQ(edges.targets(), 2 * targets[l]);
    EXPECT_EQ(edges.sources(), 2 * sources[l]);
    const at::Tensor sums =
        at::zeros({edges.targets(), weights.size(1)}).index_add(0, attention::targets_of(edges), weights);
    EXPECT_LT(difference(sums, at::ones_like(sums)), 1e-5);
  }
  EXPECT_THROW(model.attended(graphs, 5), c10::Error);
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

TEST(PointLevels, JoinEachPointWithAllInOneReach) {
  const at::Tensor points = spiral(60);
  const auto levels = nn::point_levels(points, {}, 2, 7);
  const auto check = [&](const nn::PointEdges& found, int64_t targets, int64_t sources) {
    const at::Tensor distance = at::cdist(points.slice(0, 0, targets), points.slice(0, 0, sources));
    const at::Tensor target = attention::targets_of(found.edges), source = found.edges.source.to(at::kLong);
    const at::Tensor seventh = std::get<0>(distance.topk(7, 1, /*largest=*/false)).select(1, 6);
    const double reach = 1.1 * seventh.mean().item<double>();
    EXPECT_EQ(found.edges.size(), (distance < reach).sum().item<int64_t>());
    EXPECT_GT(found.edges.size(), targets * 6);
    const at::Tensor lengths = distance.index({target, source}), rows = found.rows.row.to(at::kLong);
    EXPECT_LT(difference(found.rows.distance.index_select(0, rows) * reach / nn::kPointReach, lengths), 0.01);
    const at::Tensor ends = lengths > 0.98 * reach, bias = found.rows.bias.index_select(0, rows);
    if (ends.any().item<bool>())
      EXPECT_LT(bias.masked_select(ends).max().item<double>(), bias.max().item<double>() - 5) << "the window";
  };
  check(levels[0].among, 60, 60);
  check(levels[1].below, 17, 60);
  check(levels[1].among, 17, 17);
}

TEST(PointLevels, PartsOfTheWholeAreInTheScores) {
  const at::Tensor points = spiral(40), weights = at::rand({40}) + 0.1;
  const auto levels = nn::point_levels(points, weights, 2, 40);  // all see all
  ASSERT_EQ(levels.size(), 2U);
  EXPECT_EQ(levels[1].points, (40 + 1) / 4 + 2);
  const auto& among = levels[0].among;
  EXPECT_EQ(among.edges.size(), 40 * 40);
  const at::Tensor bias = among.rows.bias.index_select(0, among.rows.row);
  EXPECT_LT(difference(bias, weights.index_select(0, among.edges.source).log()), 0.006);
}

TEST(PointLevels, CrowdedPointsStandForSmallerParts) {
  // A row of points, twice as close in its second half.
  std::vector<double> places;
  for (int i = 0; i < 40; ++i) places.insert(places.end(), {static_cast<double>(i), 0, 0});
  for (int i = 0; i < 80; ++i) places.insert(places.end(), {40 + 0.5 * i, 0, 0});
  const at::Tensor parts = nn::point_levels(at::tensor(places).view({-1, 3}), {}, 1, 12)[0].parts;
  EXPECT_NEAR(parts.sum().item<double>(), 1, 1e-5);
  EXPECT_NEAR((parts[20] / parts[80]).item<double>(), 2, 0.1);
}

/// Two samplings of one smooth signal, by points that lie in other ways: the model says nearly the same of both.
TEST(GeometryTransformer, HardlySeesHowPointsHappenToLie) {
  torch::manual_seed(11);
  std::vector<double> places;
  for (const auto& point : sphere::icosahedron(3).points)
    places.insert(places.end(), point.begin(), point.end());
  const at::Tensor points = at::tensor(places, at::kDouble).view({-1, 3});
  const auto signal = [](const at::Tensor& at_points) {
    const auto x = at_points.select(1, 0), y = at_points.select(1, 1), z = at_points.select(1, 2);
    return at::stack({(3 * x * y + z).sin(), (2 * z * x - y * y).cos()}, 1).to(at::kFloat).unsqueeze(0);
  };
  auto options = small_geometry();
  options.neighbours = 24;
  GeometryTransformer model(kSphere, options);
  model.eval();
  const at::NoGradGuard no_grad;
  const at::Tensor before = model.forward(signals_on(points.to(at::kFloat), signal(points)));
  double most = 0;
  for (int i = 0; i < 3; ++i) {
    const at::Tensor turned = at::matmul(points, random_rotation());
    most =
        std::max(most, difference(model.forward(signals_on(turned.to(at::kFloat), signal(turned))), before));
  }
  const at::Tensor other = signal(points * at::tensor({1.0, -1.3, 0.5}));
  EXPECT_LT(most, 0.1 * difference(model.forward(signals_on(points.to(at::kFloat), other)), before));
}

}  // namespace
}  // namespace heed::models
