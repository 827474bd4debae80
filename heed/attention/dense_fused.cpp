// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/dense_fused.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "heed/attention/fused_blocks.h"

namespace heed::attention {
namespace {

/// The extents of one batch element.
struct Element {
  int64_t start = 0, key_length = 0;
  std::vector<int32_t> segments = {};
};

/// Segment ids numbered from 0: [batch, length] int64 -> int32.
at::Tensor small_segments(const at::Tensor& segments) {
  return std::get<1>(at::_unique(segments, true, true)).to(at::kInt);
}

std::vector<Element> elements(const DenseInputs& in) {
  const auto numbers = [](const std::optional<at::Tensor>& tensor) {
    return tensor ? tensor->contiguous() : at::Tensor();
  };
  const auto starts = numbers(in.extents.query_start), lengths = numbers(in.extents.key_lengths);
  const auto segments = in.extents.segments ? small_segments(*in.extents.segments) : at::Tensor();
  const bool alike = !starts.defined() && !lengths.defined() && !segments.defined();
  std::vector<Element> list(alike ? 1 : in.query.size(0));
  for (size_t b = 0; b < list.size(); ++b) {
    list[b].key_length = in.key.size(2);
    if (starts.defined()) list[b].start = starts.const_data_ptr<int64_t>()[b];
    if (lengths.defined()) list[b].key_length = lengths.const_data_ptr<int64_t>()[b];
    if (!segments.defined()) continue;
    const int32_t* ids = segments.const_data_ptr<int32_t>() + b * in.query.size(2);
    list[b].segments.assign(ids, ids + in.query.size(2));
  }
  return list;
}

/// Key j has index j + shift in the list, so that query 0, at position start, has a multiple of 16.
BlockArrays make_block(const DenseInputs& in, const Element& element) {
  BlockArrays block;
  const auto start = static_cast<int32_t>(element.start);
  const int32_t shift = (16 - start % 16) % 16;
  for (int32_t i = 0; i < in.query.size(2); ++i) {
    block.query_row.push_back(i);
    block.query_place.push_back(i + start + shift);
    block.query_rank.push_back(in.causal ? i + start : kernels::kSeesAll);
  }
  for (int32_t j = 0; j < shift; ++j) block.add_key(-1, 0);
  for (int32_t j = 0; j < in.key.size(2); ++j) {
    block.add_key(j, in.causal ? j : 0);
    if (j >= element.key_length) block.key_rank.back() = kernels::kNoKey;
  }
  block.query_segment = element.segments;
  if (!element.segments.empty()) {
    block.key_segment.assign(shift, -1);
    block.key_segment.insert(block.key_segment.end(), element.segments.begin(), element.segments.end());
  }
  block.finish();
  return block;
}

DistanceMap map_distances(const DenseInputs& in, const std::vector<Element>& list) {
  const auto [least, most] = std::minmax_element(
      list.begin(), list.end(), [](const Element& a, const Element& b) { return a.start < b.start; });
  const auto low = static_cast<int32_t>(-(most->start + in.query.size(2) - 1));
  const auto high = static_cast<int32_t>(in.causal ? 0 : in.key.size(2) - 1 - least->start);
  const auto rows = static_cast<int32_t>((in.relation_key ? *in.relation_key : *in.relation_value).size(1));
  const auto zero = static_cast<int32_t>(zero_row(rows, in.causal));
  if (in.clip) {
    return DistanceMap::make(low, high, [&](int32_t d) { return std::clamp(zero + d, 0, rows - 1); });
  }
  return DistanceMap::make(std::max(low, -zero), std::min(high, rows - 1 - zero),
                           [&](int32_t d) { return zero + d; });
}

BlockPlan make_plan(const DenseInputs& in) {
  BlockPlan plan;
  plan.divisible = true;
  const auto list = elements(in);
  plan.share_blocks = !in.extents.query_start && !in.extents.key_lengths && !in.extents.segments;
  for (const auto& element : list) plan.blocks.push_back(make_block(in, element));
  if ((in.relation_key || in.relation_value) && !list.empty()) plan.distances = map_distances(in, list);
  return plan;
}

BlockInputs block_inputs(const DenseInputs& in) {
  return {in.query, in.key, in.value, in.relation_key, in.relation_value, in.dropout, in.scale};
}

}  // namespace

Result dense_fused_forward(const DenseInputs& inputs) {
  return run_blocks_forward(block_inputs(inputs), make_plan(inputs));
}

DenseGradients dense_fused_backward(const at::Tensor& output_grad, const DenseInputs& inputs,
                                    const at::Tensor& output, const at::Tensor& logsumexp) {
  return run_blocks_backward(output_grad, block_inputs(inputs), output, logsumexp, make_plan(inputs));
}

}  // namespace heed::attention
