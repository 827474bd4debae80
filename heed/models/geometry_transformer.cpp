// SPDX-License-Identifier: Apache-2.0
#include "heed/models/geometry_transformer.h"

#include <ATen/ops/batch_norm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/gelu.h>

#include "heed/attention/edge_sum.h"
#include "heed/attention/edges.h"
#include "heed/nn/dropout.h"

namespace heed::models {
namespace {

torch::nn::LayerNorm norm_of(int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}));
}

bool are_same(const at::Tensor& a, const at::Tensor& b) {
  return a.defined() == b.defined() && (!a.defined() || a.is_same(b) || at::equal(a, b));
}

}  // namespace

std::vector<Field> fields(GeometryTransformerOptions& options) {
  return {{"d_model", &options.d_model, "width of the finest level; each coarser one is twice as wide",
           at_least(1)},
          {"head_dim", &options.head_dim, "numbers of a head of attention", at_least(1)},
          {"levels", &options.levels, "levels of points, each with a quarter of those of the one before",
           between(1, 8)},
          {"layers", &options.layers, "layers of attention in each level", at_least(1)},
          {"neighbours", &options.neighbours,
           "about how many points around it a point attends to, itself too", at_least(1)},
          {"dropout", &options.dropout, "dropout on the output of each sublayer", between(0, 0.99)}};
}

/// Attention of points to others, of the same level or of a finer one, and a feed-forward net. Pre-norm; queries and residual connection
/// of a coarser level are projections of the mean of the finer one around the point.
struct GeometryTransformer::BlockImpl : torch::nn::Module {
  BlockImpl(int64_t in, int64_t out, const GeometryTransformerOptions& of) : heads(out / of.head_dim) {
    norm = register_module("norm", norm_of(in));
    query = register_module("query", torch::nn::Linear(in, out));
    key_value = register_module("key_value", torch::nn::Linear(in, 2 * out));
    attention_output = register_module("attention_output", torch::nn::Linear(out, out));
    if (in != out) residual = register_module("residual", torch::nn::Linear(in, out));
    relation = register_module("relation", nn::PairRelation(nn::PairRelationOptions{.distances = true,
                                                                                    .heads = heads,
                                                                                    .head_dim = of.head_dim,
                                                                                    .basis = 16,
                                                                                    .hidden = 32,
                                                                                    .most = nn::kPointReach,
                                                                                    .scores_only = true,
                                                                                    .rings = true}));
    feed_forward_norm = register_module("feed_forward_norm", norm_of(out));
    inner = register_module("inner", torch::nn::Linear(out, 2 * out));
    outer = register_module("outer", torch::nn::Linear(2 * out, out));
    dropout = register_module("dropout", nn::Dropout(of.dropout));
  }

  struct Attention {
    at::Tensor query, key, value;
    attention::Spec spec;
  };
  Attention attention_of(const Inputs& in) {
    const auto parts = key_value->forward(norm->forward(in.below)).view({in.below.size(0), 2, heads, -1});
    Attention made{.query = query->forward(norm->forward(in.here)).view({in.here.size(0), heads, -1}),
                   .key = parts.select(1, 0),
                   .value = parts.select(1, 1),
                   .spec = {}};
    made.spec.pattern = in.edges->edges;
    made.spec.relation = relation->forward(in.edges->rows);
    return made;
  }

  /// below [sources, in]; here [targets, in], of which the queries and the residual are made.
  at::Tensor forward(const Inputs& in) {
    const Attention made = attention_of(in);
    const at::Tensor found = attention::attend(made.query, made.key, made.value, made.spec).output.flatten(1);
    const at::Tensor kept = residual ? residual->forward(in.here) : in.here;
    const at::Tensor stream = dropout->add_to(kept, attention_output->forward(found));
    return dropout->add_to(stream,
                           outer->forward(at::gelu(inner->forward(feed_forward_norm->forward(stream)))));
  }

  int64_t heads;
  torch::nn::LayerNorm norm{nullptr}, feed_forward_norm{nullptr};
  torch::nn::Linear query{nullptr}, key_value{nullptr}, attention_output{nullptr}, residual{nullptr};
  torch::nn::Linear inner{nullptr}, outer{nullptr};
  nn::PairRelation relation{nullptr};
  nn::Dropout dropout{nullptr};
};

