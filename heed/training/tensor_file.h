// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "heed/core/crc32c.h"
#include "heed/core/file_writer.h"
#include "heed/core/safetensors.h"

namespace heed::training {

using TensorMap = std::map<std::string, at::Tensor>;

/// Convert between at::Tensor and a file's tensor. view_tensor refers to the tensor's memory: the tensor must
/// be contiguous, on the CPU, and outlive the view.
TensorView view_tensor(const at::Tensor& tensor);
at::Tensor to_tensor(const TensorView& view);  ///< returns a copy

/// Writes tensors of any device as one safetensors file, copying at most one at a time. Floating-point
/// tensors are stored as `floats`, if given.
void write_tensors(FileWriter& file, const TensorMap& tensors,
                   const std::map<std::string, std::string>& metadata = {},
                   std::optional<at::ScalarType> floats = {});

/// Copies each tensor of the file whose name is in `to` into that tensor, which keeps its dtype and device.
/// The shapes must agree. Passes through the file once and releases its memory on the way: memory use is
/// bounded for files of any size.
///
/// `checksum`, if given, receives every byte of the file, including those of other tensors.
void read_tensors(const Safetensors& file, const TensorMap& to, Crc32c* checksum = nullptr);

/// Throws Error(kCheckpoint) if the file lacks a tensor of `wanted` or has it in another shape. `what`
/// describes the tensors in the message, such as "the optimizer state".
void require_tensors(const Safetensors& file, const TensorMap& wanted, const std::string& what);

/// Returns uninitialised tensors on the CPU with the names, shapes and dtypes of the file.
TensorMap tensors_like(const Safetensors& file);

}  // namespace heed::training
