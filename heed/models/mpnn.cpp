// SPDX-License-Identifier: Apache-2.0
#include "heed/models/mpnn.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

#include "heed/nn/edge_lengths.h"
#include "heed/nn/graph_readout.h"
#include "heed/nn/radial_functions.h"

namespace heed::models {

std::vector<Field> fields(MpnnOptions& options) {
  return {{"d_model", &options.d_model, "numbers of a node's state", at_least(1)},
          {"steps", &options.steps, "steps of message passing, with the same weights", at_least(1)},
          {"message", &options.message, "network: a net reads the edge; matrix: a matrix for each edge type",
           one_of({"network", "matrix"})},
          {"edge_functions", &options.edge_functions, "numbers that the edge network gives", at_least(1)},
          {"edge_hidden", &options.edge_hidden, "width of the edge network", at_least(1)},
          {"towers", &options.towers, "parts of the state that pass messages by themselves", at_least(1)},
          {"all_pairs", &options.all_pairs, "edges between all nodes of a graph"},
          {"master", &options.master, "a node of each graph that all others talk to"},
          {"distance_basis", &options.distance_basis, "radial functions of the distance", at_least(2)},
          {"longest_distance", &options.longest_distance, "longer distances count as this one", above(3)},
          {"readout", &options.readout, "of graphs: gated or set2set", one_of({"gated", "set2set"})},
          {"set2set_steps", &options.set2set_steps, "questions of set2set", at_least(1)},
          {"dropout", &options.dropout, "dropout on the state after each step, and before the outputs",
           between(0, 0.99)}};
}

Mpnn::Mpnn(const nn::GraphDomain& domain, const MpnnOptions& options)
    : GraphModel(domain), options_(options) {
  TORCH_CHECK(domain.features > 0, "[mpnn] the nodes have no features");
  const int64_t width = options.d_model;
  input_weight_ = register_parameter("input_weight", at::empty({domain.features, 1, width}));
  input_bias_ = register_parameter("input_bias", at::zeros({width}));
  torch::nn::init::xavier_uniform_(input_weight_.select(1, 0));
  const bool network = options.message == "network";
  if (network) {
    const int64_t numbers = domain.edge_features + (domain.coordinates ? options.distance_basis : 0);
    TORCH_CHECK(numbers > 0,
                "[mpnn] edges have neither features, categories nor lengths: use message = \"matrix\"");
    edge_hidden_ = register_module("edge_hidden", torch::nn::Linear(numbers, options.edge_hidden));
    edge_output_ =
        register_module("edge_output", torch::nn::Linear(options.edge_hidden, options.edge_functions));
  }
  passing_ = register_module("passing",
                             nn::MessagePassing(nn::MessagePassingOptions{
                                 .width = width,
                                 .towers = options.towers,
                                 .edge_functions = network ? options.edge_functions : domain.edge_types}));
  if (options.master) {
    to_master_ = register_module("to_master", torch::nn::Linear(width, width));
    from_master_ = register_module("from_master", torch::nn::Linear(width, width));
    master_ = register_module("master", torch::nn::GRUCell(width, width));
  }
  if (domain.of_graphs && options.readout == "set2set") {
    projection_ = register_module("projection", torch::nn::Linear(2 * width, width));
    set_ = register_module("set", nn::Set2Set(width, options.set2set_steps));
    hidden_ = register_module("hidden", torch::nn::Linear(2 * width, width));
  } else {
    if (domain.of_graphs) gate_ = register_module("gate", torch::nn::Linear(2 * width, domain.outputs));
    hidden_ = register_module("hidden", torch::nn::Linear(width, width));
  }
  dropout_ = register_module("dropout", nn::Dropout(options.dropout));
  output_ = register_module("output", torch::nn::Linear(width, domain.outputs));
}

nn::GraphInputs Mpnn::reads() const {
  const bool network = options_.message == "network";
  return {.edge_features = network, .edge_types = !network, .coordinates = network};
}

at::Tensor Mpnn::edge_weights(const nn::Graphs& graphs) {
  if (options_.message == "matrix") {
    const int64_t types = domain().edge_types;
    if (!graphs.edge_types.defined())
      return at::ones({graphs.edges.size(), types}, graphs.begin.options().dtype(at::kFloat));
    return at::one_hot(graphs.edge_types, types).to(at::kFloat);
  }
  std::vector<at::Tensor> numbers;
  if (graphs.edge_features.defined()) numbers.push_back(graphs.edge_features);
  if (domain().coordinates) {
    const nn::RadialFunctions radial(options_.distance_basis, options_.longest_distance);
    numbers.push_back(radial(nn::edge_lengths(graphs).clamp_max(options_.longest_distance)));
  }
  return edge_output_->forward(at::relu(edge_hidden_->forward(at::cat(numbers, 1))));
}

at::Tensor Mpnn::input(const nn::Graphs& graphs) {
  return nn::head_products(graphs.features, input_weight_, 0).squeeze(1) + input_bias_;
}

at::Tensor Mpnn::embeddings(const nn::Graphs& graphs) {
  at::Tensor state = input(graphs), master;
  const at::Tensor weights = edge_weights(graphs), graph = at::repeat_interleave(graphs.begin.diff());
  if (options_.master) master = at::zeros({graphs.count(), options_.d_model}, state.options());
  for (int64_t step = 0; step < options_.steps; ++step) {
    if (options_.master) {
      master = master_->forward(nn::mean_of_nodes(to_master_->forward(state), graphs), master);
      state = state + from_master_->forward(master).index_select(0, graph);
    }
    state = dropout_->forward(passing_->forward(state, weights, graphs.edges));
  }
  return state;
}

at::Tensor Mpnn::forward(const nn::Graphs& graphs) {
  const at::Tensor state = embeddings(graphs);
  const auto of_hidden = [&](const at::Tensor& from) {
    return output_->forward(dropout_->forward(at::relu(hidden_->forward(from))));
  };
  if (!domain().of_graphs) return of_hidden(state);
  const at::Tensor both = at::cat({state, input(graphs)}, 1);
  if (options_.readout == "set2set") return of_hidden(set_->forward(projection_->forward(both), graphs));
  return nn::sum_of_nodes(at::sigmoid(gate_->forward(both)) * of_hidden(state), graphs);
}

}  // namespace heed::models
