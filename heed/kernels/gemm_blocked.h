// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/gemm_pack.h"
#include "heed/kernels/gemm_pairs.h"

/// The body of gemm.h. For files compiled once for each instruction set.
namespace heed::kernels {
namespace {

/// Rows of a block of the left operand: with its depth they stay in the second cache.
constexpr int64_t kGemmRows = 24 * kRows;

/// One block of the left operand and where its products with a strip go, for one block of the depth.
struct GemmBlock {
  int64_t rows, depth;
  Left left;      ///< of a group of kRows rows
  int64_t group;  ///< from one group to the next
  // Of the strip:
  int64_t columns;
  const float* start;  ///< bias, the result itself, or null
  int64_t start_row;
  Out result;
  const char* next;  ///< what is read after the strip, or null
};

/// R rows from row i and the P panels from panel j of a strip, the last of which may be cut.
template <class Number, int R, int P, bool Fetch>
inline void gemm_panels(const GemmBlock& block, RightOf<Number> strip, int64_t i, int64_t j,
                        const char* ahead) {
  constexpr int64_t kWidth = P * Panels<Number>::kColumns;
  const Left a{block.left.data + i / kRows * block.group + i % kRows * block.left.row, block.left.row,
               block.left.step};
  const RightOf<Number> b{strip.data + j * strip.panel, strip.panel, strip.row};
  const int64_t column = j * Panels<Number>::kColumns;
  const float* start = block.start ? block.start + i * block.start_row + column : nullptr;
  const Out c{block.result.data + i * block.result.row + column, block.result.row};
  const int64_t width = block.columns - column;
  if (kWidth <= width)
    return gemm_tile<Number, R, P, Fetch>(block.depth, a, b, start, block.start_row, c, ahead);
  float whole[R * kWidth];
  for (int r = 0; r < R; ++r) {
    for (int64_t n = 0; n < kWidth; ++n)
      whole[r * kWidth + n] = start && n < width ? start[r * block.start_row + n] : 0;
  }
  gemm_tile<Number, R, P, false>(block.depth, a, b, whole, kWidth, {whole, kWidth}, nullptr);
  for (int r = 0; r < R; ++r) {
    for (int64_t n = 0; n < width; ++n) c.data[r * c.row + n] = whole[r * kWidth + n];
  }
}

/// R rows of panels begin..end, P at a time.
template <class Number, int R, int P>
inline void gemm_rows(const GemmBlock& block, RightOf<Number> strip, int64_t i, int64_t begin, int64_t end) {
  int64_t j = begin;
  for (; j + P <= end; j += P) gemm_panels<Number, R, P, false>(block, strip, i, j, nullptr);
  if constexpr (P > 1) {
    if (j < end) gemm_rows<Number, R, P / 2>(block, strip, i, j, end);
  }
}

/// Panels in registers beside R rows: few rows keep more, so that enough sums are under way at once.
template <class Number, int R>
constexpr int panels_beside() {
  constexpr int kVectorsAtOnce = kLanes == 16 ? 4 : kLanes == 4 ? 4 : R == 1 ? 8 : R <= 3 ? 4 : 2;
  constexpr int kPanels = kVectorsAtOnce / kPanelVectors<Number>;
  return kPanels > 1 ? kPanels : 1;
}

/// The rows from row i on, fewer than kRows.
template <class Number, int R = 1>
inline void gemm_rest(const GemmBlock& block, RightOf<Number> strip, int64_t i, int64_t panels) {
  if constexpr (R < kRows) {
    if (block.rows - i == R)
      return gemm_rows<Number, R, panels_beside<Number, R>()>(block, strip, i, 0, panels);
    gemm_rest<Number, R + 1>(block, strip, i, panels);
  }
}

/// Rows that make up tiles of kRows. With AVX-512 a last tile and one or two rows behind it become two tiles
/// of about the same size instead: one of two rows waits for its weights.
inline int64_t rows_in_whole_tiles(const GemmBlock& block) {
  const int64_t rest = block.rows % kRows, whole = block.rows - rest;
  const bool in_place = block.group == kRows * block.left.row;
  return kLanes == 16 && in_place && whole > 0 && (rest == 1 || rest == 2) ? whole - kRows : whole;
}

/// The seven or eight rows from row i on. The first tile waits for memory and the second does not: each
/// fetches half of what comes next, so that memory never rests.
template <class Number>
inline void gemm_two_tiles(const GemmBlock& block, RightOf<Number> strip, int64_t i, int64_t panels) {
  constexpr int kHalf = 4, P = panels_beside<Number, kHalf>();
  if constexpr (kRows > kHalf && P == kStripPanels<Number>) {
    if (i == 0 && block.columns == kGemmStrip && block.next) {
      const char* second = block.next + block.depth * kRowBytes<Number, P> / 2;
      gemm_panels<Number, kHalf, P, true>(block, strip, 0, 0, block.next);
      if (block.rows == 2 * kHalf) return gemm_panels<Number, kHalf, P, true>(block, strip, kHalf, 0, second);
      return gemm_panels<Number, kHalf - 1, P, true>(block, strip, kHalf, 0, second);
    }
  }
  gemm_rows<Number, kHalf, P>(block, strip, i, 0, panels);
  gemm_rest<Number>(block, strip, i + kHalf, panels);
}

/// Every row meets the strip while it is in the cache.
template <class Number>
inline void gemm_strip(const GemmBlock& block, RightOf<Number> strip) {
  constexpr int P = panels_beside<Number, kRows>();
  const int64_t panels = (block.columns + Panels<Number>::kColumns - 1) / Panels<Number>::kColumns;
  const int64_t whole = rows_in_whole_tiles(block);
  for (int64_t j = 0; j < panels && whole > 0; j += P) {
    const int64_t stop = smaller(panels, j + P);
    for (int64_t i = 0; i < whole; i += kRows) gemm_rows<Number, kRows, P>(block, strip, i, j, stop);
  }
  if (block.rows - whole <= kRows) return gemm_rest<Number>(block, strip, whole, panels);
  gemm_two_tiles(block, strip, whole, panels);
}

/// Rows from which on a strip of bfloat16 is widened once for all of them, not once for each kRows.
constexpr int64_t kWidenRows = 3 * kRows;

inline void gemm_block(const GemmBlock& block, RightOf<float> strip) {
  gemm_strip(block, strip);
}

inline void gemm_block(const GemmBlock& block, RightOf<uint32_t> strip) {
  if (block.rows < kWidenRows) return gemm_strip(block, strip);
  alignas(64) float wide[kGemmDepth * kGemmStrip];
  constexpr int64_t kColumns = Panels<uint32_t>::kColumns;
  const int64_t panels = (block.columns + kColumns - 1) / kColumns;
  // As float32 panels: side by side where they are read so, else one behind the other.
  const int64_t panel = kInterleaved ? kPanel : kPanel * block.depth;
  const int64_t row = kInterleaved ? panels * kColumns : kPanel;
  for (int64_t j = 0; j < panels; ++j) {
    const uint32_t* from = strip.data + j * strip.panel;
    float* to = wide + j * kColumns / kPanel * panel;
    for (int64_t k = 0; k < block.depth; ++k, from += strip.row, to += row) {
      Floats columns[kPanelVectors<uint32_t>];
      load_panel(from, columns);
#pragma GCC unroll 4
      for (int v = 0; v < kPanelVectors<uint32_t>; ++v) store(to + v * kLanes, columns[v]);
    }
  }
  gemm_strip(block, RightOf<float>{wide, panel, row});
}

/// Strips begin..end of one block of rows and of the depth from k on.
template <class Number>
inline void gemm_strips(const GemmProblem& problem, GemmBlock block, int64_t row, int64_t k, int64_t begin,
                        int64_t end) {
  const auto* packed = static_cast<const Number*>(problem.packed);
  const bool add = k > 0 || problem.add;
  block.depth = smaller(kGemmDepth, problem.depth - k);
  block.start_row = add ? problem.result_row : 0;
  for (int64_t strip = begin; strip < end; ++strip) {
    const int64_t column = strip * kGemmStrip;
    float* result = problem.result + row * problem.result_row + column;
    block.columns = smaller(kGemmStrip, problem.columns - column);
    block.start = add ? result : problem.bias ? problem.bias + column : nullptr;
    block.result = {result, problem.result_row};
    const RightOf<Number> right = packed_strip(packed, problem.columns, problem.depth, strip, k);
    // Strip after strip, and block after block of its depth, are read where `end - begin` is 1.
    const bool in_order = kInterleaved && end - begin == 1;
    block.next = in_order ? reinterpret_cast<const char*>(right.data + block.depth * right.row) : nullptr;
    gemm_block(block, right);
  }
}

/// Floats of the left operand up to which every strip is read in one go, through all blocks of the depth.
constexpr int64_t kFewNumbers = 1 << 15;

template <class Number>
void gemm_multiply(const GemmProblem& problem, int64_t row_begin, int64_t row_end, int64_t begin, int64_t end,
                   float* scratch) noexcept {
  const GemmMatrix& left = problem.left;
  const bool in_place = left.column == 1;
  for (int64_t row = row_begin; row < row_end; row += kGemmRows) {
    GemmBlock block{};
    block.rows = smaller(kGemmRows, row_end - row);
    const int64_t together = in_place && block.rows * problem.depth <= kFewNumbers ? 1 : end - begin;
    for (int64_t first = begin; first < end; first += together) {
      int64_t k = 0;
      do {  // once without any depth: the bias alone
        const int64_t depth = smaller(kGemmDepth, problem.depth - k);
        if (in_place) {
          block.left = {left.data + row * left.row + k, left.row, 1};
          block.group = kRows * left.row;
        } else {
          gemm_pack_left(left, row, block.rows, k, depth, scratch);
          block.left = {scratch, 1, kRows};
          block.group = kRows * depth;
        }
        gemm_strips<Number>(problem, block, row, k, first, first + together);
        k += depth;
      } while (k < problem.depth);
    }
  }
}

#if defined(HEED_KERNELS_PAIRS)
constexpr GemmOfType kBfloat16Gemm{paired_pack, paired_multiply, paired_round};
#else
constexpr GemmOfType kBfloat16Gemm{gemm_pack_right<uint32_t>, gemm_multiply<uint32_t>};
#endif

constexpr GemmKernels gemm_kernels() {
  return {{gemm_pack_right<float>, gemm_multiply<float>}, kBfloat16Gemm, kGemmRows * kGemmDepth};
}

}  // namespace
}  // namespace heed::kernels
