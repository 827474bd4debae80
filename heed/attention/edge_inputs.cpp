// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/edge_inputs.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include <ATen/ATen.h>

#include "heed/attention/checks.h"
#include "heed/attention/dropout.h"
#include "heed/attention/known_edges.h"
#include "heed/kernels/dropout_hash.h"

namespace heed::attention {
namespace {

/// Nodes are numbered in 32 bits.
constexpr int64_t kMostNodes = std::numeric_limits<int32_t>::max();

/// Whether all numbers are in 0 .. limit - 1; one pass over memory, for graphs of any size.
template <class Number>
bool all_below(const at::Tensor& numbers, int64_t limit) {
  if (!numbers.is_cpu())
    return numbers.numel() == 0 ||
           (numbers.min().item<int64_t>() >= 0 && numbers.max().item<int64_t>() < limit);
  const Number* from = numbers.const_data_ptr<Number>();
  // A number that is negative, or above the last, sets the sign; no branch, so that compilers take several at a time.
  using Unsigned = std::make_unsigned_t<Number>;
  const auto last = static_cast<Unsigned>(std::min<int64_t>(limit - 1, std::numeric_limits<Number>::max()));
  Unsigned signs = 0;
  for (int64_t i = 0; i < numbers.numel(); ++i) {
    const auto number = static_cast<Unsigned>(from[i]);
    signs |= number | (last - number);
  }
  return static_cast<Number>(signs) >= 0;
}

void check_index(const char* name, const at::Tensor& index, at::ScalarType type, int64_t count,
                 const at::Tensor& query) {
  TORCH_CHECK(
      index.dim() == 1 && index.size(0) == count && index.scalar_type() == type && index.is_contiguous(),
      "[edge_attention] ", name, " must be [", count, "] of ", type, ", contiguous, got ", index.sizes(),
      " of ", index.scalar_type());
  TORCH_CHECK(index.device() == query.device(), "[edge_attention] ", name, " is on ", index.device(),
              ", query on ", query.device());
}

/// Where the edges of each node begin: from 0 to their number, never falling.
void check_begins(const char* name, const at::Tensor& begin, int64_t edges, const at::Tensor& query) {
  TORCH_CHECK(begin.dim() == 1 && begin.size(0) >= 1 && begin.size(0) <= kMostNodes, "[edge_attention] ",
              name, " must have a number more than there are nodes, got ", begin.sizes());
  check_index(name, begin, at::kLong, begin.size(0), query);
  const at::Tensor on_cpu = begin.cpu();
  const auto* from = on_cpu.const_data_ptr<int64_t>();
  bool rises = from[0] == 0 && from[begin.size(0) - 1] == edges;
  for (int64_t i = 1; i < begin.size(0); ++i) rises &= from[i] >= from[i - 1];
  TORCH_CHECK(rises, "[edge_attention] ", name, " must rise from 0 to the ", edges, " edges");
}

void check_nodes(const char* name, const at::Tensor& tensor, int64_t nodes, int64_t head_dim,
                 const EdgeInputs& in) {
  TORCH_CHECK(tensor.dim() == 3 && tensor.size(0) == nodes && tensor.size(1) == in.heads() &&
                  tensor.size(2) == head_dim,
              "[edge_attention] ", name, " must be [", nodes, ", ", in.heads(), ", ", head_dim, "], got ",
              tensor.sizes());
  TORCH_CHECK(tensor.scalar_type() == in.value.scalar_type(), "[edge_attention] ", name, " is ",
              tensor.scalar_type(), ", value ", in.value.scalar_type());
  TORCH_CHECK(tensor.device() == in.value.device(), "[edge_attention] ", name, " is on ", tensor.device(),
              ", value on ", in.value.device());
}

void check_table(const char* name, const std::optional<at::Tensor>& table, at::IntArrayRef sizes,
                 const EdgeInputs& in) {
  if (!table) return;
  TORCH_CHECK(table->sizes() == sizes, "[edge_attention] ", name, " must be ", sizes, ", got ",
              table->sizes());
  TORCH_CHECK(table->scalar_type() == in.value.scalar_type() && table->device() == in.value.device(),
              "[edge_attention] ", name, " is ", table->scalar_type(), " on ", table->device(), ", value ",
              in.value.scalar_type(), " on ", in.value.device());
}

void check_relation(const EdgeInputs& in) {
  const EdgeRelation& r = in.relation;
  TORCH_CHECK(!r.key || in.score != kernels::EdgeScore::kGat,
              "[edge_attention] gat has no relation of keys: give it a bias");
  const at::Tensor* some = nullptr;
  for (const auto* table : {&r.key, &r.value, &r.bias}) {
    if (*table && (*table)->dim() > 0) some = &**table;
  }
  if (r.type) {
    TORCH_CHECK(some, "[edge_attention] types need a table: key, value or bias");
    check_index("type", *r.type, at::kInt, in.edges.size(), in.query);
    TORCH_CHECK(all_below<int32_t>(*r.type, some->size(0)),
                "[edge_attention] type names a row that is not among ", some->size(0));
  }
  const int64_t rows = r.type ? some->size(0) : in.edges.size(), heads = in.heads(), head_dim = in.head_dim();
  check_table("relation_key", r.key, {rows, heads, head_dim}, in);
  check_table("relation_value", r.value, {rows, heads, head_dim}, in);
  check_table("relation_bias", r.bias, {rows, heads}, in);
}

std::optional<at::Tensor> table_of(const std::optional<at::Tensor>& table, const at::Tensor& query) {
  return table && table->defined() ? std::optional(table_for(*table, query)) : std::nullopt;
}

void take_score(const Spec& spec, EdgeInputs& in) {
  if (const auto* gat = std::get_if<Gat>(&spec.score)) {
    in.score = kernels::EdgeScore::kGat, in.slope = gat->slope;
  } else if (const auto* dynamic = std::get_if<GatV2>(&spec.score)) {
    in.score = kernels::EdgeScore::kGatV2, in.slope = dynamic->slope;
    in.vector = table_of(dynamic->vector, in.query);
  } else {
    in.scale = resolve_scale(spec, in.value);
  }
}

void take_relation(const Spec& spec, EdgeInputs& in) {
  if (std::holds_alternative<NoRelation>(spec.relation)) return;
  const auto* relation = std::get_if<EdgeRelation>(&spec.relation);
  TORCH_CHECK(relation, "[edge_attention] the relation of edges is EdgeRelation");
  in.relation = {relation->type, table_of(relation->key, in.query), table_of(relation->value, in.query),
                 table_of(relation->bias, in.query)};
}

}  // namespace

const char* edge_score_name(kernels::EdgeScore score) {
  switch (score) {
    case kernels::EdgeScore::kDot:
      return "dot";
    case kernels::EdgeScore::kGat:
      return "gat";
    case kernels::EdgeScore::kGatV2:
      return "gatv2";
  }
  return "";
}

void check_edges(const Edges& e, const at::Tensor& like) {
  if (e.source.device() == like.device() && are_known(e)) return;
  TORCH_CHECK(e.source.dim() == 1, "[edge_attention] source must be [edges], got ", e.source.sizes());
  const int64_t count = e.size();
  check_begins("target_begin", e.target_begin, count, like);
  check_begins("source_begin", e.source_begin, count, like);
  check_index("source", e.source, at::kInt, count, like);
  check_index("target", e.target, at::kInt, count, like);
  check_index("edge", e.edge, at::kLong, count, like);
  TORCH_CHECK(all_below<int32_t>(e.source, e.sources()),
              "[edge_attention] source names a node that is not among ", e.sources());
  TORCH_CHECK(all_below<int32_t>(e.target, e.targets()),
              "[edge_attention] target names a node that is not among ", e.targets());
  TORCH_CHECK(all_below<int64_t>(e.edge, count), "[edge_attention] edge names one that is not among ", count);
}

EdgeInputs check_edge_inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                             const Spec& spec) {
  const Extents& extents = spec.extents;
  TORCH_CHECK(!extents.key_lengths && !extents.query_start && !extents.segments,
              "[edge_attention] a graph has no key_lengths, query_start or segments");
  EdgeInputs in{.query = query,
                .key = key,
                .value = value,
                .edges = std::get<Edges>(spec.pattern),
                .dropout = spec.dropout};
  TORCH_CHECK(in.value.dim() == 3, "[edge_attention] value must be [sources, heads, head_dim], got ",
              in.value.sizes());
  TORCH_CHECK(at::isFloatingType(in.value.scalar_type()), "[edge_attention] value must be floating, got ",
              in.value.scalar_type());
  take_score(spec, in);
  take_relation(spec, in);
  check_edges(in.edges, in.value);
  const int64_t width = in.score == kernels::EdgeScore::kGat ? 1 : in.head_dim();
  check_nodes("query", in.query, in.edges.targets(), width, in);
  check_nodes("key", in.key, in.edges.sources(), width, in);
  check_nodes("value", in.value, in.edges.sources(), in.head_dim(), in);
  TORCH_CHECK(in.slope >= 0, "[edge_attention] the slope of leaky_relu must be at least 0, got ", in.slope);
  TORCH_CHECK(in.vector.has_value() == (in.score == kernels::EdgeScore::kGatV2),
              "[edge_attention] gatv2, and it alone, has a vector");
  check_table("vector", in.vector, {in.heads(), in.head_dim()}, in);
  check_relation(in);
  check_dropout(in.dropout);
  return in;
}

at::Tensor edge_dropout_factors(const EdgeInputs& in, const at::TensorOptions& options) {
  if (in.dropout.p == 0) return {};
  const uint64_t seed = dropout_seed(in.dropout);
  const uint32_t threshold = kernels::dropout_threshold(in.dropout.p);
  const at::Tensor factors = at::empty({in.edges.size(), in.heads()}, at::kFloat);
  auto* to = factors.mutable_data_ptr<float>();
  for (int64_t e = 0; e < in.edges.size(); ++e) {
    const uint32_t key = kernels::dropout_row_key(seed, static_cast<uint64_t>(e));
    for (int64_t h = 0; h < in.heads(); ++h)
      *to++ = kernels::dropout_hash(static_cast<uint32_t>(h), key) >= threshold ? 1.0F : 0.0F;
  }
  return factors.to(options).mul(1 / (1 - in.dropout.p));
}

}  // namespace heed::attention
