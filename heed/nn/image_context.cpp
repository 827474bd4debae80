// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/image_context.h"

#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/upsample_bilinear2d.h>

namespace heed::nn {
namespace {

at::Tensor scaled(const at::Tensor& pixels, at::ScalarType dtype) {
  return pixels.to(dtype) / 127.5 - 1;
}

}  // namespace

at::Tensor pixel_inputs(const at::Tensor& pixels, at::ScalarType dtype) {
  return at::constant_pad_nd(scaled(pixels, dtype), {1, 0}, 1.0);
}

ImageContextImpl::ImageContextImpl(const ImageDomain& domain, int64_t width) : domain_(domain) {
  if (domain.classes > 0) classes_ = register_module("classes", torch::nn::Embedding(domain.classes, width));
  if (domain.source_height == 0) return;
  const auto convolution = [&](int64_t in) {
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, width, 3).padding(1));
  };
  read_ = register_module("read", convolution(domain.channels));
  read_again_ = register_module("read_again", convolution(width));
  rows_ = register_parameter("rows", at::randn({domain.height, 1, width}) * 0.1);
  columns_ = register_parameter("columns", at::randn({domain.width, width}) * 0.1);
}

at::Tensor ImageContextImpl::enlarged(const at::Tensor& source) {
  if (!at::GradMode::is_enabled() && source.size(0) > 1) {
    // In inference each image is computed alone: the rounding of libtorch's convolution and resampling
    // depends on the batch.
    std::vector<at::Tensor> each;
    for (const at::Tensor& one : source.split(1)) each.push_back(enlarged(one));
    return at::cat(each);
  }
  const at::Tensor pixels = scaled(source, rows_.scalar_type()).permute({0, 3, 1, 2});
  const at::Tensor features = read_again_->forward(at::elu(read_->forward(pixels)));
  const at::Tensor large =
      at::upsample_bilinear2d(features, {domain_.height, domain_.width}, /*align_corners=*/false);
  return large.permute({0, 2, 3, 1}) + rows_ + columns_;
}

at::Tensor ImageContextImpl::forward(const ImageCondition& condition) {
  at::Tensor context;
  if (condition.source) context = enlarged(*condition.source);
  if (!condition.labels) return context;
  const at::Tensor of_class = classes_->forward(*condition.labels).unsqueeze(1).unsqueeze(1);
  return context.defined() ? context + of_class : of_class;
}

}  // namespace heed::nn
