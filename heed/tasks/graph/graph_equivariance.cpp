// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <utility>

#include <ATen/Context.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randperm.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/nn/inference_scope.h"
#include "heed/rendering/plot.h"
#include "heed/tasks/graph/graph_actions.h"
#include "heed/tasks/graph/graph_predictor.h"
#include "heed/tasks/graph/graph_transforms.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct EquivarianceOptions {
  Paths data;
  std::filesystem::path output;
  int64_t graphs = 10;
  uint64_t seed = 1;
};

Fields fields(EquivarianceOptions& options) {
  return {required({"data", &options.data, "graphs"}),
          default_text({"output", &options.output, "picture to write (.png): outputs before and after"},
                       "no picture"),
          {"graphs", &options.graphs, "how many of the first graphs", at_least(1)},
          {"seed", &options.seed, "seed of orders and rotations"}};
}

void check(const EquivarianceOptions& options, const std::vector<std::string>& /*given*/) {
  if (!options.output.empty()) check_writable(options.output);
}

/// What is done to a graph, and how its outputs should follow.
struct Transform {
  std::string name;
  std::function<std::pair<nn::Graphs, at::Tensor>(const nn::Graphs&)>
      apply;  ///< the order of the nodes that results
};

std::vector<Transform> transforms_for(const nn::GraphModel& model) {
  const auto same_order = [](const nn::Graphs& graphs) { return at::arange(graphs.nodes()); };
  std::vector<Transform> found;
  // Levels of shared points are the first ones in their order.
  if (!model.domain().same_points) {
    found.push_back({"relabel", [](const nn::Graphs& graphs) {
                       const at::Tensor order = at::randperm(graphs.nodes());
                       return std::pair(relabelled(graphs, order), order);
                     }});
  }
  if (model.domain().coordinates)
    found.push_back({"rotate", [same_order](const nn::Graphs& graphs) {
                       return std::pair(rotated(graphs, random_rotation()), same_order(graphs));
                     }});
  return found;
}

/// Outputs before and after a transform, one beside the other.
struct Outputs {
  at::Tensor before, after;  ///< [numbers]
  double largest() const { return (before - after).abs().max().item<double>(); }
  double spread() const { return before.numel() > 1 ? before.std().item<double>() : 0; }
};

Outputs run(nn::GraphModel& model, const GraphTensors& tensors, int64_t graphs, const Transform& transform) {
  std::vector<at::Tensor> before, after;
  for (int64_t g = 0; g < graphs; ++g) {
    const nn::Graphs one = tensors.pack(std::vector{static_cast<size_t>(g)}, model.neighbours());
    const auto [changed, order] = transform.apply(one);
    const at::Tensor outputs = model.forward(to_device(one, nn::device_of(model))).cpu();
    before.push_back((model.domain().of_graphs ? outputs : outputs.index_select(0, order)).flatten());
    after.push_back(model.forward(to_device(changed, nn::device_of(model))).cpu().flatten());
  }
  return {at::cat(before).to(at::kDouble), at::cat(after).to(at::kDouble)};
}

/// A point for each output; a model that follows the transform has them on the diagonal.
void draw(const std::vector<std::pair<std::string, Outputs>>& results, const std::string& title,
          const std::filesystem::path& path) {
  constexpr int64_t kMostPoints = 2000;
  const double gap = std::numeric_limits<double>::quiet_NaN();
  std::vector<rendering::PlotSeries> series;
  double low = std::numeric_limits<double>::max(), high = std::numeric_limits<double>::lowest();
  for (const auto& [name, outputs] : results) {
    rendering::PlotSeries dots{.name = name};
    for (int64_t i = 0; i < std::min(kMostPoints, outputs.before.numel()); ++i) {
      const double x = outputs.before[i].item<double>(), y = outputs.after[i].item<double>();
      low = std::min({low, x, y}), high = std::max({high, x, y});
      dots.x.insert(dots.x.end(), {x, gap});
      dots.y.insert(dots.y.end(), {y, gap});
    }
    series.push_back(std::move(dots));
  }
  series.push_back({.name = "equal", .x = {low, high}, .y = {low, high}, .dashed = true});
  rendering::draw_plot(
      series,
      {.width = 640, .height = 640, .title = title, .x_title = "output before", .y_title = "output after"},
      path);
}

Answer equivariance(const GraphPredictor& model, EquivarianceOptions& options, const Call& /*call*/) {
  const auto set = model.read(options.data);
  const auto tensors = model.tensors(set);
  auto& module = *model.trained.model;
  const auto transforms = transforms_for(module);
  if (transforms.empty())
    throw Error(ErrorKind::kUsage, "has nothing to turn: its graphs share points without coordinates",
                model.trained.folder.string());
  const nn::InferenceScope inference(module);
  at::manual_seed(options.seed);
  const int64_t graphs = std::min(options.graphs, set->graphs());
  std::vector<std::pair<std::string, Outputs>> results;
  Answer answer{{{"graphs", graphs}}};
  for (const auto& transform : transforms) {
    results.emplace_back(transform.name, run(module, *tensors, graphs, transform));
    const Outputs& outputs = results.back().second;
    answer.json[transform.name] = {{"largest_difference", outputs.largest()},
                                   {"spread", outputs.spread()},
                                   {"outputs", outputs.before.numel()}};
    char line[200];
    std::snprintf(line, sizeof line,
                  "%-8s largest difference %.2g in %lld outputs, whose standard deviation is %.3g",
                  transform.name.c_str(), outputs.largest(), static_cast<long long>(outputs.before.numel()),
                  outputs.spread());
    answer.lines.emplace_back(line);
  }
  if (!options.output.empty()) {
    draw(results, model_title(model.trained.folder), options.output);
    answer.json["picture"] = options.output.string();
  }
  return answer;
}

}  // namespace

Action inspect_graph_equivariance_action() {
  auto action = model_action(
      "inspect equivariance",
      "Number the nodes of graphs anew and turn their coordinates, and compare the outputs", equivariance);
  action.decodes = false;
  return action;
}

}  // namespace heed::tasks
