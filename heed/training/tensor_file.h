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

/// at::Tensor <-> file tensor. view_tensor keeps the tensor's memory: it must be contiguous, on CPU, and
/// outlive the view.
TensorView view_tensor(const at::Tensor& tensor);
at::Tensor to_tensor(const TensorView& view);  ///< a copy

/// Writes tensors of any device as one safetensors file, one after the other, so that never more than one is
/// copied. Those of floating dtypes are stored as `floats` where that is given.
void write_tensors(FileWriter& file, const TensorMap& tensors,
                   const std::map<std::string, std::string>& metadata = {},
                   std::optional<at::ScalarType> floats = {});

/// Copies each tensor of the file that `to` names too into the one of `to`, which keeps its dtype and device;
/// the shapes must agree. One pass over the file, whose memory is given back on the way: what it takes is
/// bounded whatever the file's size.
///
/// `checksum`, when given, gets every byte of the file, those of other tensors included.
void read_tensors(const Safetensors& file, const TensorMap& to, Crc32c* checksum = nullptr);

/// Throws Error(kCheckpoint) when the file lacks a tensor of `wanted` or holds it in another shape. `what`
/// says in the message what the tensors are, such as "the optimizer state".
void require_tensors(const Safetensors& file, const TensorMap& wanted, const std::string& what);

/// New tensors of the names, shapes and dtypes in the file, on the CPU and not filled.
TensorMap tensors_like(const Safetensors& file);

}  // namespace heed::training
