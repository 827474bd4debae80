// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/packed_weight.h"

#include "heed/kernels/isa.h"
#include "heed/nn/int8_product.h"
#include "heed/nn/matrix_product.h"

namespace heed::nn {
namespace {

using kernels::cpu_kernels;

constexpr int64_t kStrip = kernels::kGemmStrip;
static_assert(kernels::kInt8Strip == kStrip);

int64_t scale_bytes(int64_t rows) {
  return rows * static_cast<int64_t>(sizeof(float));
}

const kernels::GemmOfType& gemm_of(at::ScalarType type) {
  const auto& gemm = cpu_kernels().gemm;
  return type == at::kFloat ? gemm.float32 : gemm.bfloat16;
}

}  // namespace

PackedForm::PackedForm(const at::Tensor& weight, WeightType type)
    : in_(weight.size(1)), out_(weight.size(0)) {
  if (type == WeightType::kInt8)
    int8_ = quantize_weight(weight);
  else
    packed_ = pack_matrix(weight.t(), type == WeightType::kFloat32 ? at::kFloat : at::kBFloat16);
}

int64_t PackedForm::strips() const {
  return (out_ + kStrip - 1) / kStrip;
}

/// In int8 scales of the rows, then their levels.
int64_t PackedForm::rounded_bytes(int64_t rows) const {
  if (int8_.packed.defined()) return scale_bytes(rows) + rows * kernels::int8_depth(in_);
  const bool rounds = gemm_of(packed_.scalar_type()).round != nullptr;
  return rounds ? rows * kernels::rounded_words(in_) * static_cast<int64_t>(sizeof(uint32_t)) : 0;
}

void PackedForm::round(const PackedProduct& product, std::byte* to) const noexcept {
  if (!int8_.packed.defined()) {
    const auto round = gemm_of(packed_.scalar_type()).round;
    if (round) round(product.input, product.input_row, product.rows, in_, reinterpret_cast<uint32_t*>(to));
    return;
  }
  auto* levels = reinterpret_cast<uint8_t*>(to + scale_bytes(product.rows));
  cpu_kernels().int8.quantize(product.input, product.input_row, in_, levels, reinterpret_cast<float*>(to), 0,
                              product.rows);
}

void PackedForm::multiply(const PackedProduct& product, int64_t strip_begin,
                          int64_t strip_end) const noexcept {
  if (int8_.packed.defined()) {
    kernels::Int8Problem problem = int8_problem(int8_, product.bias, product.result);
    problem.left = reinterpret_cast<const uint8_t*>(product.rounded + scale_bytes(product.rows));
    problem.row_scale = reinterpret_cast<const float*>(product.rounded);
    return cpu_kernels().int8.multiply(problem, 0, product.rows, strip_begin, strip_end);
  }
  kernels::GemmProblem problem;
  problem.columns = out_;
  problem.depth = in_;
  problem.left = {product.input, product.input_row, 1};
  problem.packed = packed_.const_data_ptr();
  problem.bias = product.bias;
  problem.result = product.result;
  problem.result_row = out_;
  problem.rounded = reinterpret_cast<const uint32_t*>(product.rounded);
  gemm_of(packed_.scalar_type()).multiply(problem, 0, product.rows, strip_begin, strip_end, nullptr);
}

at::Tensor PackedForm::product(const at::Tensor& input, const at::Tensor& bias) const {
  return int8_.packed.defined() ? int8_product(input, int8_, bias)
                                : packed_product(input, packed_, out_, bias);
}

struct PackedWeight::Entry {
  at::Tensor weight;  ///< holds the storage, so that another tensor cannot come to lie at its address
  uint32_t version = 0;
  PackedForm form;

  Entry(const at::Tensor& of, WeightType type) : weight(of.detach()), form(of, type) {}
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
  const auto entry = std::make_shared<Entry>(weight, type_);
  // An inference tensor does not count what is written to it.
  if (!weight.is_inference()) entry->version = static_cast<uint32_t>(weight._version());
  return entry;
}

std::shared_ptr<const PackedWeight::Entry> PackedWeight::entry_of(const at::Tensor& weight) {
  if (weight.is_inference()) return pack(weight);
  const std::lock_guard lock(mutex_);
  if (!entry_ || !entry_->is_of(weight)) entry_ = pack(weight);
  return entry_;
}

at::Tensor PackedWeight::product(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  return entry_of(weight)->form.product(input, bias);
}

std::shared_ptr<const PackedForm> PackedWeight::form(const at::Tensor& weight) {
  const auto entry = entry_of(weight);
  return {entry, &entry->form};
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
