// SPDX-License-Identifier: Apache-2.0
#include "heed/models/graph_transformer.h"

#include <limits>

#include <ATen/ops/gelu.h>
#include <ATen/ops/randint.h>
#include <torch/nn/init.h>

#include "heed/attention/edges.h"
#include "heed/nn/graph_readout.h"

namespace heed::models {

std::vector<Field> fields(GraphTransformerOptions& options) {
  return {{"d_model", &options.d_model, "width of the residual stream", at_least(1)},
          {"heads", &options.heads, "heads of attention", at_least(1)},
          {"layers", &options.layers, "layers", at_least(1)},
          {"d_ff", &options.d_ff, "width of the feed-forward sublayers", at_least(1)},
          {"all_pairs", &options.all_pairs, "attend to all nodes of a graph, else along its edges"},
          {"dropout", &options.dropout, "dropout on the output of each sublayer", between(0, 0.99)},
          {"attention_dropout", &options.attention_dropout, "dropout on attention weights", between(0, 0.99)},
          {"distance_basis", &options.distance_basis, "radial functions of the distance", at_least(2)},
          {"distance_hidden", &options.distance_hidden, "width of the net that reads them", at_least(1)},
          {"longest_distance", &options.longest_distance, "longer distances count as this one", above(3)},
          {"longest_path", &options.longest_path,
           "where nodes have no coordinates and a node hears all: longer shortest paths along edges count as "
           "one; 0: paths are not told apart",
           at_least(0)},
          {"readout", &options.readout, "outputs of a graph from those of its nodes: sum or mean",
           one_of({"sum", "mean"})}};
}

namespace {

/// The longest path that is told apart in a domain; 0: none is.
int64_t longest_path(const nn::GraphDomain& domain, const GraphTransformerOptions& options) {
  return domain.coordinates || !options.all_pairs ? 0 : options.longest_path;
}

}  // namespace

/// Attention with a relation, and a feed-forward net; each adds to the stream what it makes of its norm.
struct GraphTransformer::LayerImpl : torch::nn::Module {
  LayerImpl(const nn::GraphDomain& domain, const GraphTransformerOptions& of)
      : heads(of.heads), attention_dropout(of.attention_dropout) {
    const auto norm = [&] { return torch::nn::LayerNorm(torch::nn::LayerNormOptions({of.d_model})); };
    attention_norm = register_module("attention_norm", norm());
    joined = register_module("joined", torch::nn::Linear(of.d_model, 3 * of.d_model));
    attention_output = register_module("attention_output", torch::nn::Linear(of.d_model, of.d_model));
    relation = register_module(
        "relation", nn::PairRelation(nn::PairRelationOptions{.types = domain.edge_types,
                                                             .distances = domain.coordinates,
                                                             .longest_path = longest_path(domain, of),
                                                             .heads = of.heads,
                                                             .head_dim = of.d_model / of.heads,
                                                             .basis = of.distance_basis,
                                                             .hidden = of.distance_hidden,
                                                             .most = of.longest_distance}));
    feed_forward_norm = register_module("feed_forward_norm", norm());
    inner = register_module("inner", torch::nn::Linear(of.d_model, of.d_ff));
    outer = register_module("outer", torch::nn::Linear(of.d_ff, of.d_model));
    dropout = register_module("dropout", nn::Dropout(of.dropout));
  }

  struct Inputs {
    at::Tensor query, key, value;
    attention::Spec spec;
  };
  Inputs inputs(const at::Tensor& stream, const nn::Graphs& graphs, const nn::PairRows& rows) {
    const auto parts = joined->forward(attention_norm->forward(stream)).view({stream.size(0), 3, heads, -1});
    Inputs found{parts.select(1, 0), parts.select(1, 1), parts.select(1, 2), {}};
    found.spec.pattern = graphs.edges;
    found.spec.relation = relation->forward(rows);
    return found;
  }

