// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/projected_images.h"

#include <algorithm>
#include <utility>

#include "heed/core/progress.h"
#include "heed/data/sphere/sphere_points.h"
#include "heed/data/stable_hash.h"

namespace heed::sphere {
namespace {

constexpr int64_t kImagesOfAChunk = 500;  ///< that share a rotation in s2cnn's data

graph::Split split_of(const std::string& name) {
  return name == "train"   ? graph::Split::kTrain
         : name == "valid" ? graph::Split::kValid
                           : graph::Split::kTest;
}

Rotation rotation_of(const ProjectionOptions& options, const std::string& split, int64_t number) {
  if (options.rotate == "none") return kNoRotation;
  const int64_t counted = options.rotate == "chunks" ? number / kImagesOfAChunk : number;
  return random_rotation(stable_hash(std::to_string(options.seed) + "/" + split),
                         static_cast<uint64_t>(counted));
}

image::Image image_at(const image::ImageCorpus& corpus, const image::ImageSplit& split, int64_t number) {
  const auto first = split.pixels.begin() + number * corpus.image_bytes();
  image::Image made;
  made.height = corpus.height, made.width = corpus.width, made.channels = corpus.channels;
  made.pixels.assign(first, first + corpus.image_bytes());
  return made;
}

std::vector<std::string> channel_names(int64_t channels) {
  if (channels == 1) return {"value"};
  std::vector<std::string> names;
  for (int64_t c = 0; c < channels; ++c)
    names.push_back(channels == 3 ? std::string(1, "rgb"[c]) : std::to_string(c));
  return names;
}

}  // namespace

Fields fields(ProjectionOptions& options) {
  return {{"points", &options.points,
           "points of the sphere: ico0 to ico7, healpixN (12 N^2 points), dhB (2B x 2B grid)"},
          {"rotate", &options.rotate,
           "random rotations: none, each (every image its own), chunks (one for 500 images in a row, as "
           "s2cnn's data)",
           one_of({"none", "each", "chunks"})},
          {"sampling", &options.sampling,
           "how values are read: area (a mean around each point), bilinear (at it), or as s2cnn's program "
           "does",
           one_of({"area", "bilinear", "s2cnn"})},
          {"seed", &options.seed, "seed of the rotations"}};
}

SignalSet project_images(const image::ImageCorpus& corpus, const ProjectionOptions& options) {
  const SpherePoints sphere = sphere_points(options.points);
  const Sampling sampling = options.sampling == "s2cnn"  ? Sampling::kS2cnn
                            : options.sampling == "area" ? Sampling::kArea
                                                         : Sampling::kBilinear;
  SignalSet set;
  set.geometry = sphere.name;
  set.points = packed_points(sphere.points);
  set.weights.assign(sphere.weights.begin(), sphere.weights.end());
  set.channels = corpus.channels;
  set.channel_names = channel_names(corpus.channels);
  for (const auto& [name, split] : corpus.splits) set.samples += corpus.count(name);
  SignalBytes values;
  values.reserve(static_cast<size_t>(set.samples * set.point_count() * set.channels));
  if (!corpus.classes.empty()) set.targets = {graph::Level::kGraph, {"label", corpus.classes, {}}, {}, {}};
  Progress progress("project", set.samples);
  int64_t done = 0;
  for (const char* name : {"train", "valid", "test"}) {
    if (corpus.splits.count(name) == 0) continue;
    const image::ImageSplit& split = corpus.split(name);
    for (int64_t i = 0; i < corpus.count(name); ++i) {
      const auto projected =
          project_image(image_at(corpus, split, i), sphere.points, rotation_of(options, name, i), sampling);
      values.insert(values.end(), projected.begin(), projected.end());
      progress.update(++done, "images");
    }
    set.split.insert(set.split.end(), static_cast<size_t>(corpus.count(name)), split_of(name));
    if (!corpus.classes.empty())
      set.targets.classes.codes.insert(set.targets.classes.codes.end(), split.labels.begin(),
                                       split.labels.end());
  }
  progress.finish("images");
  set.values = std::move(values);
  return set;
}

}  // namespace heed::sphere
