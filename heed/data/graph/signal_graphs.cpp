// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/signal_graphs.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <type_traits>

#include "heed/core/error.h"
#include "heed/data/graph/graph_set_maker.h"
#include "heed/data/sphere/signal_table.h"
#include "heed/data/sphere/signal_tensors.h"
#include "heed/data/text/counts.h"

namespace heed::graph {
namespace {

float square_distance(const float* a, const float* b) {
  float sum = 0;
  for (int axis = 0; axis < 3; ++axis) sum += (a[axis] - b[axis]) * (a[axis] - b[axis]);
  return sum;
}

/// Orders the points from farthest to farthest, beginning with the first. Equally far ones, but for rounding, stay in their order.
std::vector<size_t> farthest_first(const std::vector<float>& points, std::vector<size_t> left) {
  constexpr float kRounding = 1e-5F;
  std::vector<float> nearest(left.size(), std::numeric_limits<float>::max());
  std::vector<size_t> order;
  for (size_t count = left.size(); order.size() < count;) {
    size_t best = 0;
    for (size_t i = 1; i < left.size(); ++i)
      if (nearest[i] > nearest[best] * (1 + kRounding)) best = i;
    order.push_back(left[best]);
    left.erase(left.begin() + static_cast<ptrdiff_t>(best));
    nearest.erase(nearest.begin() + static_cast<ptrdiff_t>(best));
    for (size_t i = 0; i < left.size(); ++i)
      nearest[i] = std::min(nearest[i], square_distance(&points[3 * order.back()], &points[3 * left[i]]));
  }
  return order;
}

std::vector<size_t> order_of(const sphere::SignalSet& signals) {
  std::vector<size_t> kept(static_cast<size_t>(signals.point_count()));
  std::iota(kept.begin(), kept.end(), 0);
  std::erase_if(kept, [&](size_t i) { return !signals.weights.empty() && !(signals.weights[i] > 0); });
  return signals.geometry.starts_with("ico") ? kept : farthest_first(signals.points, std::move(kept));
}

/// [samples, points, channels] in the order of the points.
template <class Number>
std::vector<float> ordered(const std::vector<Number>& values, const sphere::SignalSet& signals,
                           const std::vector<size_t>& order) {
  constexpr float kScale = std::is_same_v<Number, uint8_t> ? 1 / 255.0F : 1.0F;
  const auto channels = static_cast<size_t>(signals.channels),
             points = static_cast<size_t>(signals.point_count());
  std::vector<float> made;
  made.reserve(static_cast<size_t>(signals.samples) * order.size() * channels);
  for (size_t sample = 0; sample < static_cast<size_t>(signals.samples); ++sample)
    for (const size_t point : order)
      for (size_t c = 0; c < channels; ++c)
        made.push_back(kScale * static_cast<float>(values[(sample * points + point) * channels + c]));
  return made;
}

sphere::SignalReadOptions signal_options(const GraphReadOptions& options) {
  sphere::SignalReadOptions made;
  made.target_kind = options.target_kind;
  made.limits.samples = options.limits.graphs;
  made.limits.points = std::min(made.limits.points, options.limits.nodes);
  made.limits.bytes = options.limits.bytes;
  return made;
}

/// The last steps of a reader, within the limit of nodes.
GraphSet finished(const sphere::SignalSet& signals, const GraphReadOptions& options,
                  const std::string& file) {
  if (signals.samples * signals.point_count() > options.limits.nodes) {
    throw Error(ErrorKind::kData,
                "has " + text::grouped(signals.samples) + " samples on " +
                    text::grouped(signals.point_count()) + " points, together more than " +
                    text::grouped(options.limits.nodes) + " nodes",
                file);
  }
  return graphs_of(signals);
}

}  // namespace

GraphSet read_signal_tensors(const Safetensors& file, const GraphReadOptions& options) {
  return finished(sphere::read_signal_tensors(file, signal_options(options)), options, file.name());
}

GraphSet read_signal_table(const GraphTable& table, const GraphReadOptions& options) {
  GraphSet set = finished(sphere::parse_signal_table(table.text, table.file, signal_options(options)),
                          options, table.file);
  finish_set(set, options, RowPlaces::numbered(table.file));
  return set;
}

GraphSet graphs_of(const sphere::SignalSet& signals) {
  const std::vector<size_t> order = order_of(signals);
  GraphSet set;
  for (int64_t sample = 1; sample <= signals.samples; ++sample)
    set.node_ptr.push_back(sample * std::ssize(order));
  set.edge_ptr.assign(set.node_ptr.size(), 0);
  set.same_points = true;
  for (const size_t point : order) {
    set.coordinates.insert(set.coordinates.end(), &signals.points[3 * point], &signals.points[3 * point] + 3);
    if (!signals.weights.empty()) set.point_weights.push_back(signals.weights[point]);
  }
  set.node_features.width = signals.channels;
  set.node_features.names = signals.channel_names;
  set.node_features.dense =
      std::visit([&](const auto& values) { return ordered(values, signals, order); }, signals.values);
  set.targets = signals.targets;
  if (!signals.split.empty()) set.split_level = Level::kGraph, set.split = signals.split;
  set.graph_names = signals.sample_names;
  return set;
}

}  // namespace heed::graph
