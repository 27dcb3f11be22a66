// The one matrix product of the kernel: C = start + A · P, register-tiled over rows of A and one panel of P.
//
// Each element of C is one sequential chain of multiply-adds over the depth, whatever the width of the vectors and the
// height of the tile; that is why all instruction sets agree bit for bit.
// The depth is cut into segments, so that one call runs over several time steps or several panels of A.
#pragma once

#include <stddef.h>

#include "vector.h"

namespace lstm {
namespace LSTM_VARIANT {

/** How A lies in memory: an element's neighbours in depth, or its neighbours in the rows, stand beside it. */
enum class Along { depth, rows };

struct Product {
  int rows;
  int segments;
  int depth;  // per segment
  const float* a;
  ptrdiff_t aStride;  // floats between rows (Along::depth) or between depths (Along::rows)
  ptrdiff_t aSegment;
  const float* p;  // [depth][columns of the panel]
  ptrdiff_t pSegment;
  const float* start;  // what each row of C begins with: zeros, the bias, or C itself
  ptrdiff_t startStride;
  float* c;
  ptrdiff_t cStride;
};

/** A row of zeros for `start`. */
alignas(64) static const float ZEROS[64] = {};

/** `count` tiles of ROWS rows, from `row` on. */
template <Along ALONG, int VECTORS, int ROWS>
static void multiplyTiles(const Product& q, int row, int count) {
  constexpr int WIDTH = VECTORS * VW;
  // One pointer for three rows: base, base + stride and base + 2 · stride are addressing modes of x86.
  constexpr int POINTERS = ALONG == Along::rows ? 1 : (ROWS + 2) / 3;
  const ptrdiff_t stride = q.aStride, cStride = q.cStride, startStride = q.startStride;
  const int segments = q.segments, depth = q.depth;
  const float* start = q.start + row * startStride;
  float* c = q.c + row * cStride;
  const float* aTile = q.a + (ALONG == Along::rows ? row : row * stride);
  for (int tile = 0; tile < count; tile++) {
    vf sum[ROWS][VECTORS];
    LSTM_UNROLL
    for (int r = 0; r < ROWS; r++) {
      LSTM_UNROLL
      for (int v = 0; v < VECTORS; v++) sum[r][v] = load(start + r * startStride + v * VW);
    }
    for (int s = 0; s < segments; s++) {
      const float* p = q.p + s * q.pSegment;
      const float* a[POINTERS];
      LSTM_UNROLL
      for (int i = 0; i < POINTERS; i++) a[i] = aTile + s * q.aSegment + 3 * i * stride;
      LSTM_UNROLL_DEPTH
      for (int k = 0; k < depth; k++) {
        vf b[VECTORS];
        LSTM_UNROLL
        for (int v = 0; v < VECTORS; v++) b[v] = load(p + v * VW);
        p += WIDTH;
        LSTM_UNROLL
        for (int r = 0; r < ROWS; r++) {
          const vf scale = splat(ALONG == Along::rows ? a[0][r] : a[r / 3 % POINTERS][r % 3 * stride]);
          LSTM_UNROLL
          for (int v = 0; v < VECTORS; v++) sum[r][v] = fma(scale, b[v], sum[r][v]);
        }
        LSTM_UNROLL
        for (int i = 0; i < POINTERS; i++) a[i] += ALONG == Along::rows ? stride : 1;
      }
    }
    LSTM_UNROLL
    for (int r = 0; r < ROWS; r++) {
      LSTM_UNROLL
      for (int v = 0; v < VECTORS; v++) store(c + r * cStride + v * VW, sum[r][v]);
    }
    start += ROWS * startStride;
    c += ROWS * cStride;
    aTile += ALONG == Along::rows ? ROWS : ROWS * stride;
  }
}

typedef void (*MultiplyTiles)(const Product&, int row, int count);

template <Along ALONG, int VECTORS, int ROWS>
struct TileOfHeight {
  static MultiplyTiles find(int rows) {
    return rows == ROWS ? &multiplyTiles<ALONG, VECTORS, ROWS> : TileOfHeight<ALONG, VECTORS, ROWS - 1>::find(rows);
  }
};
template <Along ALONG, int VECTORS>
struct TileOfHeight<ALONG, VECTORS, 0> {
  static MultiplyTiles find(int) { return nullptr; }
};

/** Runs the product on a panel of VECTORS vectors; rows are shared out evenly among as few tiles as possible. */
template <Along ALONG, int VECTORS>
static inline void multiplyPanel(const Product& q) {
  const int tiles = (q.rows + TILE_ROWS - 1) / TILE_ROWS;
  const int height = q.rows / tiles, higher = q.rows % tiles;
  const int lower = tiles - higher;
  TileOfHeight<ALONG, VECTORS, TILE_ROWS>::find(height)(q, 0, lower);
  if (higher) TileOfHeight<ALONG, VECTORS, TILE_ROWS>::find(height + 1)(q, lower * height, higher);
}

}  // namespace LSTM_VARIANT
}  // namespace lstm
