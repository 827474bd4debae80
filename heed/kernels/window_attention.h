// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/kernels/dropout.h"
#include "heed/kernels/element.h"

/// Attention of every query over the size x size keys around it (Ramachandran et al. 2019, arXiv:1906.05909)
/// at the cost of its products. Neighbouring queries in a row of the image are neighbours in a vector, so
/// that a cell of the window is a shifted load, and nothing is gathered, expanded or stored for the whole
/// image.
namespace heed::kernels {

/// The problem, the same for all heads. Keys are height x width pixels, queries are at every stride-th row
/// and column.
struct WindowProblem {
  int32_t height = 0, width = 0, size = 0, stride = 1, head_dim = 0;
  bool zero_border = false;  ///< zeros beyond the image take part in the softmax
  bool relation = false;     ///< there are row and column tables; head_dim is even
  float scale = 1;
  Element element = Element::kFloat;  ///< of all numbers, except float* and those of key_element
};

/// One batch element and head. Dropout's key row of a pixel is its raster index; of a cell beyond the image
/// it is height * width + the index of the cell in the window.
struct WindowHead {
  Rows query, output;          ///< [query height * query width, head_dim]
  Rows key, value;             ///< [height * width, head_dim]
  Rows row, column;            ///< [size, head_dim / 2]
  float* logsumexp = nullptr;  ///< [query height * query width]
  Dropout dropout;
};

/// The gradients of a head; the kernel writes all of them and adds to none.
struct WindowGradients {
  Rows output_grad, query_grad;           ///< as query
  Rows key_grad, value_grad;              ///< [rows of window_key_rows * width, head_dim]
  Element key_element = Element::kFloat;  ///< of key_grad and value_grad
  float* table_grad = nullptr;            ///< [2, size, head_dim / 2]: row, column
};

/// Query rows begin..end of the image of queries, on the calling thread; scratch, in floats, is aligned to 64
/// bytes.
struct WindowKernels {
  int64_t (*forward_scratch)(const WindowProblem&, int32_t begin, int32_t end) noexcept;
  int64_t (*backward_scratch)(const WindowProblem&, int32_t begin, int32_t end) noexcept;
  void (*forward)(const WindowProblem&, const WindowHead&, int32_t begin, int32_t end,
                  float* scratch) noexcept;
  void (*backward)(const WindowProblem&, const WindowHead&, const WindowGradients&, int32_t begin,
                   int32_t end, float* scratch) noexcept;
};

struct WindowKeyRows {
  int32_t begin = 0, end = 0;
};

namespace {  // each instruction set has its own copy

/// The image rows that query rows begin..end see.
inline constexpr WindowKeyRows window_key_rows(const WindowProblem& p, int32_t begin, int32_t end) {
  const int32_t first = begin * p.stride - p.size / 2, last = (end - 1) * p.stride + p.size / 2;
  return {first < 0 ? 0 : first, last < p.height ? last + 1 : p.height};
}

}  // namespace
}  // namespace heed::kernels
