// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/signal_set.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "heed/core/shown_text.h"
#include "heed/data/text/counts.h"

namespace heed::sphere {
namespace {

std::string counted(int64_t count, const char* what) {
  return text::grouped(count) + " " + what + (count == 1 ? "" : "s");
}

std::string point_flaw(const SignalSet& set) {
  if (set.points.empty() || set.points.size() % 3 != 0)
    return "there are points, each with three coordinates";
  for (const Point& point : set.unit_points())
    if (!(std::abs(dot(point, point) - 1) < 1e-5)) return "points have length 1";
  if (static_cast<int64_t>(set.weights.size()) != set.point_count()) return "each point has a weight";
  if (std::any_of(set.weights.begin(), set.weights.end(), [](float weight) { return !(weight >= 0); }))
    return "weights are not negative";
  const double sum = std::accumulate(set.weights.begin(), set.weights.end(), 0.0);
  return std::abs(sum - 1) < 1e-4 ? "" : "weights sum to 1";
}

std::string value_flaw(const SignalSet& set) {
  if (set.samples < 0 || set.channels < 1) return "there are channels, and the samples are counted";
  const size_t size = std::visit([](const auto& values) { return values.size(); }, set.values);
  if (static_cast<int64_t>(size) != set.samples * set.point_count() * set.channels)
    return "each sample has its values";
  const auto* floats = std::get_if<SignalFloats>(&set.values);
  if (floats != nullptr &&
      !std::all_of(floats->begin(), floats->end(), [](float x) { return std::isfinite(x); }))
    return "values are finite";
  return set.channel_names.empty() || std::ssize(set.channel_names) == set.channels
             ? ""
             : "each channel has a name";
}

std::string name_flaw(const SignalSet& set) {
  const bool sound = is_utf8(set.geometry) && is_utf8(set.targets.classes.name);
  for (const auto* names :
       {&set.channel_names, &set.sample_names, &set.targets.names, &set.targets.classes.values})
    if (!sound || !std::all_of(names->begin(), names->end(), is_utf8)) return "names are UTF-8";
  return "";
}

/// What samples have beside their values is what graphs without nodes have.
std::string target_flaw(const SignalSet& set) {
  if (set.targets.level == graph::Level::kNode) return "targets belong to samples";
  graph::GraphSet graphs;
  graphs.node_ptr.assign(static_cast<size_t>(set.samples) + 1, 0);
  graphs.edge_ptr = graphs.node_ptr;
  graphs.targets = set.targets;
  graphs.split = set.split;
  graphs.split_level = set.split.empty() ? graph::Level::kNone : graph::Level::kGraph;
  graphs.graph_names = set.sample_names;
  return graphs.flaw();
}

}  // namespace

std::vector<Point> SignalSet::unit_points() const {
  std::vector<Point> unpacked;
  unpacked.reserve(points.size() / 3);
  for (size_t i = 0; i + 2 < points.size(); i += 3)
    unpacked.push_back({points[i], points[i + 1], points[i + 2]});
  return unpacked;
}

std::string SignalSet::line() const {
  return counted(samples, "sample") + " of " + counted(channels, "channel") + " on " +
         counted(point_count(), "point") + " (" + printable(geometry) + ")";
}

std::string SignalSet::flaw() const {
  for (const auto check : {point_flaw, value_flaw, name_flaw, target_flaw})
    if (auto found = check(*this); !found.empty()) return found;
  return "";
}

std::vector<float> packed_points(const std::vector<Point>& points) {
  std::vector<float> packed;
  packed.reserve(3 * points.size());
  for (const Point& point : points)
    for (const double coordinate : point) packed.push_back(static_cast<float>(coordinate));
  return packed;
}

}  // namespace heed::sphere
