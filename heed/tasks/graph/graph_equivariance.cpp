// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <utility>

#include <ATen/Context.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randperm.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/nn/inference_scope.h"
#include "heed/tasks/equivariance.h"
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

EquivarianceResult run(nn::GraphModel& model, const GraphTensors& tensors, int64_t graphs,
                       const Transform& transform) {
  std::vector<at::Tensor> before, after;
  for (int64_t g = 0; g < graphs; ++g) {
    const nn::Graphs one = tensors.pack(std::vector{static_cast<size_t>(g)}, model.neighbours());
    const auto [changed, order] = transform.apply(one);
    const at::Tensor outputs = model.forward(to_device(one, nn::device_of(model))).cpu();
    before.push_back((model.domain().of_graphs ? outputs : outputs.index_select(0, order)).flatten());
    after.push_back(model.forward(to_device(changed, nn::device_of(model))).cpu().flatten());
  }
  return {transform.name, at::cat(before).to(at::kDouble), at::cat(after).to(at::kDouble)};
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
  std::vector<EquivarianceResult> results;
  results.reserve(transforms.size());
  for (const auto& transform : transforms) results.push_back(run(module, *tensors, graphs, transform));
  Answer answer{{{"graphs", graphs}}};
  report_equivariance(results, model_title(model.trained.folder), options.output, answer);
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
