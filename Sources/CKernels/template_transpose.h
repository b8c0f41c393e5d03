// Transposes in registers: W rows of W elements at a time.

#if VECTOR_BYTES * 8 / ELEMENT_BITS == 16
#define LOW_LANES 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_LANES 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif VECTOR_BYTES * 8 / ELEMENT_BITS == 8
#define LOW_LANES 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_LANES 4, 12, 5, 13, 6, 14, 7, 15
#elif VECTOR_BYTES * 8 / ELEMENT_BITS == 4
#define LOW_LANES 0, 4, 1, 5
#define HIGH_LANES 2, 6, 3, 7
#else
#define LOW_LANES 0, 2
#define HIGH_LANES 1, 3
#endif

/// to[j, i] = from[i, j] for a square of W: interleaving the two halves of the rows log2(W) times moves the bits of an
/// element's row number, one by one, into its lane number.
INLINE void NAME(transpose_square)(const T *from, size_t from_row, T *to, size_t to_row) {
  VEC v[W];
  UNROLL for (size_t i = 0; i < W; i++) v[i] = LOAD(from + i * from_row);
  UNROLL for (size_t stage = 1; stage < W; stage *= 2) {
    VEC next[W];
    UNROLL for (size_t i = 0; i < W / 2; i++) {
      next[2 * i] = __builtin_shufflevector(v[i], v[i + W / 2], LOW_LANES);
      next[2 * i + 1] = __builtin_shufflevector(v[i], v[i + W / 2], HIGH_LANES);
    }
    UNROLL for (size_t i = 0; i < W; i++) v[i] = next[i];
  }
  UNROLL for (size_t i = 0; i < W; i++) STORE(to + i * to_row, v[i]);
}

/// to[j, i] = from[i, j] for a matrix of rows x cols, whose rows lie `from_row` elements apart, and the result's `to_row`.
static void NAME(transpose)(size_t rows, size_t cols, const T *restrict from, size_t from_row, T *restrict to, size_t to_row) {
  size_t wide_rows = rows - rows % W, wide_cols = cols - cols % W;
  for (size_t i = 0; i < wide_rows; i += W)
    for (size_t j = 0; j < wide_cols; j += W)
      NAME(transpose_square)(from + i * from_row + j, from_row, to + j * to_row + i, to_row);
  for (size_t i = 0; i < rows; i++)
    for (size_t j = i < wide_rows ? wide_cols : 0; j < cols; j++) to[j * to_row + i] = from[i * from_row + j];
}
#undef LOW_LANES
#undef HIGH_LANES
