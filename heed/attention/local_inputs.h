// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"
#include "heed/attention/distance_table.h"
#include "heed/attention/local_geometry.h"

namespace heed::attention {

/// Checked inputs of one problem with a local pattern. Tables have query's dtype; scale is resolved.
struct LocalInputs {
  at::Tensor query, key, value;
  LocalPattern pattern;
  std::optional<at::Tensor> relation_key = {}, relation_value = {};
  bool clip = true;  ///< Beyond::kClip
  Dropout dropout = {};
  double scale = 1;
};
using LocalGradients = DistanceGradients;

/// Checks everything that attend() promises to check and resolves defaults: c10::Error "[local_attention]
/// ...".
LocalInputs check_local_inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                               const Spec& spec);

}  // namespace heed::attention
