// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/typed_array.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "heed/core/error.h"
#include "heed/core/shown_text.h"

namespace heed::graph {
namespace {

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i > 0 ? ", " : "") + (shape[i] < 0 ? std::string("any") : std::to_string(shape[i]));
  return text + "]";
}

template <class T>
void each_as(const TensorView& view, const auto& use) {
  const size_t count = view.bytes.size() / sizeof(T);
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, view.bytes.data() + i * sizeof(T), sizeof(T));
    use(i, value);
  }
}

/// Calls use(index, value) with each value in its own type.
void each_value(const NamedArray& array, const auto& use) {
  switch (array.view.dtype) {
    case Dtype::kBool:
    case Dtype::kU8:
      return each_as<uint8_t>(array.view, use);
    case Dtype::kI8:
      return each_as<int8_t>(array.view, use);
    case Dtype::kU16:
      return each_as<uint16_t>(array.view, use);
    case Dtype::kI16:
      return each_as<int16_t>(array.view, use);
    case Dtype::kI32:
      return each_as<int32_t>(array.view, use);
    case Dtype::kI64:
      return each_as<int64_t>(array.view, use);
    case Dtype::kF32:
      return each_as<float>(array.view, use);
    case Dtype::kF64:
      return each_as<double>(array.view, use);
    default:
      array.fail(std::string("has the type ") + dtype_name(array.view.dtype) +
                 "; store it as float32, float64 or whole numbers");
  }
}

[[noreturn]] void fail_value(const NamedArray& array, size_t index, const std::string& needed, auto value) {
  array.fail("value " + std::to_string(index) + " must be " + needed + ", got " + std::to_string(value));
}

/// Both ends of int64 that a double can have.
constexpr double kLeastWhole = -9.2e18, kMostWhole = 9.2e18;

template <class T>
bool is_whole(T value) {
  if constexpr (std::is_floating_point_v<T>)
    return std::isfinite(value) && value == std::floor(value) && value > kLeastWhole && value < kMostWhole;
  else
    return true;
}

}  // namespace

void NamedArray::fail(const std::string& message) const {
  throw Error(ErrorKind::kData, "'" + printable(name) + "' " + message, file);
}

void NamedArray::expect_shape(const std::vector<int64_t>& shape) const {
  bool right = shape.size() == view.shape.size();
  for (size_t i = 0; right && i < shape.size(); ++i) right = shape[i] < 0 || shape[i] == view.shape[i];
  if (!right) fail("has the shape " + shape_text(view.shape) + "; " + shape_text(shape) + " is needed");
}

std::vector<int64_t> whole_numbers(const NamedArray& array, int64_t least, int64_t most) {
  std::vector<int64_t> numbers(array.view.bytes.size() / dtype_size(array.view.dtype));
  each_value(array, [&](size_t i, auto value) {
    if (!is_whole(value)) fail_value(array, i, "a whole number", value);
    numbers[i] = static_cast<int64_t>(value);
    if (numbers[i] < least || numbers[i] > most)
      fail_value(array, i, "from " + std::to_string(least) + " to " + std::to_string(most), numbers[i]);
  });
  return numbers;
}

std::vector<int32_t> small_numbers(const NamedArray& array, int32_t least, int32_t most) {
  const auto numbers = whole_numbers(array, least, most);
  return {numbers.begin(), numbers.end()};
}

std::vector<float> finite_floats(const NamedArray& array) {
  std::vector<float> numbers(array.view.bytes.size() / dtype_size(array.view.dtype));
  each_value(array, [&](size_t i, auto value) {
    numbers[i] = static_cast<float>(value);
    if (!std::isfinite(numbers[i])) fail_value(array, i, "finite", value);
  });
  return numbers;
}

std::vector<double> doubles_or_nan(const NamedArray& array) {
  std::vector<double> numbers(array.view.bytes.size() / dtype_size(array.view.dtype));
  each_value(array, [&](size_t i, auto value) {
    numbers[i] = static_cast<double>(value);
    if (std::isinf(numbers[i])) fail_value(array, i, "finite, or NaN where it is missing", value);
  });
  return numbers;
}

void check_pointers(const NamedArray& array, const std::vector<int64_t>& pointers, int64_t last) {
  if (pointers.empty() || pointers.front() != 0) array.fail("must begin with 0");
  const auto falls = std::is_sorted_until(pointers.begin(), pointers.end());
  if (falls != pointers.end())
    array.fail("must ascend; value " + std::to_string(falls - pointers.begin()) + " does not");
  if (pointers.back() != last)
    array.fail("must end with " + std::to_string(last) + ", got " + std::to_string(pointers.back()));
}

}  // namespace heed::graph
