// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/graph/target_scale.h"

#include <cmath>
#include <numeric>

#include "tests/core/expect_error.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "heed/core/error.h"

namespace heed::tasks {
namespace {
using ::testing::HasSubstr;

/// Graphs of 1 to 4 nodes of three elements, whose first target is a sum over nodes and a little more, and whose second is a
/// few numbers with a gap.
graph::GraphSet molecules() {
  graph::GraphSet set;
  const double contribution[] = {-0.5, -38, -75};
  graph::Categories element{"element", {"H", "C", "O"}, {}};
  for (int64_t g = 0; g < 40; ++g) {
    double energy = 0.001 * static_cast<double>(g % 5);
    for (int64_t node = 0; node <= g % 4; ++node) {
      element.codes.push_back(static_cast<int32_t>((g / 4 + node * node) % 3));
      energy += contribution[element.codes.back()];
    }
    set.node_ptr.push_back(std::ssize(element.codes));
    set.edge_ptr.push_back(0);
    set.targets.numbers.push_back(energy);
    set.targets.numbers.push_back(g == 7 ? std::nan("") : 10 + static_cast<double>(g % 3));
  }
  set.node_categories = {element};
  set.targets.level = graph::Level::kGraph;
  set.targets.names = {"u0", "mu"};
  return set;
}

std::vector<int64_t> all(const graph::GraphSet& set) {
  std::vector<int64_t> rows(static_cast<size_t>(set.graphs()));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

TEST(TargetScale, MeanZeroDeviationOneAndBack) {
  const auto set = molecules();
  const TargetScale scale = fit_target_scale(set, all(set), "");
  const at::Tensor found = scale.standardise(set, all(set));
  EXPECT_NEAR(found.select(1, 0).mean().item<double>(), 0, 1e-6);
  EXPECT_NEAR(found.select(1, 0).square().mean().item<double>(), 1, 1e-5);
  EXPECT_TRUE(std::isnan(found[7][1].item<double>())) << "what is not known stays so";
  EXPECT_NEAR(scale.restore(found, set, all(set))[3][0].item<double>(), set.targets.numbers[6], 1e-4);
}

TEST(TargetScale, CompositionLeavesWhatIsNoSumOverNodes) {
  const auto set = molecules();
  const TargetScale plain = fit_target_scale(set, all(set), ""),
                    scale = fit_target_scale(set, all(set), "element");
  EXPECT_GT(plain.deviation[0], 10);
  EXPECT_LT(scale.deviation[0], 0.002);
  EXPECT_NEAR(scale.contributions[0][1], -38, 0.01);
  const at::Tensor found = scale.standardise(set, all(set));
  EXPECT_NEAR(scale.restore(found, set, all(set))[11][0].item<double>(), set.targets.numbers[22], 1e-8);
  const TargetScale read = parse_scale(format_scale(scale), "test");
  EXPECT_TRUE(at::equal(read.standardise(set, {3}), scale.standardise(set, {3})));
}

TEST(TargetScale, NamesTheColumnThatIsNotThere) {
  const auto set = molecules();
  EXPECT_THAT(error_of(ErrorKind::kConfig, [&] { fit_target_scale(set, all(set), "elements"); }),
              HasSubstr("element"));
  EXPECT_THAT(error_of(ErrorKind::kCheckpoint,
                       [] {
                         parse_scale(toml::table{{"mean", 1}}, "test");
                       }),
              HasSubstr("damaged"));
}

}  // namespace
}  // namespace heed::tasks
