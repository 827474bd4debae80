// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/signal_set.h"

#include <functional>
#include <limits>

#include "tests/data/sphere/signal_fixtures.h"

namespace heed::sphere {
namespace {
using testing::full_set;

std::string flaw_after(const std::function<void(SignalSet&)>& change) {
  SignalSet set = full_set();
  change(set);
  return set.flaw();
}

TEST(SignalSet, AFullSetHasNoFlaw) {
  const SignalSet set = full_set();
  EXPECT_EQ(set.flaw(), "");
  EXPECT_EQ(set.point_count(), 12);
  EXPECT_EQ(set.line(), "2 samples of 2 channels on 12 points (ico0)");
  EXPECT_NEAR(angle_between(set.unit_points()[7], icosahedron(0).points[7]), 0, 1e-7);
}

TEST(SignalSet, BytesAndNoSamplesAreSoundToo) {
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.values = SignalBytes(48); }), "");
  SignalSet none = full_set();
  none.samples = 0;
  none.values = SignalBytes();
  none.targets.classes.codes.clear();
  none.targets.numbers.clear();
  none.split.clear();
  none.sample_names.clear();
  EXPECT_EQ(none.flaw(), "");
  EXPECT_EQ(none.line(), "0 samples of 2 channels on 12 points (ico0)");
}

TEST(SignalSet, EachBrokenPromiseIsNamed) {
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.points.clear(); }),
            "there are points, each with three coordinates");
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.points.pop_back(); }),
            "there are points, each with three coordinates");
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.points[4] += 0.01F; }), "points have length 1");
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.weights.pop_back(); }), "each point has a weight");
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.weights[0] = -set.weights[0]; }), "weights are not negative");
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.weights[0] *= 2; }), "weights sum to 1");
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.channels = 0; }),
            "there are channels, and the samples are counted");
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.samples = 3; }), "each sample has its values");
  EXPECT_EQ(flaw_after([](SignalSet& set) {
              std::get<SignalFloats>(set.values)[3] = std::numeric_limits<float>::quiet_NaN();
            }),
            "values are finite");
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.channel_names.pop_back(); }), "each channel has a name");
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.sample_names[0] = "\xFF"; }), "names are UTF-8");
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.targets.level = graph::Level::kNode; }),
            "targets belong to samples");
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.targets.classes.codes[0] = 3; }),
            "codes lie in the dictionary");
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.targets.numbers.pop_back(); }), "each row has its targets");
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.split.pop_back(); }), "each row has a split");
  EXPECT_EQ(flaw_after([](SignalSet& set) { set.sample_names.pop_back(); }), "each graph has a name");
}

}  // namespace
}  // namespace heed::sphere
