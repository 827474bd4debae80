// SPDX-License-Identifier: Apache-2.0
#include "heed/training/tensor_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "heed/core/error.h"

namespace heed::training {
namespace {

struct DtypePair {
  at::ScalarType tensor;
  Dtype file;
};
constexpr std::array kDtypePairs{DtypePair{at::kBool, Dtype::kBool},     DtypePair{at::kByte, Dtype::kU8},
                                 DtypePair{at::kChar, Dtype::kI8},       DtypePair{at::kUInt16, Dtype::kU16},
                                 DtypePair{at::kShort, Dtype::kI16},     DtypePair{at::kInt, Dtype::kI32},
                                 DtypePair{at::kLong, Dtype::kI64},      DtypePair{at::kHalf, Dtype::kF16},
                                 DtypePair{at::kBFloat16, Dtype::kBF16}, DtypePair{at::kFloat, Dtype::kF32},
                                 DtypePair{at::kDouble, Dtype::kF64}};

Dtype file_dtype(at::ScalarType dtype) {
  for (const auto& pair : kDtypePairs) {
    if (pair.tensor == dtype) return pair.file;
  }
  TORCH_CHECK(false, "[view_tensor] safetensors has no dtype for ", dtype);
}

at::ScalarType tensor_dtype(Dtype dtype) {
  return std::find_if(kDtypePairs.begin(), kDtypePairs.end(),
                      [&](const auto& pair) { return pair.file == dtype; })
      ->tensor;
}

/// Returns consecutive elements as a tensor, without a copy if they are aligned; files need not align them.
at::Tensor elements(Dtype dtype, std::span<const std::byte> bytes) {
  const auto size = dtype_size(dtype);
  const TensorView flat{dtype, {static_cast<int64_t>(bytes.size() / size)}, bytes};
  if (reinterpret_cast<uintptr_t>(bytes.data()) % size != 0) return to_tensor(flat);
  return at::from_blob(const_cast<std::byte*>(bytes.data()), flat.shape, tensor_dtype(dtype));
}

/// A single pass through a file, front to back.
class Pass {
 public:
  Pass(const Safetensors& file, Crc32c* checksum) : file_(file), checksum_(checksum) {}

  /// Skips the bytes before `end`.
  void skip_to(const std::byte* end) {
    const auto whole = file_.bytes().subspan(done_);
    const auto skipped = whole.first(static_cast<size_t>(end - whole.data()));
    if (checksum_ != nullptr) each_stretch(skipped, [](std::span<const std::byte>) {});
    done_ += skipped.size();
  }

  void copy(const TensorView& view, const at::Tensor& to) {
    const at::Tensor flat = (to.is_contiguous() ? to : at::empty(to.sizes(), to.options())).view(-1);
    int64_t begin = 0;
    each_stretch(view.bytes, [&](std::span<const std::byte> stretch) {
      const at::Tensor part = elements(view.dtype, stretch);
      flat.narrow(0, begin, part.numel()).copy_(part);
      begin += part.numel();
    });
    done_ += view.bytes.size();
    if (!to.is_contiguous()) at::Tensor(to).copy_(flat.view(to.sizes()));
  }

 private:
  template <class Use>
  void each_stretch(std::span<const std::byte> bytes, const Use& use) {
    constexpr size_t kStretch = size_t{8} << 20;
    while (!bytes.empty()) {
      const auto stretch = bytes.first(std::min(bytes.size(), kStretch));
      file_.check_whole();
      if (checksum_ != nullptr) checksum_->add(stretch);
      use(stretch);
      file_.release(stretch);
      bytes = bytes.subspan(stretch.size());
    }
  }

  const Safetensors& file_;
  Crc32c* checksum_;
  size_t done_ = 0;  ///< offset of the next byte in the file
};

}  // namespace

TensorView view_tensor(const at::Tensor& tensor) {
  TORCH_CHECK(tensor.device().is_cpu() && tensor.is_contiguous(),
              "[view_tensor] the tensor must be contiguous and on the CPU");
  return {file_dtype(tensor.scalar_type()),
          tensor.sizes().vec(),
          {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}};
}

at::Tensor to_tensor(const TensorView& view) {
  at::Tensor tensor = at::empty(view.shape, tensor_dtype(view.dtype));
  TORCH_CHECK(tensor.nbytes() == view.bytes.size(), "[to_tensor] the shape needs ", tensor.nbytes(),
              " bytes, the view has ", view.bytes.size());
  if (!view.bytes.empty()) std::memcpy(tensor.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
  return tensor;
}

void write_tensors(FileWriter& file, const TensorMap& tensors,
                   const std::map<std::string, std::string>& metadata, std::optional<at::ScalarType> floats) {
  const auto stored_dtype = [&](const at::Tensor& tensor) {
    return floats && tensor.is_floating_point() ? *floats : tensor.scalar_type();
  };
  std::map<std::string, TensorView> header;
  for (const auto& [name, tensor] : tensors)
    header[name] = {file_dtype(stored_dtype(tensor)), tensor.sizes().vec(), {}};
  file.write(format_safetensors_header(header, metadata));
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor stored = tensor.detach().to(at::kCPU).to(stored_dtype(tensor)).contiguous();
    file.write(view_tensor(stored).bytes);
  }
}

void read_tensors(const Safetensors& file, const TensorMap& to, Crc32c* checksum) {
  const c10::NoGradGuard no_grad;
  std::vector<const std::map<std::string, TensorView>::value_type*> order;
  for (const auto& entry : file.tensors()) {
    if (!entry.second.bytes.empty() && to.count(entry.first) != 0) order.push_back(&entry);
  }
  std::sort(order.begin(), order.end(),
            [](auto a, auto b) { return a->second.bytes.data() < b->second.bytes.data(); });
  Pass pass(file, checksum);
  for (const auto* entry : order) {
    pass.skip_to(entry->second.bytes.data());
    pass.copy(entry->second, to.at(entry->first));
  }
  pass.skip_to(file.bytes().data() + file.bytes().size());
}

void require_tensors(const Safetensors& file, const TensorMap& wanted, const std::string& what) {
  for (const auto& [name, tensor] : wanted) {
    if (!file.contains(name))
      throw Error(ErrorKind::kCheckpoint, what + " lacks '" + name + "'", file.name());
    if (tensor.sizes() != at::IntArrayRef(file.at(name).shape))
      throw Error(ErrorKind::kCheckpoint, what + " has a different shape of '" + name + "' than the model",
                  file.name());
  }
}

TensorMap tensors_like(const Safetensors& file) {
  TensorMap tensors;
  for (const auto& [name, view] : file.tensors())
    tensors[name] = at::empty(view.shape, tensor_dtype(view.dtype));
  return tensors;
}

}  // namespace heed::training
