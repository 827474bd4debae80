// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/attention/attention.h"

namespace heed::attention {

/// attend() and attention_weights() for Window2d; spec.pattern holds one. Backends: reference and fused.
Result attend_window(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                     const Spec& spec, Backend backend);
at::Tensor window_weights(const at::Tensor& query, const at::Tensor& key, const Spec& spec,
                          at::IntArrayRef heads, at::IntArrayRef rows);

}  // namespace heed::attention
