// SPDX-License-Identifier: Apache-2.0
#include "heed/models/vain.h"

#include <algorithm>

#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros_like.h>

#include "heed/attention/edge_sum.h"
#include "heed/attention/edges.h"
#include "heed/nn/graph_readout.h"

namespace heed::models {
namespace {

/// Queries and keys whose products are -|a_i - a_j|^2, less what is the same for all keys of a query.
struct DistanceScore {
  at::Tensor query, key;  ///< [nodes, 1, width]
};
DistanceScore distance_score(const at::Tensor& vectors, int64_t width) {
  const at::Tensor lengths = vectors.square().sum(1, true);
  const auto row = [&](const at::Tensor& vector, const at::Tensor& number) {
    return at::constant_pad_nd(at::cat({vector, number}, 1), {0, width - vectors.size(1) - 1}).unsqueeze(1);
  };
  return {row(vectors * 2, at::ones_like(lengths)), row(vectors, -lengths)};
}

attention::Spec distance_spec(const nn::Graphs& graphs) {
  attention::Spec spec;
  spec.pattern = graphs.edges;
  spec.score = attention::Dot{.scale = 1.0};
  return spec;
}

}  // namespace

std::vector<Field> fields(VainOptions& options) {
  return {
      {"d_model", &options.d_model, "width of all nets, and numbers that agents tell each other",
       at_least(1)},
      {"attention_dim", &options.attention_dim, "numbers of the vectors whose distance weighs", at_least(1)},
      {"weights", &options.weights, "of the others: attention, mean, or none, so that nobody is heard",
       one_of({"attention", "mean", "none"})}};
}

Vain::Vain(const nn::GraphDomain& domain, const VainOptions& options)
    : GraphModel(domain), options_(options) {
  const int64_t numbers = domain.features + (domain.coordinates ? 3 : 0), width = options.d_model;
  TORCH_CHECK(numbers > 0, "[vain] the nodes have neither features nor coordinates");
  TORCH_CHECK(options.attention_dim < width, "[vain] attention_dim must be below d_model, got ",
              options.attention_dim, " and ", width);
  const auto make = [&](const char* name, int64_t in, int64_t out) {
    return register_module(name, torch::nn::Linear(in, out));
  };
  single_hidden_ = make("single_hidden", numbers, width);
  single_output_ = make("single_output", width, width);
  if (options.weights != "none") {
    shared_hidden_ = make("shared_hidden", numbers, width);
    shared_output_ = make("shared_output", width, width);
  }
  if (options.weights == "attention") vector_ = make("vector", width, options.attention_dim);
  decoder_ = make("decoder", 2 * width + numbers, width);
  hidden_ = make("hidden", width, width);
  output_ = make("output", width, domain.outputs);
}

at::Tensor Vain::agents(const nn::Graphs& graphs) const {
  TORCH_CHECK(!graphs.features.is_sparse(), "[vain] features of agents must be dense");
  if (!domain().coordinates) return graphs.features.dense;
  return at::cat({graphs.features.dense, graphs.coordinates}, 1);
}

at::Tensor Vain::heard(const at::Tensor& agents, const nn::Graphs& graphs) {
  if (options_.weights == "none")
    return at::zeros_like(agents).select(1, 0).unsqueeze(1).expand({-1, options_.d_model});
  const at::Tensor hidden = at::relu(shared_hidden_->forward(agents));
  const at::Tensor told = shared_output_->forward(hidden).unsqueeze(1);
  if (options_.weights == "mean") {
    const at::Tensor share = graphs.edges.target_begin.diff().to(told.scalar_type()).reciprocal();
    return attention::edge_sum(told, share.index_select(0, attention::targets_of(graphs.edges)).unsqueeze(1),
                               graphs.edges)
        .squeeze(1);
  }
  const DistanceScore score = distance_score(vector_->forward(hidden), options_.d_model);
  return attention::attend(score.query, score.key, told, distance_spec(graphs)).output.squeeze(1);
}

at::Tensor Vain::embeddings(const nn::Graphs& graphs) {
  const at::Tensor found = agents(graphs);
  const at::Tensor single = single_output_->forward(at::relu(single_hidden_->forward(found)));
  const at::Tensor read = at::cat({single, heard(found, graphs), found}, 1);
  return at::relu(hidden_->forward(at::relu(decoder_->forward(read))));
}

at::Tensor Vain::forward(const nn::Graphs& graphs) {
  const at::Tensor found = embeddings(graphs);
  return output_->forward(domain().of_graphs ? nn::mean_of_nodes(found, graphs) : found);
}

nn::AttendedEdges Vain::attended(const nn::Graphs& graphs, int64_t layer) {
  TORCH_CHECK(layer >= 0 && layer < attention_layers(), "[vain] there is no layer ", layer, " of attention");
  const at::Tensor hidden = at::relu(shared_hidden_->forward(agents(graphs)));
  const DistanceScore score = distance_score(vector_->forward(hidden), options_.d_model);
  return {graphs.edges, attention::edge_weights(score.query, score.key, distance_spec(graphs))};
}

}  // namespace heed::models
