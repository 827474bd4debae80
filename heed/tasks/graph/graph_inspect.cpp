// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include <ATen/ops/softmax.h>

#include "heed/attention/edges.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/names.h"
#include "heed/nn/inference_scope.h"
#include "heed/rendering/graph_drawing.h"
#include "heed/rendering/graph_layout.h"
#include "heed/rendering/sphere_drawing.h"
#include "heed/tasks/graph/graph_actions.h"
#include "heed/tasks/graph/graph_predictor.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {
using graph::GraphSet;

struct InspectGraphOptions {
  Paths data;
  std::filesystem::path output;
  std::string graph, node, title;
  int64_t layer = 0, hops = 1, size = 900;
  std::optional<int64_t> head;
};

Fields fields(InspectGraphOptions& options) {
  return {required({"data", &options.data, "graphs"}),
          required({"output", &options.output, "picture to write (.png or .svg)"}),
          default_text({"graph", &options.graph, "name or number of the graph"}, "the first"),
          default_text({"node", &options.node,
                        "id or number of a node, of which the picture shows what it attends to"},
                       "all nodes of the graph"),
          {"hops", &options.hops, "how far a neighbourhood reaches", between(1, 10)},
          {"layer", &options.layer, "layer, from 0", at_least(0)},
          default_text({"head", &options.head, "head, from 0", at_least(0)}, "mean of all heads"),
          {"size", &options.size, "pixels of a side", between(100, 8000)},
          default_text({"title", &options.title, "title of the picture"}, "model and layer")};
}

void check(const InspectGraphOptions& options, const std::vector<std::string>& /*given*/) {
  check_writable(options.output);
}

/// The row of a name, or of a number below `rows`. Throws Error(kUsage) naming the field.
int64_t find_row(const std::string& name, const std::vector<std::string>& names, int64_t rows,
                 const char* field) {
  if (name.empty()) return 0;
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return found - names.begin();
  const bool digits = std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); });
  if (digits && name.size() < 10 && std::stoll(name) < rows) return std::stoll(name);
  throw Error(ErrorKind::kUsage,
              names.empty() ? "must be a number below " + std::to_string(rows) + ", got " + name
                            : "is not in the data: '" + name + "'",
              FieldName{field});
}

/// A graph of a set whose nodes are numbered from 0.
struct OneGraph {
  const GraphSet& set;
  size_t number;
  int64_t first, nodes;
  std::vector<std::pair<size_t, size_t>> edges;

  OneGraph(const GraphSet& of, size_t graph)
      : set(of), number(graph), first(of.node_ptr[graph]), nodes(of.node_ptr[graph + 1] - first) {
    for (int64_t e = of.edge_ptr[graph]; e < of.edge_ptr[graph + 1]; ++e)
      edges.emplace_back(of.source[static_cast<size_t>(e)], of.target[static_cast<size_t>(e)]);
  }
};

/// The nodes within so many edges of one, it first.
std::vector<size_t> neighbourhood(const OneGraph& graph, size_t node, int64_t hops) {
  std::vector<std::vector<size_t>> next(static_cast<size_t>(graph.nodes));
  for (const auto& [from, to] : graph.edges) next[from].push_back(to), next[to].push_back(from);
  std::vector<int64_t> distance(next.size(), -1);
  std::vector<size_t> found{node};
  distance[node] = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    if (distance[found[i]] == hops) continue;
    for (const size_t other : next[found[i]]) {
      if (distance[other] >= 0) continue;
      distance[other] = distance[found[i]] + 1;
      found.push_back(other);
    }
  }
  return found;
}

/// All nodes, this one first.
std::vector<size_t> all_nodes(const OneGraph& graph, size_t first) {
  std::vector<size_t> found(static_cast<size_t>(graph.nodes));
  std::iota(found.begin(), found.end(), 0);
  if (!found.empty())
    std::rotate(found.begin(), found.begin() + static_cast<ptrdiff_t>(first),
                found.begin() + static_cast<ptrdiff_t>(first) + 1);
  return found;
}

std::vector<rendering::Point> places_of(const OneGraph& graph, const std::vector<size_t>& shown,
                                        const std::map<size_t, size_t>& place) {
  if (!graph.set.coordinates.empty()) {
    std::vector<float> points;
    for (const size_t node : shown) {
      const int64_t first = graph.set.same_points ? 0 : graph.first;
      const auto at = graph.set.coordinates.begin() + 3 * (first + static_cast<int64_t>(node));
      points.insert(points.end(), at, at + 3);
    }
    return rendering::flat_view(points);
  }
  std::vector<std::pair<size_t, size_t>> inside;
  for (const auto& [from, to] : graph.edges)
    if (place.count(from) && place.count(to)) inside.emplace_back(place.at(from), place.at(to));
  return rendering::spring_layout(shown.size(), inside);
}