  at::Tensor forward(const at::Tensor& input, const nn::Graphs& graphs, const nn::PairRows& rows) {
    Inputs in = inputs(input, graphs, rows);
    if (is_training() && attention_dropout > 0) {
      in.spec.dropout = {.p = attention_dropout,
                         .seed = at::randint(std::numeric_limits<int64_t>::max(), {1}, at::kLong)};
    }
    const at::Tensor found = attention::attend(in.query, in.key, in.value, in.spec).output.flatten(1);
    const at::Tensor stream = dropout->add_to(input, attention_output->forward(found));
    return dropout->add_to(stream,
                           outer->forward(at::gelu(inner->forward(feed_forward_norm->forward(stream)))));
  }

  int64_t heads;
  double attention_dropout;
  torch::nn::LayerNorm attention_norm{nullptr}, feed_forward_norm{nullptr};
  torch::nn::Linear joined{nullptr}, attention_output{nullptr}, inner{nullptr}, outer{nullptr};
  nn::PairRelation relation{nullptr};
  nn::Dropout dropout{nullptr};
};

GraphTransformer::GraphTransformer(const nn::GraphDomain& domain, const GraphTransformerOptions& options)
    : GraphModel(domain), options_(options) {
  TORCH_CHECK(options.d_model % options.heads == 0,
              "[graph_transformer] d_model must be a multiple of heads, got ", options.d_model, " and ",
              options.heads);
  TORCH_CHECK(domain.features > 0, "[graph_transformer] the nodes have no features");
  input_weight_ = register_parameter("input_weight", at::empty({domain.features, 1, options.d_model}));
  input_bias_ = register_parameter("input_bias", at::zeros({options.d_model}));
  torch::nn::init::xavier_uniform_(input_weight_.select(1, 0));
  for (int64_t i = 0; i < options.layers; ++i)
    layers_->push_back(std::make_shared<LayerImpl>(domain, options));
  register_module("layers", layers_);
  norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.d_model})));
  hidden_ = register_module("hidden", torch::nn::Linear(options.d_model, options.d_model));
  output_ = register_module("output", torch::nn::Linear(options.d_model, domain.outputs));
}

GraphTransformer::LayerImpl& GraphTransformer::layer(int64_t index) const {
  return *layers_->ptr<LayerImpl>(static_cast<size_t>(index));
}

nn::PairRows GraphTransformer::rows_of(const nn::Graphs& graphs) const {
  return nn::pair_rows(graphs, domain(), options_.longest_distance, longest_path(domain(), options_));
}

at::Tensor GraphTransformer::run(const nn::Graphs& graphs, const nn::PairRows& rows, int64_t layers) {
  at::Tensor stream = nn::head_products(graphs.features, input_weight_, 0).squeeze(1) + input_bias_;
  for (int64_t i = 0; i < layers; ++i) stream = layer(i).forward(stream, graphs, rows);
  return stream;
}

at::Tensor GraphTransformer::embeddings(const nn::Graphs& graphs) {
  const nn::PairRows rows = rows_of(graphs);
  return at::gelu(hidden_->forward(norm_->forward(run(graphs, rows, options_.layers))));
}

at::Tensor GraphTransformer::forward(const nn::Graphs& graphs) {
  const at::Tensor outputs = output_->forward(embeddings(graphs));
  if (!domain().of_graphs) return outputs;
  return options_.readout == "mean" ? nn::mean_of_nodes(outputs, graphs) : nn::sum_of_nodes(outputs, graphs);
}

nn::AttendedEdges GraphTransformer::attended(const nn::Graphs& graphs, int64_t index) {
  TORCH_CHECK(index >= 0 && index < options_.layers, "[graph_transformer] there is no layer ", index);
  const nn::PairRows rows = rows_of(graphs);
  const auto in = layer(index).inputs(run(graphs, rows, index), graphs, rows);
  return {graphs.edges, attention::edge_weights(in.query, in.key, in.spec)};
}

}  // namespace heed::models
