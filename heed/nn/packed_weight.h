// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/nn/int8_product.h"
#include "heed/nn/weight_type.h"

namespace heed::nn {

/// Memory that the pieces of input weight^T + bias read and write.
struct PackedProduct {
  const float* input = nullptr;        ///< [rows, in], row stride input_row
  const std::byte* rounded = nullptr;  ///< result of PackedForm::round, if the form needs it
  const float* bias = nullptr;         ///< [out], optional
  float* result = nullptr;             ///< [rows, out]
  int64_t rows = 0, input_row = 0;
};

/// A weight [out, in] as heed's matrix kernels read it, and its product in pieces on the calling thread. The bits
/// of a row depend on that row alone, not on how the pieces are cut.
class PackedForm {
 public:
  PackedForm(const at::Tensor& weight, WeightType type);

  int64_t in() const { return in_; }
  int64_t out() const { return out_; }
  int64_t strips() const;  ///< of 64 columns of the result
  int64_t bytes() const { return int8_.packed.defined() ? int8_.packed.nbytes() : packed_.nbytes(); }
  /// Bytes of rounded rows; 0: the form reads rows as they are.
  int64_t rounded_bytes(int64_t rows) const;
  void round(const PackedProduct& product, std::byte* to) const noexcept;
  void multiply(const PackedProduct& product, int64_t strip_begin, int64_t strip_end) const noexcept;

  /// The whole product on every thread that is worth waking.
  at::Tensor product(const at::Tensor& input, const at::Tensor& bias) const;

 private:
  int64_t in_, out_;
  at::Tensor packed_;  ///< in float32 and bfloat16
  Int8Weight int8_;    ///< in int8
};

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
  /// The packed form of this weight, which lives as long as the pointer.
  std::shared_ptr<const PackedForm> form(const at::Tensor& weight);

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