/// What stands on a node and gives it its colour: its class in a graph of classes, else its first category.
struct NodeLook {
  std::string label;
  size_t color = 0;
};
NodeLook look_of(const OneGraph& graph, size_t node) {
  const GraphSet& set = graph.set;
  const auto row = static_cast<size_t>(graph.first) + node;
  const auto& classes = set.targets.classes;
  const bool own_class = set.targets.level == graph::Level::kNode && set.targets.has_classes();
  NodeLook look;
  if (!set.node_categories.empty()) {
    const auto& column = set.node_categories.front();
    const int32_t code = column.codes[row];
    if (code >= 0) look = {column.values[static_cast<size_t>(code)], static_cast<size_t>(code)};
  }
  if (own_class && classes.codes[row] >= 0) look.color = static_cast<size_t>(classes.codes[row]);
  if (look.label.empty()) look.label = set.node_ids.empty() ? std::to_string(node) : set.node_ids[row];
  return look;
}

/// Weights of attention in a head or on the mean of the heads, and the nodes that they join.
struct ShownWeights {
  at::Tensor source, target, weight;  ///< [edges] int64, int64, float; nodes of one graph

  int64_t size() const { return weight.size(0); }
  size_t from(int64_t edge) const { return static_cast<size_t>(source.const_data_ptr<int64_t>()[edge]); }
  size_t to(int64_t edge) const { return static_cast<size_t>(target.const_data_ptr<int64_t>()[edge]); }
  double of(int64_t edge) const { return weight.const_data_ptr<float>()[edge]; }
};

ShownWeights weights_of(const GraphPredictor& model, const nn::Graphs& graphs,
                        const InspectGraphOptions& options) {
  auto& module = *model.trained.model;
  const int64_t layers = module.attention_layers();
  if (layers == 0) throw Error(ErrorKind::kUsage, "has no attention", model.trained.folder.string());
  if (options.layer >= layers)
    throw Error(ErrorKind::kUsage, "must be below " + std::to_string(layers), FieldName{"layer"});
  const nn::InferenceScope inference(module);
  const auto found = module.attended(to_device(graphs, nn::device_of(module)), options.layer);
  const at::Tensor weights = found.weights.to(at::kCPU, at::kFloat);
  if (options.head && *options.head >= weights.size(1))
    throw Error(ErrorKind::kUsage, "must be below " + std::to_string(weights.size(1)), FieldName{"head"});
  return {.source = found.edges.source.to(at::kCPU, at::kLong),
          .target = attention::targets_of(found.edges).to(at::kCPU, at::kLong),
          .weight = (options.head ? weights.select(1, *options.head) : weights.mean(1)).contiguous()};
}

std::string title_of(const GraphPredictor& model, const InspectGraphOptions& options) {
  if (!options.title.empty()) return options.title;
  return model_title(model.trained.folder) + ", layer " + std::to_string(options.layer) +
         (options.head ? ", head " + std::to_string(*options.head) : ", mean of the heads");
}

/// Whether points lie around the origin, all about equally far.
bool is_sphere(const GraphSet& set) {
  if (!set.same_points || set.coordinates.empty()) return false;
  double least = std::numeric_limits<double>::max(), most = 0;
  for (auto point = set.coordinates.begin(); point != set.coordinates.end(); point += 3) {
    const double radius = std::hypot(point[0], point[1], point[2]);
    least = std::min(least, radius), most = std::max(most, radius);
  }
  return least > 0 && most < 1.01 * least;
}

/// What is drawn is in `picture` of the answer, what the weights are in `weights`.
Answer answer_of(const InspectGraphOptions& options, size_t nodes, Json weights) {
  return {{{"picture", options.output.string()}, {"nodes", nodes}, {"weights", std::move(weights)}},
          {"picture                 " + options.output.string(),
           "nodes                   " + std::to_string(nodes)}};
}

