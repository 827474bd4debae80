// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"
#include "heed/attention/distance_table.h"

namespace heed::attention {

/// Checked inputs of one problem with the Dense pattern. Tables have query's dtype; scale is resolved.
struct DenseInputs {
  at::Tensor query, key, value;
  std::optional<at::Tensor> relation_key = {}, relation_value = {};
  Extents extents = {};
  Dropout dropout = {};
  bool causal = false;
  bool clip = true;  ///< Beyond::kClip
  double scale = 1;
  Backend backend = Backend::kAuto;  ///< of the operator: kAuto, kTiled or kFused
};
using DenseGradients = DistanceGradients;

/// Checks everything that attend() promises to check and resolves defaults: c10::Error "[attention] ...".
DenseInputs check_dense_inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                               const Spec& spec);

}  // namespace heed::attention
