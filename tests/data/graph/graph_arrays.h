// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/data/image/archive_files.h"

#include "heed/core/safetensors.h"

namespace heed::graph::testing {

template <class T>
struct TypeOf;
template <>
struct TypeOf<uint8_t> {
  static constexpr Dtype kDtype = Dtype::kU8;
  static constexpr const char* kNumpy = "|u1";
};
template <>
struct TypeOf<int32_t> {
  static constexpr Dtype kDtype = Dtype::kI32;
  static constexpr const char* kNumpy = "<i4";
};
template <>
struct TypeOf<int64_t> {
  static constexpr Dtype kDtype = Dtype::kI64;
  static constexpr const char* kNumpy = "<i8";
};
template <>
struct TypeOf<float> {
  static constexpr Dtype kDtype = Dtype::kF32;
  static constexpr const char* kNumpy = "<f4";
};
template <>
struct TypeOf<double> {
  static constexpr Dtype kDtype = Dtype::kF64;
  static constexpr const char* kNumpy = "<f8";
};

/// Tensors that a test writes.
class Tensors {
 public:
  template <class T>
  Tensors& set(const std::string& name, std::vector<int64_t> shape, const std::vector<T>& values) {
    const auto bytes = std::as_bytes(std::span(values));
    tensors_[name] = {TypeOf<T>::kDtype, std::move(shape), {bytes.begin(), bytes.end()}};
    return *this;
  }
  Tensors& drop(const std::string& name) {
    tensors_.erase(name);
    return *this;
  }
  std::vector<std::byte> file(const std::map<std::string, std::string>& metadata = {}) const {
    std::map<std::string, TensorView> views;
    for (const auto& [name, tensor] : tensors_) views[name] = {tensor.dtype, tensor.shape, tensor.content};
    return format_safetensors(views, metadata);
  }

 private:
  struct Tensor {
    Dtype dtype = Dtype::kU8;
    std::vector<int64_t> shape;
    std::vector<std::byte> content;
  };
  std::map<std::string, Tensor> tensors_;
};

/// A .npy file with this header.
inline std::string npy_with(std::string header, const std::string& content) {
  header += '\n';
  const auto size = header.size();
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(size & 0xFF) + static_cast<char>(size >> 8) +
         header + content;
}

template <class T>
std::string npy(const std::string& shape, const std::vector<T>& values) {
  const std::string content(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  return npy_with(
      "{'descr': '" + std::string(TypeOf<T>::kNumpy) + "', 'fortran_order': False, 'shape': " + shape + ", }",
      content);
}

/// Texts as NumPy's "<U" of a width.
inline std::string npy_texts(const std::vector<std::string>& texts, size_t width) {
  std::string content;
  for (const auto& text : texts)
    for (size_t i = 0; i < width; ++i)
      content += std::string(1, i < text.size() ? text[i] : '\0') + std::string(3, '\0');
  return npy_with("{'descr': '<U" + std::to_string(width) + "', 'fortran_order': False, 'shape': (" +
                      std::to_string(texts.size()) + ",), }",
                  content);
}

}  // namespace heed::graph::testing
