// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/local.h"

#include <ATen/ATen.h>

#include "heed/attention/local_op.h"
#include "heed/attention/local_reference.h"

namespace heed::attention {

Result attend_local(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const Spec& spec,
                    Backend backend) {
  const LocalInputs inputs = check_local_inputs(query, key, value, spec);
  return backend == Backend::kFused ? local_attention(inputs) : local_reference(inputs);
}

at::Tensor local_weights(const at::Tensor& query, const at::Tensor& key, const Spec& spec,
                         at::IntArrayRef heads, at::IntArrayRef rows) {
  LocalInputs in = check_local_inputs(query, key, key, spec);
  const auto integers = at::TensorOptions().dtype(at::kLong);
  const auto head_index = at::tensor(heads, integers).to(query.device());
  const auto row_index = at::tensor(rows, integers).to(query.device());
  in.query = in.query.index_select(1, head_index).index_select(2, row_index);
  in.key = in.key.index_select(1, head_index);
  if (in.relation_key && in.relation_key->size(0) > 1) {
    in.relation_key = in.relation_key->index_select(0, head_index);
  }
  in.relation_value.reset();
  return local_reference_weights(in, row_index);
}

}  // namespace heed::attention
