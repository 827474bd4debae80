// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/nn/cached_attention.h"

namespace heed::nn {

/// cached_attention() in libtorch's operations, for every dtype and device: gathers what each query sees,
/// some queries at a time. Extra memory a few hundred MB at most, or what one query sees, twice.
at::Tensor gathered_attention(const at::Tensor& query, const CachedKeys& keys, const StepQueries& step,
                              const CachedAttentionOptions& options, at::Tensor* weights);

}  // namespace heed::nn
