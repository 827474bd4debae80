// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/graph/graph_task.h"

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/names.h"
#include "heed/models/registry.h"
#include "heed/tasks/graph/graph_actions.h"
#include "heed/tasks/graph/graph_objective.h"
#include "heed/tasks/graph/graph_predictor.h"
#include "heed/tasks/presets.h"

namespace heed::tasks {
namespace {

/// The sizes that a model was made for, in its config.
toml::table format_domain(const nn::GraphDomain& domain) {
  return toml::table{{"features", domain.features},       {"edge_features", domain.edge_features},
                     {"edge_types", domain.edge_types},   {"coordinates", domain.coordinates},
                     {"same_points", domain.same_points}, {"of_graphs", domain.of_graphs},
                     {"outputs", domain.outputs}};
}

nn::GraphDomain parse_domain(const toml::table& config, const std::string& place) {
  const auto* table = config["about"]["graphs"].as_table();
  if (table == nullptr)
    throw Error(ErrorKind::kCheckpoint, "does not describe a model of graphs: about.graphs is missing",
                place);
  const toml::table& of = *table;
  return {.features = of["features"].value_or(int64_t{0}),
          .edge_features = of["edge_features"].value_or(int64_t{0}),
          .edge_types = of["edge_types"].value_or(int64_t{1}),
          .coordinates = of["coordinates"].value_or(false),
          .same_points = of["same_points"].value_or(false),
          .of_graphs = of["of_graphs"].value_or(false),
          .outputs = of["outputs"].value_or(int64_t{0})};
}

/// Says what the data has that the model does not read.
void note_unread(const nn::GraphModel& model, const graph::GraphSet& set, const std::string& kind) {
  const nn::GraphInputs reads = model.reads();
  std::vector<std::string> unread;
  if (model.neighbours() == nn::Neighbours::kOthers && set.edges() > 0) unread.push_back("edges");
  for (const auto& column : set.edge_categories)
    if (!reads.edge_features && !reads.edge_types)
      unread.push_back("the category '" + column.name + "' of edges");
  if (!reads.edge_features && set.edge_features.width > 0) unread.push_back("features of edges");
  if (!reads.coordinates && !set.coordinates.empty()) unread.push_back("coordinates");
  if (!unread.empty()) inform("a model of the kind " + kind + " does not read " + comma_list(unread));
}

class GraphTask : public Task {
 public:
  std::string name() const override { return "graph"; }
  std::string noun() const override { return "a model of graphs"; }

  std::string config_help() const override {
    GraphDataOptions data;
    return "[data], task graph\n" + describe_fields(fields(data)) + "\n" +
           models::describe_kinds<nn::GraphModel>();
  }

  TrainingRun open(const toml::table& config, const Paths& data, at::Device device) const override {
    RunDraft draft(config, device);
    GraphDataOptions options;
    draft.read("data", fields(options));
    const auto corpus = std::make_shared<const GraphCorpus>(read_graph_corpus(data, options, draft.seed()));
    inform(corpus_line(*corpus));
    const auto tensors = std::make_shared<const GraphTensors>(corpus->set, options.tensors);
    nn::GraphDomain domain = tensors->domain();
    domain.of_graphs = corpus->of_graphs();
    domain.outputs = corpus->outputs();
    draft.about().insert_or_assign("graphs", format_domain(domain));
    TargetScale scale;
    if (!corpus->has_classes()) {
      scale = fit_target_scale(*corpus->set, corpus->split("train"), options.composition);
      draft.about().insert_or_assign("target_scale", format_scale(scale));
    }
    const auto model = draft.make_model(
        [&](toml::table& section) { return models::make_model<nn::GraphModel>(section, domain); });
    note_unread(*model, *corpus->set, draft.model()["kind"].value_or(std::string()));
    return draft.finish(
        std::make_unique<GraphObjective>(model, corpus, tensors, options, scale, draft.seed(), device),
        graph_card(*corpus));
  }

  std::shared_ptr<torch::nn::Module> make_module(const toml::table& config,
                                                 const std::string& place) const override {
    toml::table section = config_section(config, "model");
    return models::make_model<nn::GraphModel>(section, parse_domain(config, place));
  }
  std::unique_ptr<TaskModel> open_model(Trained<torch::nn::Module> trained) const override {
    return std::make_unique<GraphPredictor>(std::move(trained));
  }

  const std::vector<Action>& actions() const override {
    static const std::vector<Action> actions{prepare_graph_action(), evaluate_graph_action(),
                                             predict_graph_action(), inspect_graph_action(),
                                             inspect_graph_equivariance_action()};
    return actions;
  }
};

}  // namespace

const Task& graph_task() {
  static const GraphTask task;
  return task;
}

}  // namespace heed::tasks
