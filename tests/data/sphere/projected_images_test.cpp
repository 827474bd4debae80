// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/projected_images.h"

#include <gtest/gtest.h>

#include "heed/data/graph/signal_graphs.h"
#include "heed/data/sphere/sphere_points.h"

namespace heed::sphere {
namespace {

/// Three images of 6 x 6 in train and one in test, with a gradient each.
image::ImageCorpus corpus() {
  image::ImageCorpus made;
  made.height = made.width = 6, made.channels = 1;
  made.classes = {"a", "b"};
  const auto add = [&](const char* split, int images) {
    auto& to = made.splits[split];
    for (int i = 0; i < images; ++i) {
      for (int p = 0; p < 36; ++p) to.pixels.push_back(static_cast<uint8_t>(p * 5 + i));
      to.labels.push_back(i % 2);
    }
  };
  add("train", 3);
  add("test", 1);
  return made;
}

const SignalBytes& bytes_of(const SignalSet& set) {
  return std::get<SignalBytes>(set.values);
}
SignalBytes sample(const SignalSet& set, int64_t number) {
  const auto first = bytes_of(set).begin() + number * set.point_count();
  return {first, first + set.point_count()};
}

TEST(ProjectedImages, KeepLabelsAndSplits) {
  const SignalSet set = project_images(corpus(), {.points = "ico1"});
  EXPECT_EQ(set.flaw(), "");
  EXPECT_EQ(set.samples, 4);
  EXPECT_EQ(set.point_count(), 42);
  EXPECT_EQ(set.targets.classes.codes, (std::vector<int32_t>{0, 1, 0, 0}));
  EXPECT_EQ(set.split, (std::vector<graph::Split>{graph::Split::kTrain, graph::Split::kTrain,
                                                  graph::Split::kTrain, graph::Split::kTest}));
}

TEST(ProjectedImages, AreWhatOneProjectionGives) {
  const SignalSet set = project_images(corpus(), {.points = "ico1"});
  image::Image first;
  first.height = first.width = 6, first.channels = 1;
  const auto images = corpus();
  first.pixels.assign(images.split("train").pixels.begin(), images.split("train").pixels.begin() + 36);
  EXPECT_EQ(sample(set, 0), project_image(first, sphere_points("ico1").points, kNoRotation, Sampling::kArea));
}

TEST(ProjectedImages, RotationsFollowFromSeedSplitAndNumber) {
  const ProjectionOptions each{.points = "ico1", .rotate = "each"};
  const SignalSet set = project_images(corpus(), each), again = project_images(corpus(), each);
  EXPECT_EQ(bytes_of(set), bytes_of(again));
  ProjectionOptions other = each;
  other.seed = 2;
  EXPECT_NE(bytes_of(set), bytes_of(project_images(corpus(), other)));
  EXPECT_NE(sample(set, 0), sample(set, 3));  // the same image, in train and in test
  const SignalSet chunks = project_images(corpus(), {.points = "ico1", .rotate = "chunks"});
  EXPECT_EQ(sample(chunks, 0), sample(set, 0));  // the first rotation of a chunk is that of its first image
}

TEST(SignalGraphs, HaveThePointsOnceAndBytesAsShares) {
  const SignalSet set = project_images(corpus(), {.points = "ico1"});
  const graph::GraphSet graphs = graph::graphs_of(set);
  EXPECT_EQ(graphs.flaw(), "");
  EXPECT_EQ(graphs.graphs(), 4);
  EXPECT_EQ(graphs.nodes(), 4 * 42);
  EXPECT_TRUE(graphs.same_points);
  EXPECT_EQ(graphs.coordinates, set.points);  // nested already
  EXPECT_FLOAT_EQ(graphs.node_features.dense[42 + 7], static_cast<float>(sample(set, 1)[7]) / 255);
  EXPECT_EQ(graphs.split, set.split);
}

TEST(SignalGraphs, GridsComeFarthestFirstWithoutPointsOfNoWeight) {
  const SignalSet set = project_images(corpus(), {.points = "dh4"});
  const graph::GraphSet graphs = graph::graphs_of(set);
  EXPECT_EQ(graphs.flaw(), "");
  const auto points = static_cast<int64_t>(graphs.coordinates.size() / 3);
  EXPECT_EQ(points, 64 - 8);  // the row of the pole has weight 0
  // Of the first few points, no two are near each other.
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t j = 0; j < i; ++j) {
      double square = 0;
      for (int64_t axis = 0; axis < 3; ++axis) {
        const double step = graphs.coordinates[3 * i + axis] - graphs.coordinates[3 * j + axis];
        square += step * step;
      }
      EXPECT_GT(square, 0.8) << i << " " << j;
    }
  }
}

}  // namespace
}  // namespace heed::sphere
