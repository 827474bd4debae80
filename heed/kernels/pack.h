// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/element.h"
#include "heed/kernels/matrix.h"

/// Rows of tensors to float32 matrices that matrix.h multiplies, and back. For files compiled once for each
/// instruction set.
namespace heed::kernels {
namespace {

/// Numbers of a row rounded up to whole panels; the ones past the row are zeros.
constexpr int32_t padded(int32_t numbers) {
  return (numbers + kPanel - 1) / kPanel * kPanel;
}

inline void read_row(Element element, Rows rows, int64_t row, int32_t count, float scale, float* to) {
  if (element == Element::kFloat) {
    const float* from = static_cast<const float*>(rows.data) + row * rows.stride;
    for (int32_t i = 0; i < count; ++i) to[i] = scale * from[i];
  } else {
    const uint16_t* from = static_cast<const uint16_t*>(rows.data) + row * rows.stride;
    for (int32_t i = 0; i < count; ++i) to[i] = scale * from_bfloat16(from[i]);
  }
}

inline void write_row(Element element, Rows rows, int64_t row, int32_t count, float scale,
                      const float* from) {
  if (element == Element::kFloat) {
    float* to = static_cast<float*>(rows.data) + row * rows.stride;
    for (int32_t i = 0; i < count; ++i) to[i] = scale * from[i];
  } else {
    uint16_t* to = static_cast<uint16_t*>(rows.data) + row * rows.stride;
    for (int32_t i = 0; i < count; ++i) to[i] = to_bfloat16(scale * from[i]);
  }
}

/// to[n][padded(count)] = scale * row list[n]; zeros where list[n] is negative.
inline void pack_rows(Element element, Rows rows, const int32_t* list, int32_t n, int32_t count, float scale,
                      float* to) {
  const int32_t width = padded(count);
  for (int32_t i = 0; i < n; ++i, to += width) {
    int32_t filled = 0;
    if (list[i] >= 0) {
      read_row(element, rows, list[i], count, scale, to);
      filled = count;
    }
    for (; filled < width; ++filled) to[filled] = 0;
  }
}

/// The transpose of packed rows [n][padded(count)] as panels: element (k, j) of [count, n] at
/// to[(j / 16) * 16 * count + k * 16 + j % 16]. n is a multiple of kPanel.
inline void transpose_to_panels(const float* rows, int32_t n, int32_t count, float* to) {
  const int32_t width = padded(count);
  for (int32_t panel = 0; panel < n; panel += kPanel, rows += kPanel * width) {
    for (int32_t k = 0; k < count; ++k, to += kPanel) {
      for (int32_t j = 0; j < kPanel; ++j) to[j] = rows[j * width + k];
    }
  }
}

}  // namespace
}  // namespace heed::kernels
