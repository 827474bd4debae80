// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/device.h"

#include <ATen/Context.h>

#include "heed/core/error.h"

namespace heed::nn {

at::Device parse_device(const std::string& name) {
  try {
    const at::Device device(name);
    if (device.is_cpu() || (device.is_cuda() && at::hasCUDA())) return device;
  } catch (const c10::Error&) {
    throw Error(ErrorKind::kUsage, "'" + name + "' is not a device; use cpu or cuda", FieldName{"device"});
  }
  throw Error(ErrorKind::kUsage,
              "'" + name + "' is not available: this libtorch has no such device, or there is no driver",
              FieldName{"device"});
}

}  // namespace heed::nn
