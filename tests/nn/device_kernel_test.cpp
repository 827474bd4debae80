// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/device_kernel.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "heed/nn/activation.h"

namespace heed::nn {
namespace {

int on_cpu(const at::Tensor&) {
  return 1;
}
int on_meta(const at::Tensor&) {
  return 2;
}

TEST(DeviceKernel, IsFoundByDeviceAndDtype) {
  DeviceKernel<int(const at::Tensor&)> kernel;
  const at::Tensor floats = at::zeros({2}), doubles = at::zeros({2}, at::kDouble);
  EXPECT_EQ(kernel.find(floats), nullptr);
  kernel.add(at::kCPU, {at::kFloat, at::kHalf}, on_cpu);
  EXPECT_EQ(kernel.find(floats), &on_cpu);
  EXPECT_EQ(kernel.find(floats.to(at::kHalf)), &on_cpu);
  EXPECT_EQ(kernel.find(doubles), nullptr);
  EXPECT_EQ(kernel.find(floats.to(at::kMeta)), nullptr);
  kernel.add(at::kMeta, {at::kDouble}, on_meta);
  EXPECT_EQ(kernel.find(doubles.to(at::kMeta)), &on_meta);
  EXPECT_EQ(kernel.find(floats), &on_cpu);
  EXPECT_EQ(kernel.find(doubles), nullptr);
}

TEST(DeviceKernel, InferenceKernelsAreNotFoundWhileGradientsAreRecorded) {
  DeviceKernel<int(const at::Tensor&)> kernel;
  kernel.add(at::kCPU, {at::kFloat}, on_cpu);
  const at::Tensor floats = at::zeros({2});
  EXPECT_EQ(kernel.find_for_inference(floats), nullptr);
  const at::NoGradGuard no_grad;
  EXPECT_EQ(kernel.find_for_inference(floats), &on_cpu);
}

TEST(DeviceKernel, ANewDeviceChangesNoCaller) {
  const at::NoGradGuard no_grad;
  const at::Tensor input = at::zeros({3, 5}, at::TensorOptions().device(at::kMeta).dtype(at::kHalf));
  EXPECT_EQ(row_tanh(input).sizes(), input.sizes());  // libtorch's
  tanh_kernel.add(at::kMeta, {at::kHalf}, [](const at::Tensor& x) { return x.new_empty({7}); });
  EXPECT_EQ(row_tanh(input).sizes(), at::IntArrayRef{7});
  EXPECT_TRUE(row_tanh(at::ones({2}, at::kDouble)).equal(at::ones({2}, at::kDouble).tanh()));
}

}  // namespace
}  // namespace heed::nn
