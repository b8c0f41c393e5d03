// What every level file includes before it pushes a target attribute.
#pragma once
#include "blas.h"
#include "kernel_list.h"
#include <math.h>
#include <string.h>

// Elements a lane adds up in T before the partial sum goes to a double: bounds the error of long sums without slowing the
// inner loop.
enum { LANES = 64, COLUMN_CHUNK = 64, SUM_BLOCK = 128, DOT_BLOCK = LANES * SUM_BLOCK };

enum { PATTERN = 512 };  // most columns that the column kernels handle together
enum { GEMM_DEPTH = 128 };  // terms of a matrix product added up in registers; also the rows of a packed panel
enum { MOST_TAPS = 64 };  // most kernel taps of the fast depthwise kernels
/// What they sum: a; a * b; both of these; a - shift and its square; a and a * (b - shift).
enum { SUM_A, SUM_AB, SUM_A_AND_AB, SUM_CENTRED, SUM_A_AND_CENTRED_AB };
enum { APPLY_NORM, APPLY_JACOBIAN };  // (a - p - q) * r; (a - p - y * q) * r
/// What the fused kernels do with columns: max(a * p + q, 0); a * p + b * q + r; the same, added to the result.
enum { MAP_RECTIFIED, MAP_PAIR, MAP_PAIR_ADDED };
enum { POOL_MAX, POOL_GATHER, POOL_AVERAGE, POOL_AVERAGE_ADJOINT, POOL_SCATTER };

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

static inline size_t min_size(size_t a, size_t b) { return a < b ? a : b; }
static inline int32_t min_int(int32_t a, int32_t b) { return a < b ? a : b; }

/// First and one-past-last kernel tap k whose input position origin + k * dilation lies inside [0, extent).
static inline void valid_taps(ptrdiff_t origin, int32_t dilation, int32_t taps, int32_t extent, int32_t *first,
                              int32_t *last) {
  int32_t lo = 0, hi = taps;
  while (lo < hi && origin + (ptrdiff_t)lo * dilation < 0) lo++;
  while (hi > lo && origin + (ptrdiff_t)(hi - 1) * dilation >= extent) hi--;
  *first = lo;
  *last = hi;
}
