// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

namespace heed::nn {

/// A kernel with one implementation for each device type that has one. Callers compose libtorch's operations
/// for the others, so that a new device needs a new file and no change to its callers:
///
///   // activation.h
///   inline constinit DeviceKernel<at::Tensor(const at::Tensor&)> tanh_kernel;
///   // activation_cpu.cpp; activation_cuda.cu would add its own
///   const bool kAdded = tanh_kernel.add(at::kCPU, {at::kFloat}, tanh_on_cpu);
///   // activation.cpp
///   const auto kernel = tanh_kernel.find(input);
///   return kernel ? kernel(input) : at::tanh(input);
template <class Signature>
class DeviceKernel {
 public:
  /// The implementation for a tensor's device and dtype; null if there is none. A table lookup.
  Signature* find(const at::Tensor& tensor) const {
    const Row& row = rows_[static_cast<size_t>(tensor.device().type())];
    return (row.dtypes >> static_cast<int>(tensor.scalar_type()) & 1) != 0 ? row.function : nullptr;
  }
  /// The same for kernels without a backward pass: null while gradients are recorded.
  Signature* find_for_inference(const at::Tensor& tensor) const {
    return at::GradMode::is_enabled() ? nullptr : find(tensor);
  }
  /// Called while the library loads, before any find(). Returns true, to initialise a constant.
  bool add(c10::DeviceType device, std::initializer_list<at::ScalarType> dtypes, Signature* function) {
    Row& row = rows_[static_cast<size_t>(device)];
    row.function = function;
    for (const at::ScalarType dtype : dtypes) row.dtypes |= uint64_t{1} << static_cast<int>(dtype);
    return true;
  }

 private:
  static_assert(static_cast<int>(at::ScalarType::NumOptions) <= 64, "dtypes are bits of 64");
  struct Row {
    Signature* function = nullptr;
    uint64_t dtypes = 0;  ///< bit n: ScalarType n
  };
  std::array<Row, c10::COMPILE_TIME_MAX_DEVICE_TYPES> rows_{};
};

}  // namespace heed::nn
