// SPDX-License-Identifier: Apache-2.0
#pragma once

#if defined(__AMX_BF16__)
#include <immintrin.h>
#endif

#include "heed/kernels/pairs.h"

/// AMX: eight registers of 16 rows of 64 bytes, and a product of two of them. HEED_EMULATE_TILES does the
/// same in plain code, so that any machine can test it. Numbers of tiles are literals, because the
/// instructions contain them.
namespace heed::kernels {
namespace {

constexpr int kTileRows = 16;   ///< of every register
constexpr int kTilePairs = 16;  ///< words of a row

#if defined(__AMX_BF16__)

/// Configures the calling thread's tile registers, at full size, until the end of the scope. Outside they may
/// have any content.
class TileScope {
 public:
  TileScope() {
    struct alignas(64) {
      uint8_t palette = 1, start_row = 0, reserved[14] = {};
      uint16_t row_bytes[16] = {};
      uint8_t rows[16] = {};
    } shape;
    for (int i = 0; i < 8; ++i) shape.row_bytes[i] = 4 * kTilePairs, shape.rows[i] = kTileRows;
    __asm__ volatile("" : : "r"(&shape) : "memory");  // the intrinsic reads more than it tells the compiler
    _tile_loadconfig(&shape);
  }
  ~TileScope() { _tile_release(); }
  TileScope(const TileScope&) = delete;
  TileScope& operator=(const TileScope&) = delete;
};

#define HEED_TILE_ZERO(t) _tile_zero(t)
// Not the intrinsic: GCC's does not declare that it reads memory, so that the compiler could move an earlier
// write behind it.
#define HEED_TILE_LOAD(t, from, row) \
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #t : : "r"(from), "r"(int64_t{4} * (row)) : "memory")
#define HEED_TILE_STORE(t, to, row) _tile_stored(t, to, 4 * (row))
#define HEED_TILE_MULTIPLY(c, a, b) _tile_dpbf16ps(c, a, b)

#elif defined(HEED_EMULATE_TILES)

class TileScope {};

inline uint32_t (&tile(int t))[kTileRows][kTilePairs] {
  static thread_local uint32_t tiles[8][kTileRows][kTilePairs];
  return tiles[t];
}
inline void tile_zero(int t) {
  for (auto& row : tile(t)) store(row, Words{});
}
inline void tile_load(int t, const void* from, int64_t row) {
  for (int i = 0; i < kTileRows; ++i) store(tile(t)[i], load(static_cast<const uint32_t*>(from) + i * row));
}
inline void tile_store(int t, void* to, int64_t row) {
  for (int i = 0; i < kTileRows; ++i) store(static_cast<uint32_t*>(to) + i * row, load(tile(t)[i]));
}
inline void tile_multiply(int c, int a, int b) {
  for (int i = 0; i < kTileRows; ++i) {
    Floats sum = reinterpret_cast<Floats>(load(tile(c)[i]));
    for (int p = 0; p < kTilePairs; ++p) sum = multiply_add(splat(tile(a)[i][p]), load(tile(b)[p]), sum);
    store(tile(c)[i], reinterpret_cast<Words>(sum));
  }
}

#define HEED_TILE_ZERO(t) tile_zero(t)
#define HEED_TILE_LOAD(t, from, row) tile_load(t, from, row)
#define HEED_TILE_STORE(t, to, row) tile_store(t, to, row)
#define HEED_TILE_MULTIPLY(c, a, b) tile_multiply(c, a, b)

#endif

#if defined(__AMX_BF16__) || defined(HEED_EMULATE_TILES)

/// One or two tile rows times one or two tile columns: which of them exist.
struct TileBlock {
  bool second_row, second_column;
};

/// c (+)= a b for 32 rows and 32 columns of c, or 16 if `block` has no second ones. a [rows][a_row] and
/// b [pairs][b_row] are words; pairs is a multiple of 16.
inline void multiply_tile_block(TileBlock block, int pairs, const uint32_t* a, int64_t a_row,
                                const uint32_t* b, int64_t b_row, Out c, bool add) {
  // A missing one is replaced by the first; its products stay in the registers.
  const int64_t down = block.second_row ? kTileRows : 0, right = block.second_column ? kTilePairs : 0;
  float* to[2][2] = {{c.data, c.data + right}, {c.data + down * c.row, c.data + down * c.row + right}};
  if (add) {
    HEED_TILE_LOAD(0, to[0][0], c.row);
    HEED_TILE_LOAD(1, to[0][1], c.row);
    HEED_TILE_LOAD(2, to[1][0], c.row);
    HEED_TILE_LOAD(3, to[1][1], c.row);
  } else {
    HEED_TILE_ZERO(0);
    HEED_TILE_ZERO(1);
    HEED_TILE_ZERO(2);
    HEED_TILE_ZERO(3);
  }
  for (int p = 0; p < pairs; p += kTilePairs) {
    HEED_TILE_LOAD(4, a + p, a_row);
    HEED_TILE_LOAD(6, b + p * b_row, b_row);
    HEED_TILE_LOAD(7, b + p * b_row + right, b_row);
    HEED_TILE_MULTIPLY(0, 4, 6);
    HEED_TILE_MULTIPLY(1, 4, 7);
    HEED_TILE_LOAD(5, a + p + down * a_row, a_row);
    HEED_TILE_MULTIPLY(2, 5, 6);
    HEED_TILE_MULTIPLY(3, 5, 7);
  }
  HEED_TILE_STORE(0, to[0][0], c.row);
  if (block.second_column) HEED_TILE_STORE(1, to[0][1], c.row);
  if (block.second_row) HEED_TILE_STORE(2, to[1][0], c.row);
  if (block.second_row && block.second_column) HEED_TILE_STORE(3, to[1][1], c.row);
}

/// c (+)= a b over rows up to a multiple of 16; those past `rows` use the content of a.
inline void multiply_tiles(int rows, int columns, int pairs, LeftOf<uint32_t> a, RightOf<uint32_t> b, Out c,
                           bool add) {
  for (int i = 0; i < rows; i += 2 * kTileRows) {
    for (int j = 0; j < columns; j += 2 * kPanel) {
      const TileBlock block{i + kTileRows < rows, j + kPanel < columns};
      multiply_tile_block(block, pairs, a.data + i * a.row, a.row, b.data + j, b.row,
                          {c.data + i * c.row + j, c.row}, add);
    }
  }
}

#else

class TileScope {};

#endif

}  // namespace
}  // namespace heed::kernels
