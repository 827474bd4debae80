// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace heed::evaluation {

/// The nearest of some images to another.
struct NearestImage {
  int64_t index = -1;
  double distance = 0;  ///< root of the mean squared difference of all values, in grey levels
};

/// For each query the nearest reference by Euclidean distance over all values.
///
/// queries     [queries, ...] uint8; values of one image in the further dimensions
/// references  [references, ...] uint8, as many values each
///
/// By matrix products over blocks of `block` references in float32, whose few best are then compared exactly;
/// of equally near ones the first counts. Memory O((queries + block) * values + queries * block) floats.
/// `progress` hears of references done. Throws c10::Error for other types, differing sizes or no reference.
std::vector<NearestImage> nearest_images(const at::Tensor& queries, const at::Tensor& references,
                                         int64_t block = 2048,
                                         const std::function<void(int64_t done)>& progress = {});

}  // namespace heed::evaluation
