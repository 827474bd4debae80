// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/pair_relation.h"

#include <ATen/ops/_unique2.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include "heed/nn/edge_lengths.h"

namespace heed::nn {
namespace {

constexpr double kFine = 0.01, kFineEnd = 3, kCoarse = 0.05;
constexpr auto kFineBins = static_cast<int64_t>(kFineEnd / kFine + 0.5);

/// The bin of each length, [edges] int64.
at::Tensor bins_of(const at::Tensor& length, double most) {
  const at::Tensor fine = (length / kFine).floor();
  const at::Tensor coarse = ((length - kFineEnd) / kCoarse).floor() + static_cast<double>(kFineBins);
  return fine.where(length < kFineEnd, coarse)
      .clamp_max(static_cast<double>(kFineBins) + (most - kFineEnd) / kCoarse)
      .to(at::kLong);
}

/// The middle of each bin.
at::Tensor middles_of(const at::Tensor& bins) {
  const at::Tensor bin = bins.to(at::kFloat) + 0.5;
  return (bin * kFine).where(bins < kFineBins, (bin - static_cast<double>(kFineBins)) * kCoarse + kFineEnd);
}

}  // namespace

PairRows pair_rows(const Graphs& graphs, const GraphDomain& domain, double most, int64_t longest_path) {
  const c10::NoGradGuard no_grad;
  const int64_t bins = kFineBins + static_cast<int64_t>((most - kFineEnd) / kCoarse) + 1;
  at::Tensor code = at::zeros({graphs.edges.size()}, graphs.edges.source.options().dtype(at::kLong));
  if (graphs.edge_types.defined()) code = graphs.edge_types;
  if (domain.coordinates) code = code * bins + bins_of(edge_lengths(graphs), most);
  const bool paths = longest_path > 0 && graphs.path_lengths.defined();
  const int64_t below = domain.edge_types * (domain.coordinates ? bins : 1);  // codes without the path
  if (paths) {
    const at::Tensor path = graphs.path_lengths;
    code = code + path.where(path >= 0, longest_path + 1).clamp_max(longest_path + 1) * below;
  }
  const auto [unique, inverse, counts] = at::_unique2(code, /*sorted=*/true, /*return_inverse=*/true);
  PairRows rows;
  rows.row = inverse.to(at::kInt);
  if (paths) rows.path = unique.div(below, "floor");
  const at::Tensor rest = unique.remainder(below);
  rows.type = domain.coordinates ? rest.div(bins, "floor") : rest;
  if (domain.coordinates) rows.distance = middles_of(rest.remainder(bins));
  return rows;
}

PairRelationImpl::PairRelationImpl(const PairRelationOptions& options)
    : options_(options), radial_(options.basis, options.most) {
  // Keys, values, biases.
  const int64_t width = options.heads * (options.scores_only ? 1 : 2 * options.head_dim + 1);
  TORCH_CHECK(options.most > kFineEnd, "[pair relation] the longest distance must be above ", kFineEnd);
  types_ = register_module("types", torch::nn::Embedding(options.types, width));
  {
    const c10::NoGradGuard no_grad;
    types_->weight.normal_(0, 0.02);
  }
  if (options.longest_path > 0) {
    paths_ = register_module("paths", torch::nn::Embedding(options.longest_path + 2, width));
    const c10::NoGradGuard no_grad;
    paths_->weight.normal_(0, 0.02);
  }
  if (!options.distances) return;
  hidden_ = register_module("hidden", torch::nn::Linear(options.basis, options.hidden));
  output_ = register_module("output", torch::nn::Linear(options.hidden, width));
  if (!options.rings) return;
  const double last = options.heads > 1 ? 0.75 * options.most : 0;
  ring_radius_ = register_parameter("ring_radius", at::linspace(0, last, options.heads));
  ring_sharpness_ = register_parameter("ring_sharpness", at::ones({options.heads}));
}

attention::EdgeRelation PairRelationImpl::forward(const PairRows& rows) {
  at::Tensor table = types_->forward(rows.type);
  if (rows.path.defined()) table = table + paths_->forward(rows.path);
  if (options_.distances) {
    table = table + output_->forward(at::silu(hidden_->forward(radial_(rows.distance))));
  }
  const int64_t split = options_.heads * options_.head_dim;
  const auto per_head = [&](int64_t first, int64_t size) {
    return table.slice(1, first, first + options_.heads * size).contiguous().view({-1, options_.heads, size});
  };
  attention::EdgeRelation relation;
  relation.type = rows.row;
  if (options_.scores_only) {
    relation.bias = table;
  } else {
    relation.key = per_head(0, options_.head_dim);
    relation.value = per_head(split, options_.head_dim);
    relation.bias = per_head(2 * split, 1).squeeze(-1);
  }
  if (options_.rings) {
    const at::Tensor offset = (rows.distance.unsqueeze(1) - ring_radius_) * ring_sharpness_;
    relation.bias = *relation.bias - offset.square();
  }
  if (rows.bias.defined()) relation.bias = *relation.bias + rows.bias.unsqueeze(1);
  return relation;
}

}  // namespace heed::nn
