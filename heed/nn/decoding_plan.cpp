// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/decoding_plan.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <variant>

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

/// What positions from `begin` on see before it, ascending.
std::vector<int32_t> memory_before(const attention::Pattern& pattern, int64_t begin, int64_t length) {
  std::vector<int32_t> memory;
  if (const auto* line = std::get_if<Local1d>(&pattern)) {
    memory.resize(static_cast<size_t>(std::min(begin, line->memory_before)));
    std::iota(memory.begin(), memory.end(), static_cast<int32_t>(begin - std::ssize(memory)));
  } else if (const auto* image = std::get_if<Local2d>(&pattern)) {
    const at::Tensor row = at::tensor({begin}, at::kLong);
    const at::Tensor keep = attention::local_pairs(*image, row, length).keep[0].contiguous();
    for (int64_t i = 0; i < begin; ++i)
      if (keep.const_data_ptr<bool>()[i]) memory.push_back(static_cast<int32_t>(i));
  }
  return memory;
}

std::vector<int32_t> coordinates_of(const attention::Pattern& pattern, int64_t length) {
  std::vector<int32_t> coordinates(static_cast<size_t>(length));
  std::iota(coordinates.begin(), coordinates.end(), 0);
  const auto* image = std::get_if<Local2d>(&pattern);
  if (image == nullptr) return coordinates;
  const int64_t pitch = attention::distance_pitch(*image);
  auto to = coordinates.begin();
  const attention::BlockRaster raster(*image);
  for (const attention::Place& at : raster.places())
    *to++ = static_cast<int32_t>((at.row * pitch + at.column) * image->channels + at.channel);
  return coordinates;
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
  coordinates_ = coordinates_of(pattern, length);
  const auto begins = borders(pattern, length);
  for (size_t i = 0; i + 1 < begins.size(); ++i) {
    const auto begin = static_cast<int32_t>(begins[i]), end = static_cast<int32_t>(begins[i + 1]);
    auto memory = memory_before(pattern, begin, length);
    const auto count = static_cast<int32_t>(memory.size());
    Block block{.begin = begin, .memory = count, .seen = {}};
    if (count > 0 && memory.front() != begin - count) {
      block.seen = std::move(memory);
      for (int32_t position = begin; position < end; ++position) block.seen.push_back(position);
    }
    block_of_.insert(block_of_.end(), static_cast<size_t>(end - begin), static_cast<int32_t>(i));
    blocks_.push_back(std::move(block));
  }
}

const DecodingPlan::Block& DecodingPlan::block_of(int32_t position) const {
  TORCH_CHECK(position >= 0 && position < length_, "[decoding_plan] is for ", length_, " positions, got ",
              position);
  return blocks_[static_cast<size_t>(block_of_[static_cast<size_t>(position)])];
}

void DecodingPlan::look(int32_t position, kernels::CachedQuery& query) const {
  const Block& block = block_of(position);
  query.first = block.begin - block.memory;
  query.count = block.memory + position - block.begin + 1;
  query.seen = block.seen.empty() ? nullptr : block.seen.data();
}

}  // namespace heed::nn
