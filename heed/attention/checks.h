// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "heed/attention/attention.h"

/// What the checks of every family share.
namespace heed::attention {

/// The dtype of scores and softmax: float32 for half types, otherwise the dtype itself.
at::ScalarType accumulation_type(at::ScalarType dtype);

/// Checks shapes, dtypes and devices of the three: c10::Error "[attention] ..." names what disagrees.
void check_tensors(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value);
/// Checks dtype and device of a tensor that goes with query: c10::Error "[attention] ...".
void check_kind(const char* name, const at::Tensor& tensor, const at::Tensor& query);

/// The scale of the scores: the spec's, or head_dim^-1/2.
double resolve_scale(const Spec& spec, const at::Tensor& query);
/// A relation's table in query's dtype, if that is a half type and the table is float32 (as under autocast);
/// otherwise the table itself.
at::Tensor table_for(const at::Tensor& table, const at::Tensor& query);

}  // namespace heed::attention
