// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/packed_weight.h"

#include "heed/nn/int8_product.h"
#include "heed/nn/matrix_product.h"

namespace heed::nn {

struct PackedWeight::Entry {
  at::Tensor weight;  ///< holds the storage, so that another tensor cannot come to lie at its address
  uint32_t version = 0;
  at::Tensor packed;  ///< in float32 and bfloat16
  Int8Weight int8;    ///< in int8

  bool is_of(const at::Tensor& other) const {
    return weight.const_data_ptr() == other.const_data_ptr() && version == other._version() &&
           weight.sizes() == other.sizes() && weight.strides() == other.strides();
  }
};

PackedWeight& PackedWeight::operator=(const PackedWeight& other) {
  if (this == &other) return *this;
  clear();
  type_ = other.type_;
  return *this;
}

void PackedWeight::set_type(WeightType type) {
  if (type != type_) clear();
  type_ = type;
}

std::shared_ptr<const PackedWeight::Entry> PackedWeight::pack(const at::Tensor& weight) const {
  const auto entry = std::make_shared<Entry>();
  entry->weight = weight.detach();
  // An inference tensor does not count what is written to it.
  if (!weight.is_inference()) entry->version = static_cast<uint32_t>(weight._version());
  if (type_ == WeightType::kInt8) {
    entry->int8 = quantize_weight(weight);
  } else {
    entry->packed = pack_matrix(weight.t(), type_ == WeightType::kFloat32 ? at::kFloat : at::kBFloat16);
  }
  return entry;
}

std::shared_ptr<const PackedWeight::Entry> PackedWeight::entry_of(const at::Tensor& weight) {
  if (weight.is_inference()) return pack(weight);
  const std::lock_guard lock(mutex_);
  if (!entry_ || !entry_->is_of(weight)) entry_ = pack(weight);
  return entry_;
}

at::Tensor PackedWeight::product(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  const auto entry = entry_of(weight);
  return type_ == WeightType::kInt8 ? int8_product(input, entry->int8, bias)
                                    : packed_product(input, entry->packed, weight.size(0), bias);
}

void PackedWeight::clear() {
  const std::lock_guard lock(mutex_);
  entry_.reset();
}

bool PackedWeight::empty() const {
  const std::lock_guard lock(mutex_);
  return entry_ == nullptr;
}

}  // namespace heed::nn
