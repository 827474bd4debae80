// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/nearest_images.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ops/addmm.h>

namespace heed::evaluation {
namespace {

/// Number of candidates to compare exactly: float32 products may misorder images whose distances differ by
/// about a grey level.
constexpr int64_t kCandidates = 4;

int64_t squared_distance(const uint8_t* a, const uint8_t* b, int64_t values) {
  int64_t sum = 0;
  for (int64_t i = 0; i < values; ++i) {
    const int difference = int{a[i]} - int{b[i]};
    sum += difference * difference;
  }
  return sum;
}

/// Subtracts the middle of the range, so that squares stay small enough for float32.
at::Tensor centred(const at::Tensor& pixels) {
  return pixels.to(at::kFloat).sub_(128);
}

}  // namespace

std::vector<NearestImage> nearest_images(const at::Tensor& queries, const at::Tensor& references,
                                         int64_t block, const std::function<void(int64_t done)>& progress) {
  TORCH_CHECK(queries.scalar_type() == at::kByte && references.scalar_type() == at::kByte,
              "[nearest_images] images must be uint8, got ", queries.scalar_type(), " and ",
              references.scalar_type());
  TORCH_CHECK(block >= 1 && references.size(0) >= 1,
              "[nearest_images] needs a reference and a block of at least 1");
  if (queries.size(0) == 0) return {};
  const at::Tensor query = queries.to(at::kCPU).flatten(1).contiguous(),
                   reference = references.to(at::kCPU).flatten(1).contiguous();
  const int64_t values = query.size(1), count = query.size(0);
  TORCH_CHECK(reference.size(1) == values, "[nearest_images] images must have one size, got ",
              queries.sizes(), " and ", references.sizes());
  std::vector<NearestImage> best(static_cast<size_t>(count));
  std::vector<int64_t> least(static_cast<size_t>(count), std::numeric_limits<int64_t>::max());
  const at::Tensor query_values = centred(query);
  for (int64_t begin = 0; begin < reference.size(0); begin += block) {
    const int64_t size = std::min(block, reference.size(0) - begin);
    const at::Tensor rows = centred(reference.narrow(0, begin, size));
    // |q - r|^2 without |q|^2, which is the same for all r.
    const at::Tensor distances = at::addmm(rows.square().sum(1).unsqueeze(0), query_values, rows.t(), 1, -2);
    const at::Tensor candidates =
        std::get<1>(distances.topk(std::min(kCandidates, size), 1, /*largest=*/false)).contiguous();
    const auto* chosen = candidates.const_data_ptr<int64_t>();
    for (int64_t q = 0; q < count; ++q) {
      for (int64_t k = 0; k < candidates.size(1); ++k) {
        const int64_t index = begin + chosen[q * candidates.size(1) + k];
        const int64_t distance =
            squared_distance(query.const_data_ptr<uint8_t>() + q * values,
                             reference.const_data_ptr<uint8_t>() + index * values, values);
        auto& nearest = best[static_cast<size_t>(q)];
        auto& smallest = least[static_cast<size_t>(q)];
        if (distance > smallest || (distance == smallest && index > nearest.index)) continue;
        smallest = distance;
        nearest = {index, std::sqrt(static_cast<double>(distance) / static_cast<double>(values))};
      }
    }
    if (progress) progress(begin + size);
  }
  return best;
}

}  // namespace heed::evaluation
