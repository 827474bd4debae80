// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/raster_state.h"

#include <ATen/ops/zeros.h>

namespace heed::nn {

RasterState::RasterState(const ImageDomain& domain, int64_t batch, const at::Device& device)
    : domain_(domain),
      values_(at::zeros({batch, domain.channels}, at::TensorOptions().dtype(at::kLong).device(device))) {}

void RasterState::advance(const at::Tensor& previous) {
  TORCH_CHECK(steps_ < domain_.values(), "[image_model] all ", domain_.values(),
              " values of the image are complete");
  if (steps_ > 0) values_.select(1, channel()).copy_(previous);
  ++steps_;
}

void RasterState::reorder(const at::Tensor& order) {
  const at::Tensor rows = order.to(values_.device());
  values_ = values_.index_select(0, rows);
  for (at::Tensor* tensor : remembered()) {
    if (tensor->defined()) *tensor = tensor->index_select(0, rows);
  }
}

at::Tensor part_of(const at::Tensor& context, const PixelArea& area) {
  const at::Tensor rows = context.size(1) == 1 ? context : context.narrow(1, area.row, area.height);
  return rows.size(2) == 1 ? rows : rows.narrow(2, area.column, area.width);
}

}  // namespace heed::nn