/// Draws a signal on a sphere, and what a point attends to, or how much all points together attend to each.
Answer inspect_sphere(const GraphPredictor& model, const InspectGraphOptions& options, const OneGraph& graph,
                      const std::optional<size_t>& asked, const ShownWeights& weights) {
  const GraphSet& set = graph.set;
  std::vector<rendering::SpherePoint> points(static_cast<size_t>(graph.nodes));
  const auto& features = set.node_features;
  double most = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    std::copy_n(set.coordinates.begin() + static_cast<ptrdiff_t>(3 * i), 3, points[i].place.begin());
    if (features.dense.empty()) continue;
    const int64_t row = graph.first + static_cast<int64_t>(i);
    points[i].value = features.dense[static_cast<size_t>(row * features.width)];
    most = std::max(most, points[i].value);
  }
  for (auto& point : points) point.value = most > 0 ? std::max(0.0, point.value / most) : 0;
  Json list = Json::array();
  for (int64_t e = 0; e < weights.size(); ++e) {
    if (asked && weights.to(e) != *asked) continue;
    points.at(weights.from(e)).weight += weights.of(e);
    if (asked) list.push_back({{"from", weights.from(e)}, {"to", *asked}, {"weight", weights.of(e)}});
  }
  if (!asked) {  // all see all about alike: the differences tell
    double least = std::numeric_limits<double>::max();
    for (const auto& point : points)
      if (point.weight > 0) least = std::min(least, point.weight);
    for (auto& point : points) point.weight = std::max(0.0, point.weight - least);
  }
  if (asked && list.empty())
    throw Error(ErrorKind::kUsage,
                "layer " + std::to_string(options.layer) + " has coarser points, of which this is none",
                FieldName{"node"});
  rendering::draw_sphere(
      points,
      {.title = title_of(model, options),
       .note = asked ? "Dots: what the ringed point attends to, areas as weights"
                     : "Dots: how much more all points together attend to each than to the least",
       .asked = asked,
       .size = static_cast<int>(options.size)},
      options.output);
  return answer_of(options, points.size(), std::move(list));
}

Answer inspect(const GraphPredictor& model, InspectGraphOptions& options, const Call& /*call*/) {
  constexpr size_t kMostNodes = 150;
  const auto set = model.read(options.data);
  const auto number = static_cast<size_t>(find_row(options.graph, set->graph_names, set->graphs(), "graph"));
  const OneGraph graph(*set, number);
  const auto tensors = model.tensors(set);
  const nn::Graphs packed = tensors->pack(std::vector<size_t>{number}, model.trained.model->neighbours());
  const ShownWeights weights = weights_of(model, packed, options);

  const bool hears_strangers = model.trained.model->neighbours() != nn::Neighbours::kEdges;
  std::optional<size_t> asked;
  std::vector<size_t> shown;
  if (!options.node.empty()) {
    std::vector<std::string> ids;
    if (!set->node_ids.empty())
      ids.assign(set->node_ids.begin() + graph.first, set->node_ids.begin() + graph.first + graph.nodes);
    asked = static_cast<size_t>(find_row(options.node, ids, graph.nodes, "node"));
  }
  if (is_sphere(*set)) return inspect_sphere(model, options, graph, asked, weights);
  if (asked) {
    shown = hears_strangers ? all_nodes(graph, *asked) : neighbourhood(graph, *asked, options.hops);
  } else {
    shown = all_nodes(graph, 0);
  }
  if (shown.size() > kMostNodes) {
    throw Error(ErrorKind::kUsage,
                std::to_string(shown.size()) + " nodes are too many to draw: " +
                    (asked ? "take fewer hops" : "name one of them, whose neighbourhood is drawn"),
                FieldName{asked ? "hops" : "node"});
  }
  std::map<size_t, size_t> place;
  for (size_t i = 0; i < shown.size(); ++i) place[shown[i]] = i;

  std::vector<rendering::DrawnNode> nodes;
  const auto places = places_of(graph, shown, place);
  for (size_t i = 0; i < shown.size(); ++i) {
    const NodeLook look = look_of(graph, shown[i]);
    nodes.push_back({places[i], look.label, look.color, asked == shown[i]});
  }
  std::vector<rendering::DrawnEdge> edges;
  for (const auto& [from, to] : graph.edges)
    if (place.count(from) && place.count(to)) edges.push_back({place[from], place[to], true, 0});
  Json list = Json::array();
  for (int64_t e = 0; e < weights.size(); ++e) {
    const size_t from = weights.from(e), to = weights.to(e);
    if (!place.count(from) || !place.count(to) || (asked && to != *asked)) continue;
    const double weight = weights.of(e);
    edges.push_back({place[from], place[to], false, weight});
    list.push_back({{"from", from}, {"to", to}, {"weight", weight}});
  }
  const std::string note =
      asked ? "Lines: what the ringed node attends to; the outer ring: itself"
            : "Lines: weights, darker where larger; rings: weights of nodes for themselves";
  rendering::draw_graph(
      nodes, edges, {.title = title_of(model, options), .note = note, .size = static_cast<int>(options.size)},
      options.output);
  return answer_of(options, shown.size(), std::move(list));
}

}  // namespace

Action inspect_graph_action() {
  auto action = model_action("inspect attention", "Draw what the nodes of a graph attend to", inspect);
  action.decodes = false;
  return action;
}

}  // namespace heed::tasks
