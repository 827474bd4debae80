// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace heed::evaluation {

/// The reference image nearest to a query.
struct NearestImage {
  int64_t index = -1;
  double distance = 0;  ///< root mean squared difference of all values, in grey levels
};

/// Returns the nearest reference of each query, by Euclidean distance over all values.
///
/// queries     [queries, ...] uint8; the further dimensions are the values of an image
/// references  [references, ...] uint8, with the same number of values
///
/// Computes matrix products over blocks of `block` references in float32, then compares the best few exactly;
/// ties go to the lower index. Memory O((queries + block) * values + queries * block) floats. Calls
/// progress(done) after each block. Throws c10::Error for other dtypes, differing sizes or no reference.
std::vector<NearestImage> nearest_images(const at::Tensor& queries, const at::Tensor& references,
                                         int64_t block = 2048,
                                         const std::function<void(int64_t done)>& progress = {});

}  // namespace heed::evaluation
