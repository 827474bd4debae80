// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/nn/weight_type.h"

namespace heed::nn {

/// A weight as heed's matrix kernels read it, kept for as long as the weight stays what it is: it is packed
/// again when the weight has been written to or is another tensor. Safe to use from several threads, but for
/// set_type. A copy starts empty, with the same type.
///
/// Memory: as much as the weight in float32, half of that in bfloat16, a quarter in int8, with `out` rounded
/// up to a multiple of 16 (bfloat16: 32); and it keeps the weight's storage alive.
class PackedWeight {
 public:
  PackedWeight() = default;
  PackedWeight(const PackedWeight& other) : type_(other.type_) {}
  PackedWeight& operator=(const PackedWeight& other);

  WeightType type() const { return type_; }
  /// Drops what is packed in another type.
  void set_type(WeightType type);

  /// input weight^T + bias: input [rows, in], weight [out, in], bias [out] or undefined, float32 on the CPU.
  /// A row's bits depend on that row alone. No gradient; arguments are trusted.
  at::Tensor product(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias);

  void clear();
  bool empty() const;

 private:
  struct Entry;
  std::shared_ptr<const Entry> pack(const at::Tensor& weight) const;
  std::shared_ptr<const Entry> entry_of(const at::Tensor& weight);

  WeightType type_ = WeightType::kFloat32;
  mutable std::mutex mutex_;
  std::shared_ptr<const Entry> entry_;
};

/// A module with packed weights of its own (not its children's): set_weight_type finds them by this.
class KeepsPackedWeights {
 public:
  virtual ~KeepsPackedWeights() = default;
  virtual std::vector<PackedWeight*> packed_weights() = 0;
};

}  // namespace heed::nn