GeometryTransformer::GeometryTransformer(const nn::GraphDomain& domain,
                                         const GeometryTransformerOptions& options)
    : GraphModel(domain), options_(options) {
  TORCH_CHECK(domain.same_points, "[geometry_transformer] the graphs must be signals on one set of points");
  TORCH_CHECK(domain.features > 0, "[geometry_transformer] the points have no features");
  TORCH_CHECK(options.d_model % options.head_dim == 0,
              "[geometry_transformer] d_model must be a multiple of head_dim, got ", options.d_model, " and ",
              options.head_dim);
  if (!domain.of_graphs) options_.levels = 1;
  input_ = register_module("input", torch::nn::Linear(domain.features, options.d_model));
  int64_t width = options.d_model;
  for (int64_t level = 0; level < options_.levels; ++level) {
    if (level > 0) blocks_->push_back(std::make_shared<BlockImpl>(width, 2 * width, options)), width *= 2;
    for (int64_t i = 0; i < options.layers; ++i)
      blocks_->push_back(std::make_shared<BlockImpl>(width, width, options));
  }
  register_module("blocks", blocks_);
  norm_ = register_module("norm", norm_of(width));
  hidden_ = register_module("hidden", torch::nn::Linear(width, width));
  if (domain.of_graphs) pooling_ = register_module("pooling", torch::nn::Linear(width, width));
  if (domain.of_graphs) pooled_norm_ = register_module("pooled_norm", torch::nn::BatchNorm1d(2 * width));
  output_ =
      register_module("output", torch::nn::Linear(domain.of_graphs ? 2 * width : width, domain.outputs));
}

GeometryTransformer::BlockImpl& GeometryTransformer::block(int64_t index) const {
  return *blocks_->ptr<BlockImpl>(static_cast<size_t>(index));
}

const std::vector<nn::PointLevel>& GeometryTransformer::levels_of(const nn::Graphs& graphs) {
  TORCH_CHECK(graphs.points.defined(), "[geometry_transformer] the graphs do not share their points");
  if (!are_same(points_, graphs.points) || !are_same(weights_, graphs.weights)) {
    points_ = graphs.points, weights_ = graphs.weights, graphs_ = 0;
    one_graph_ = nn::point_levels(points_, weights_, options_.levels, options_.neighbours);
  }
  if (graphs_ != graphs.count()) {
    graphs_ = graphs.count();
    many_graphs_ = nn::repeated(one_graph_, graphs_, graphs.points.device());
  }
  return many_graphs_;
}

at::Tensor GeometryTransformer::normalised(const at::Tensor& pooled) {
  auto& norm = *pooled_norm_;
  const bool learns = is_training() && pooled.size(0) > 1;  // a single graph has no deviation
  return at::batch_norm(pooled, norm.weight, norm.bias, norm.running_mean, norm.running_var, learns,
                        *norm.options.momentum(), norm.options.eps(), /*cudnn_enabled=*/true);
}

GeometryTransformer::Inputs GeometryTransformer::inputs_of(const nn::Graphs& graphs, int64_t index) {
  const auto& levels = levels_of(graphs);
  at::Tensor stream = input_->forward(graphs.features.dense);
  int64_t next = 0;
  for (size_t level = 0; level < levels.size(); ++level) {
    for (int64_t i = level == 0 ? 1 : 0; i <= options_.layers; ++i, ++next) {
      Inputs in{stream, stream, &levels[level].among};
      if (i == 0) {
        in.edges = &levels[level].below;
        // What a single finer point says depends on where it happens to lie; the mean around it hardly does.
        in.here = attention::edge_sum(stream.unsqueeze(1), in.edges->means, in.edges->edges).squeeze(1);
      }
      if (next == index) return in;
      stream = block(next).forward(in);
    }
  }
  return {stream, stream, nullptr};
}

at::Tensor GeometryTransformer::embeddings(const nn::Graphs& graphs) {
  return at::gelu(hidden_->forward(norm_->forward(inputs_of(graphs, attention_layers()).below)));
}

nn::AttendedEdges GeometryTransformer::attended(const nn::Graphs& graphs, int64_t layer) {
  TORCH_CHECK(layer >= 0 && layer < attention_layers(), "[geometry_transformer] there is no layer ", layer);
  const Inputs in = inputs_of(graphs, layer);
  const auto made = block(layer).attention_of(in);
  return {in.edges->edges, attention::edge_weights(made.query, made.key, made.spec)};
}

at::Tensor GeometryTransformer::forward(const nn::Graphs& graphs) {
  const at::Tensor found = embeddings(graphs);
  if (!domain().of_graphs) return output_->forward(found);
  const at::Tensor by_graph = found.view({graphs.count(), -1, found.size(1)});
  const at::Tensor parts = levels_of(graphs).back().parts.unsqueeze(1);
  const at::Tensor mean = (by_graph * parts).sum(1) / parts.sum();
  const at::Tensor scores = pooling_->forward(by_graph) + parts.log();  // [graphs, points, width]
  const at::Tensor attended = (by_graph * scores.softmax(1)).sum(1);
  return output_->forward(normalised(at::cat({mean, attended}, 1)));
}

}  // namespace heed::models
