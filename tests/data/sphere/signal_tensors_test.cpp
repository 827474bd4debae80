// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/signal_tensors.h"

#include <cmath>
#include <limits>

#include "tests/data/graph/graph_arrays.h"
#include "tests/data/sphere/signal_fixtures.h"

#include "heed/data/sphere/signal_writer.h"

namespace heed::sphere {
namespace {
using graph::testing::Tensors;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::expect_equal;
using testing::floats_of;
using testing::full_set;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::refusal;
using testing::sound;
using testing::values_of;
using I32 = std::vector<int32_t>;
using U8 = std::vector<uint8_t>;
using F32 = std::vector<float>;
using F64 = std::vector<double>;
using Metadata = std::map<std::string, std::string>;

SignalSet read(const Tensors& tensors, const Metadata& metadata = {}, const SignalReadOptions& options = {}) {
  return sound([&] { return parse_signal_tensors(tensors.file(metadata), "s.safetensors", options); });
}
std::string failure(const Tensors& tensors, const Metadata& metadata = {},
                    const SignalReadOptions& options = {}) {
  return refusal([&] { read(tensors, metadata, options); });
}

/// Three samples of one channel at two points.
Tensors signals() {
  Tensors tensors;
  tensors.set("points", {2, 3}, F32{0, 0, 1, 0, 0.6F, -0.8F}).set("values", {3, 2}, U8{1, 2, 3, 4, 5, 255});
  return tensors;
}

SignalSet written_and_read(const SignalSet& set) {
  const testing::Files files;
  write_signals(files.path() / "s.safetensors", set);
  return sound([&] { return read_signal_tensors(files.path() / "s.safetensors"); });
}

TEST(SignalTensors, WhatIsWrittenIsReadBackBitForBit) {
  expect_equal(written_and_read(full_set()), full_set());
  SignalSet bytes = full_set();
  bytes.values = SignalBytes(48, 200);
  expect_equal(written_and_read(bytes), bytes);
  EXPECT_EQ(format_signals(full_set()), format_signals(written_and_read(full_set())));
}

TEST(SignalTensors, SetsOfOnePointOneSampleAndNoSamplesAreReadBack) {
  SignalSet one;
  one.geometry = "points";
  one.points = {0, 1, 0};
  one.weights = {1};
  one.samples = one.channels = 1;
  one.values = SignalFloats{2.5F};
  expect_equal(written_and_read(one), one);
  one.samples = 0;
  one.values = SignalBytes();
  expect_equal(written_and_read(one), one);
  one.targets = {graph::Level::kGraph, {"label", {"a", "b"}, {}}, {}, {}};
  expect_equal(written_and_read(one), one);
}

TEST(SignalTensors, ASetWithAFlawIsNotWritten) {
  SignalSet set = full_set();
  set.weights[0] = 0;
  const testing::Files files;
  EXPECT_THAT(refusal([&] { write_signals(files.path() / "s.safetensors", set); }),
              HasSubstr("s.safetensors: the signals cannot be written; not so: weights sum to 1"));
  EXPECT_FALSE(std::filesystem::exists(files.path() / "s.safetensors"));
}

TEST(SignalTensors, PointsAndValuesAreEnough) {
  const SignalSet set = read(signals());
  EXPECT_EQ(set.samples, 3);
  EXPECT_EQ(set.channels, 1);
  EXPECT_EQ(std::get<SignalBytes>(set.values), (U8{1, 2, 3, 4, 5, 255}));
  EXPECT_THAT(set.weights, Each(0.5F));
  EXPECT_EQ(set.geometry, "points");
  EXPECT_EQ(set.targets.level, graph::Level::kNone);
  EXPECT_THAT(set.split, IsEmpty());
}

TEST(SignalTensors, PointsAndWeightsAreScaled) {
  const SignalSet set =
      read(signals().set("points", {2, 3}, F64{0, 0, 6371, 0, 1e-3, 0}).set("weights", {2}, F32{1, 3}));
  EXPECT_THAT(set.points, ElementsAre(0, 0, 1, 0, 1, 0));
  EXPECT_THAT(set.weights, ElementsAre(0.25F, 0.75F));
}

TEST(SignalTensors, GeometriesAreRecognisedWhateverTheFileSays) {
  const auto points = packed_points(icosahedron(0).points);
  Tensors tensors;
  tensors.set("points", {12, 3}, points).set("values", {0, 12, 2}, F32());
  EXPECT_EQ(read(tensors, {{"geometry", "dh30"}}).geometry, "ico0");
  EXPECT_EQ(read(tensors).channels, 2);
}

TEST(SignalTensors, ValuesOfOtherTypesBecomeFloats) {
  EXPECT_THAT(floats_of(read(signals().set("values", {1, 2, 2}, F64{0.5, 1, 2, 3}))),
              ElementsAre(0.5F, 1, 2, 3));
  EXPECT_THAT(floats_of(read(signals().set("values", {1, 2}, I32{-7, 300}))), ElementsAre(-7, 300));
}

TEST(SignalTensors, WholeNumbersAreClassesInNaturalOrder) {
  const SignalSet named =
      read(signals().set("label", {3}, I32{1, -1, 0}), {{"classes", R"(["storm", "10", "9"])"}});
  EXPECT_THAT(named.targets.classes.values, ElementsAre("9", "10", "storm"));
  EXPECT_THAT(values_of(named.targets.classes), ElementsAre("10", "", "storm"));
  EXPECT_EQ(named.targets.level, graph::Level::kGraph);
  EXPECT_THAT(values_of(read(signals().set("label", {3}, U8{2, 0, 2})).targets.classes),
              ElementsAre("2", "0", "2"));
}

TEST(SignalTensors, FloatsAreNumbersToPredict) {
  const SignalSet one = read(signals().set("label", {3}, F32{1, 0.5F, NAN}));
  EXPECT_THAT(one.targets.names, ElementsAre("label"));
  EXPECT_EQ(one.targets.numbers[1], 0.5);
  EXPECT_TRUE(std::isnan(one.targets.numbers[2]));
  const SignalSet two =
      read(signals().set("targets", {3, 2}, F64{1, 2, 3, 4, 5, 6}).set("label", {3}, I32{0, 0, 0}));
  EXPECT_THAT(two.targets.names, ElementsAre("target0", "target1"));
  EXPECT_EQ(two.targets.numbers[5], 6);
  EXPECT_TRUE(two.targets.has_classes());
  EXPECT_THAT(read(signals().set("targets", {3}, F32{1, 2, 3}), {{"targets", R"(["mass"])"}}).targets.names,
              ElementsAre("mass"));
}

TEST(SignalTensors, SplitsAndNamesAreRead) {
  const SignalSet set = read(signals().set("split", {3}, U8{3, 0, 1}),
                             {{"samples", R"(["a", "", "c"])"}, {"channels", R"(["grey"])"}});
  EXPECT_THAT(set.split, ElementsAre(graph::Split::kTest, graph::Split::kNone, graph::Split::kTrain));
  EXPECT_THAT(set.sample_names, ElementsAre("a", "", "c"));
  EXPECT_THAT(set.channel_names, ElementsAre("grey"));
}

TEST(SignalTensors, WrongPointsAndWeightsAreErrors) {
  EXPECT_THAT(failure(signals().drop("points")), HasSubstr("s.safetensors: "));
  EXPECT_EQ(failure(signals().set("points", {6}, F32(6))),
            "s.safetensors: 'points' has the shape [6]; [any, 3] is needed");
  EXPECT_EQ(failure(signals().set("points", {0, 3}, F32())),
            "s.safetensors: 'points' must have from 1 to 1,000,000 points, got 0");
  EXPECT_EQ(failure(signals(), {}, {.limits = {.points = 1}}),
            "s.safetensors: 'points' must have from 1 to 1 points, got 2");
  EXPECT_EQ(failure(signals().set("points", {2, 3}, F32{0, 0, 1, 0, 0, 0})),
            "s.safetensors: point 1 has no direction from the centre of the sphere ('points')");
  EXPECT_THAT(failure(signals().set("points", {2, 3}, F32{0, 0, 1, 0, 0, INFINITY})),
              HasSubstr("'points' value 5 must be finite"));
  EXPECT_THAT(failure(signals().set("weights", {3}, F32(3))),
              HasSubstr("'weights' has the shape [3]; [2] is needed"));
  EXPECT_THAT(failure(signals().set("weights", {2}, F32{1, -1})),
              HasSubstr("point 1 must have a weight of 0 or more, got -1.000000 ('weights')"));
  EXPECT_THAT(failure(signals().set("weights", {2}, F32{0, 0})),
              HasSubstr("point 0 has the weight 0, and so have all others"));
}

TEST(SignalTensors, WrongValuesAreErrors) {
  EXPECT_THAT(failure(signals().drop("values")), HasSubstr("values"));
  EXPECT_THAT(failure(signals().set("values", {3, 3}, U8(9))),
              HasSubstr("'values' has the shape [3, 3]; [any, 2] is needed"));
  EXPECT_THAT(failure(signals().set("values", {6}, U8(6))),
              HasSubstr("'values' has the shape [6]; [any, 2, any] is needed"));
  EXPECT_THAT(failure(signals().set("values", {3, 2, 0}, F32())), HasSubstr("'values' has no channels"));
  EXPECT_THAT(failure(signals().set("values", {1, 2}, F32{1, NAN})),
              HasSubstr("'values' value 1 must be finite"));
  EXPECT_THAT(failure(signals(), {}, {.limits = {.samples = 2}}),
              HasSubstr("'values' has more than 2 samples"));
  EXPECT_THAT(failure(signals().set("values", {1, 2, 3}, U8(6)), {}, {.limits = {.channels = 2}}),
              HasSubstr("'values' has more than 2 channels"));
}

TEST(SignalTensors, WrongLabelsSplitsAndNamesAreErrors) {
  EXPECT_THAT(failure(signals().set("label", {2}, I32{0, 0})),
              HasSubstr("'label' has the shape [2]; [3] is needed"));
  EXPECT_THAT(failure(signals().set("label", {3}, I32{0, 0, -2})),
              HasSubstr("'label' value 2 must be from -1 to 99999, got -2"));
  EXPECT_THAT(failure(signals().set("label", {3}, I32{0, 0, 2}), {{"classes", R"(["a", "b"])"}}),
              HasSubstr("'label' has class 2, but the metadata entry 'classes' names 2"));
  EXPECT_THAT(failure(signals().set("label", {3}, I32{0, 0, 0}), {{"classes", R"(["a", "a"])"}}),
              HasSubstr("the metadata entry 'classes' must have distinct names, none empty"));
  EXPECT_THAT(failure(signals().set("label", {3}, F32{0, 0, 0}).set("targets", {3}, F32{0, 0, 0})),
              HasSubstr("'label' must be whole numbers where there are 'targets'"));
  EXPECT_THAT(failure(signals().set("targets", {3, 0}, F32())), HasSubstr("'targets' has no columns"));
  EXPECT_THAT(failure(signals().set("split", {3}, U8{0, 4, 0})),
              HasSubstr("'split' value 1 must be from 0 to 3, got 4"));
  EXPECT_THAT(failure(signals(), {{"samples", R"(["a"])"}}),
              HasSubstr("the metadata entry 'samples' has 1 names; 3 are needed"));
  for (const char* text : {"grey", "[1]", "{}", ""})
    EXPECT_THAT(failure(signals(), {{"channels", text}}),
                HasSubstr("the metadata entry 'channels' must be a JSON list of texts"));
}

TEST(SignalTensors, OtherFilesAreErrorsOfData) {
  EXPECT_THAT(refusal([] { parse_signal_tensors(std::vector<std::byte>(9), "s.safetensors"); }),
              HasSubstr("s.safetensors: not a valid safetensors file"));
  Tensors weights;
  weights.set("layer.weight", {1}, F32{1});
  EXPECT_THAT(failure(weights), HasSubstr("points"));
}

}  // namespace
}  // namespace heed::sphere
