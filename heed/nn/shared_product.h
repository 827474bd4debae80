// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include <ATen/Parallel.h>

namespace heed::nn {

/// The work of a product with a packed weight, which threads share.
struct ProductShares {
  int64_t rows = 0, strips = 0;
  int64_t strip_bytes = 0;  ///< bytes of a strip of the weight
  int64_t row_work = 0;     ///< cost of a row times a strip, in bytes that could be read in that time
};

/// Bytes that can be read in the time it takes to wake a thread.
constexpr int64_t kWakingBytes = 1 << 18;
/// Rows per unit of work: a multiple of the rows that every instruction set keeps in registers.
constexpr int64_t kRowsTogether = 12;

/// Calls multiply(row_begin, row_end, strip_begin, strip_end) on as many threads as are worth waking. Many
/// rows are divided among the threads; otherwise strips are, so that each thread reads only its part of the
/// weight.
template <class Multiply>
void share_product(const ProductShares& shares, const Multiply& multiply) {
  const int64_t rows = shares.rows, strips = shares.strips;
  if (rows >= 4 * kRowsTogether * at::get_num_threads()) {
    const int64_t work = kRowsTogether * shares.row_work * strips;
    at::parallel_for(0, (rows + kRowsTogether - 1) / kRowsTogether, std::max<int64_t>(1, kWakingBytes / work),
                     [&](int64_t begin, int64_t end) {
                       multiply(begin * kRowsTogether, std::min(end * kRowsTogether, rows), 0, strips);
                     });
    return;
  }
  const int64_t work = std::max(shares.strip_bytes, rows * shares.row_work);
  at::parallel_for(0, strips, std::max<int64_t>(1, kWakingBytes / work),
                   [&](int64_t begin, int64_t end) { multiply(0, rows, begin, end); });
}

}  // namespace heed::nn
