// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/dense.h"

namespace heed::attention {

/// Shapes, dtypes and devices of the three: c10::Error "[attention] ..." names what disagrees.
void check_tensors(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value);

/// Checks everything attend() promises to check and resolves defaults: c10::Error "[attention] ...".
/// Relation tables are cast to query's dtype where query is of a half type.
DenseInputs check_inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                         const Spec& spec);

}  // namespace heed::attention
