// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/planned_cache.h"

#include <algorithm>
#include <variant>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include "heed/attention/local_geometry.h"

namespace heed::nn {
namespace {

using attention::Dense;
using attention::Local1d;
using attention::Local2d;

/// Where the blocks begin, and the length behind them.
std::vector<int64_t> borders(const attention::Pattern& pattern, int64_t length) {
  std::vector<int64_t> borders;
  if (const auto* line = std::get_if<Local1d>(&pattern)) {
    for (int64_t begin = 0; begin < length; begin += line->query_block) borders.push_back(begin);
  } else if (const auto* image = std::get_if<Local2d>(&pattern)) {
    for (int64_t top = 0, begin = 0; top < image->height; top += image->query_height) {
      for (int64_t left = 0; left < image->width; left += image->query_width) {
        borders.push_back(begin);
        begin += std::min(image->query_height, image->height - top) *
                 std::min(image->query_width, image->width - left) * image->channels;
      }
    }
  } else {
    borders.push_back(0);
  }
  borders.push_back(length);
  return borders;
}

/// What positions from `begin` on see before it.
at::Tensor memory_before(const attention::Pattern& pattern, int64_t begin, int64_t length) {
  if (const auto* line = std::get_if<Local1d>(&pattern))
    return at::arange(std::max<int64_t>(0, begin - line->memory_before), begin, at::kLong);
  const auto* image = std::get_if<Local2d>(&pattern);
  if (image == nullptr) return at::arange(0, at::kLong);
  const at::Tensor row = at::tensor({begin}, at::kLong);
  return attention::local_pairs(*image, row, length).keep[0].narrow(0, 0, begin).nonzero().squeeze(1);
}

/// Of every position what distances are differences of: [length] int32.
at::Tensor place_of_each(const attention::Pattern& pattern, int64_t length) {
  at::Tensor line = at::arange(length, at::kInt);
  const auto* image = std::get_if<Local2d>(&pattern);
  if (image == nullptr) return line;
  const int64_t pitch = attention::distance_pitch(*image);
  auto* to = line.mutable_data_ptr<int32_t>();
  const attention::BlockRaster raster(*image);
  for (const attention::Place& place : raster.places())
    *to++ = static_cast<int32_t>((place.row * pitch + place.column) * image->channels + place.channel);
  return line;
}

}  // namespace

DecodingPlan::DecodingPlan(const attention::Pattern& pattern, int64_t length) : length_(length) {
  const auto* dense = std::get_if<Dense>(&pattern);
  const auto* image = std::get_if<Local2d>(&pattern);
  TORCH_CHECK(
      (dense != nullptr && dense->causal) || std::holds_alternative<Local1d>(pattern) || image != nullptr,
      "[decoding_plan] only causal patterns decode step by step");
  TORCH_CHECK(image == nullptr || length == image->height * image->width * image->channels,
              "[decoding_plan] an image of ", image == nullptr ? 0 : image->height, " x ",
              image == nullptr ? 0 : image->width, " does not have ", length, " positions");
  const at::Tensor places = place_of_each(pattern, length);
  const auto begins = borders(pattern, length);
  for (size_t i = 0; i + 1 < begins.size(); ++i) {
    Block block{
        .begin = begins[i], .end = begins[i + 1], .memory = memory_before(pattern, begins[i], length)};
    const int64_t count = block.memory.size(0);
    block.places = at::cat(
        {places.index_select(0, block.memory), places.narrow(0, block.begin, block.end - block.begin)});
    block.contiguous = count == 0 || block.memory[0].item<int64_t>() == block.begin - count;
    contiguous_ = contiguous_ && block.contiguous;
    capacity_ = std::max(capacity_, count + block.end - block.begin);
    block_of_.insert(block_of_.end(), static_cast<size_t>(block.end - block.begin), static_cast<int32_t>(i));
    blocks_.push_back(std::move(block));
  }
}

const DecodingPlan::Block& DecodingPlan::block_of(int64_t position) const {
  TORCH_CHECK(position >= 0 && position < length_, "[decoding_plan] is for ", length_, " positions, got ",
              position);
  return blocks_[static_cast<size_t>(block_of_[static_cast<size_t>(position)])];
}

at::Tensor DecodingPlan::places(int64_t position) const {
  const Block& block = block_of(position);
  return block.places.narrow(0, 0, block.memory.size(0) + position + 1 - block.begin);
}

PlannedCache::PlannedCache(std::shared_ptr<const DecodingPlan> plan, int64_t rows, int64_t d_model,
                           const at::TensorOptions& options)
    : plan_(std::move(plan)) {
  for (Store* store : {&key_, &value_}) {
    store->all = at::empty({rows, plan_->length(), d_model}, options);
    if (!plan_->contiguous()) store->block = at::empty({rows, plan_->capacity(), d_model}, options);
  }
}

void PlannedCache::append(Store& store, const at::Tensor& next) {
  store.all.select(1, length_).copy_(next);
  if (!store.block.defined()) return;
  const auto& block = plan_->block_of(length_);
  const int64_t before = block.memory.size(0);
  if (length_ == block.begin && before > 0) {
    store.block.narrow(1, 0, before).copy_(store.all.index_select(1, block.memory.to(store.all.device())));
  }
  store.block.select(1, before + length_ - block.begin).copy_(next);
}

void PlannedCache::append(const at::Tensor& key, const at::Tensor& value) {
  TORCH_CHECK(length_ < plan_->length(), "[planned_cache] holds ", plan_->length(),
              " positions, the sequence needs more");
  append(key_, key);
  append(value_, value);
  ++length_;
}

at::Tensor PlannedCache::seen(const Store& store) const {
  const auto& block = plan_->block_of(length_ - 1);
  const int64_t count = block.memory.size(0) + length_ - block.begin;
  return store.block.defined() ? store.block.narrow(1, 0, count)
                               : store.all.narrow(1, length_ - count, count);
}

void PlannedCache::reorder(const at::Tensor& rows) {
  for (Store* store : {&key_, &value_}) {
    const at::Tensor order = rows.to(store->all.device());
    store->all = store->all.index_select(0, order);
    if (store->block.defined()) store->block = store->block.index_select(0, order);
  }
}

}  // namespace heed::nn
