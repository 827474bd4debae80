// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "heed/attention/checks.h"
#include "heed/attention/dense_reference.h"
#include "heed/attention/local_reference.h"
#include "heed/attention/window_reference.h"

namespace heed::attention {
namespace {

/// The chosen heads and query rows, int64 on query's device.
struct Chosen {
  at::Tensor heads, rows;
};

at::Tensor checked_index(const char* name, at::IntArrayRef chosen, int64_t count, at::Device device) {
  for (const auto i : chosen) {
    TORCH_CHECK(i >= 0 && i < count, "[attention] ", name, " ", i, " is not among the ", count);
  }
  return at::tensor(chosen, at::TensorOptions().dtype(at::kLong)).to(device);
}

void choose_table(std::optional<at::Tensor>& table, const Chosen& chosen) {
  if (table && table->size(0) > 1) table = table->index_select(0, chosen.heads);
}

template <class Inputs>
void choose(Inputs& in, const Chosen& chosen) {
  in.query = in.query.index_select(1, chosen.heads).index_select(2, chosen.rows);
  in.key = in.key.index_select(1, chosen.heads);
}

/// [batch, heads, rows, size * size] -> [batch, heads, rows, pixels].
at::Tensor by_pixel(const at::Tensor& by_cell, const at::Tensor& keys, int64_t pixels) {
  // The keys of a window are distinct pixels, except those beyond the image, whose sum is discarded.
  auto sizes = by_cell.sizes().vec();
  sizes.back() = pixels + 1;
  const auto all = at::zeros(sizes, by_cell.options());
  return all.scatter_add(3, keys.expand_as(by_cell), by_cell).narrow(3, 0, pixels).contiguous();
}

at::Tensor weights_of(DenseInputs in, const Chosen& chosen) {
  choose(in, chosen);
  choose_table(in.relation_key, chosen);
  in.relation_value.reset();
  return dense_reference_weights(in, chosen.rows);
}

at::Tensor weights_of(LocalInputs in, const Chosen& chosen) {
  choose(in, chosen);
  choose_table(in.relation_key, chosen);
  in.relation_value.reset();
  return local_reference_weights(in, chosen.rows);
}

at::Tensor weights_of(WindowInputs in, const Chosen& chosen) {
  choose(in, chosen);
  for (auto* table : {&in.row, &in.column}) choose_table(*table, chosen);
  const auto weights = window_reference_weights(in, chosen.rows);
  return by_pixel(weights, window_keys(in, chosen.rows), in.key.size(2));
}

}  // namespace

at::Tensor attention_weights(const at::Tensor& query, const at::Tensor& key, const Spec& spec,
                             at::IntArrayRef heads, at::IntArrayRef rows) {
  at::NoGradGuard no_grad;
  check_tensors(query, key, key);
  const Chosen chosen{checked_index("head", heads, query.size(1), query.device()),
                      checked_index("row", rows, query.size(2), query.device())};
  switch (describe(query, key, spec).family) {
    case Family::kLocal:
      return weights_of(check_local_inputs(query, key, key, spec), chosen);
    case Family::kWindow:
      return weights_of(check_window_inputs(query, key, key, spec), chosen);
    case Family::kEdges:
      TORCH_CHECK(false, "[attention] weights along edges are edge_weights()");
    case Family::kDense:
      break;
  }
  return weights_of(check_dense_inputs(query, key, key, spec), chosen);
}

}  // namespace heed::attention
