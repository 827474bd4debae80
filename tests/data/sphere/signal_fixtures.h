// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tests/core/expect_error.h"
#include "tests/data/graph/graph_fixtures.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/data/sphere/signal_set.h"
#include "heed/data/sphere/sphere_points.h"

namespace heed::sphere::testing {

using graph::testing::Files;
using graph::testing::gzip;
using graph::testing::refusal;
using graph::testing::values_of;

/// Runs a reader, expects the set to keep its promises, and returns it.
template <class Read>
SignalSet sound(const Read& read) {
  SignalSet set = read();
  EXPECT_EQ(set.flaw(), "");
  return set;
}

inline SignalFloats floats_of(const SignalSet& set) {
  return std::get<SignalFloats>(set.values);
}

/// Two samples of two channels on the icosahedron, with all that a set can have.
inline SignalSet full_set() {
  const SpherePoints sphere = icosahedron(0);
  SignalSet set;
  set.geometry = sphere.name;
  set.points = packed_points(sphere.points);
  set.weights.assign(sphere.weights.begin(), sphere.weights.end());
  set.samples = 2;
  set.channels = 2;
  SignalFloats values;
  for (int i = 0; i < 48; ++i) values.push_back(static_cast<float>(i) / 7 - 3);
  set.values = values;
  set.channel_names = {"temperature", "wind, north"};
  set.targets.level = graph::Level::kGraph;
  set.targets.classes = {"label", {"2", "10", "storm \"A\""}, {2, -1}};
  set.targets.names = {"rain", "sun"};
  set.targets.numbers = {0.1, 2, 1e300, -0.0};
  set.split = {graph::Split::kTrain, graph::Split::kTest};
  set.sample_names = {"a", "b\n\xC3\xA9"};
  return set;
}

inline void expect_equal(const SignalSet& a, const SignalSet& b) {
  EXPECT_EQ(a.geometry, b.geometry);
  EXPECT_EQ(a.points, b.points);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(a.samples, b.samples);
  EXPECT_EQ(a.channels, b.channels);
  EXPECT_EQ(a.values, b.values);
  EXPECT_EQ(a.channel_names, b.channel_names);
  EXPECT_EQ(a.targets.level, b.targets.level);
  EXPECT_EQ(a.targets.classes.name, b.targets.classes.name);
  EXPECT_EQ(a.targets.classes.values, b.targets.classes.values);
  EXPECT_EQ(a.targets.classes.codes, b.targets.classes.codes);
  EXPECT_EQ(a.targets.names, b.targets.names);
  EXPECT_EQ(a.targets.numbers, b.targets.numbers);
  EXPECT_EQ(a.split, b.split);
  EXPECT_EQ(a.sample_names, b.sample_names);
}

}  // namespace heed::sphere::testing
