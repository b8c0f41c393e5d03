// Column sums of [rows, c]: the engine of batch normalisation and of every reduction that keeps an inner axis.
//
// Where W does not divide c, k = W / gcd(c, W) consecutive rows are read as one row of c * k columns, which W divides, and
// the columns are folded at the end: 8 channels fill 16 lanes, and no tail is left but the last rows.

/// Rows to read as one so that W divides their length; 1 where that is impossible.
static inline size_t NAME(rows_as_one)(size_t stride, size_t cols) {
  if (stride != cols) return 1;
  size_t k = 1;
  while (cols * k % W != 0) k *= 2;
  return cols * k <= PATTERN ? k : 1;
}

INLINE void NAME(column_panel)(const int mode, const int nv, const int unroll, size_t rows, size_t stride, const T *a,
                               const T *b, const T *shift, double *first, double *second) {
  const size_t block = (size_t)SUM_BLOCK * (size_t)unroll;
  VEC s[4];
  if (mode >= SUM_CENTRED)
    UNROLL for (int v = 0; v < nv; v++) s[v] = LOAD(shift + (size_t)v * W);
  for (size_t start = 0; start < rows; start += block) {
    size_t end = start + min_size(block, rows - start), i = start;
    VEC p[4][4], q[4][4];
    UNROLL for (int u = 0; u < unroll; u++)
      UNROLL for (int v = 0; v < nv; v++) p[u][v] = q[u][v] = (VEC){0};
#define ACCUMULATE(U)                                                                                                   \
  UNROLL for (int v = 0; v < nv; v++) {                                                                                 \
    size_t at = (i + (U)) * stride + (size_t)v * W;                                                                     \
    VEC x = LOAD(a + at);                                                                                               \
    if (mode == SUM_A) p[U][v] += x;                                                                                    \
    if (mode == SUM_AB) p[U][v] += x * LOAD(b + at);                                                                    \
    if (mode == SUM_A_AND_AB) {                                                                                         \
      p[U][v] += x;                                                                                                     \
      q[U][v] += x * LOAD(b + at);                                                                                      \
    }                                                                                                                   \
    if (mode == SUM_CENTRED) {                                                                                          \
      VEC d = x - s[v];                                                                                                 \
      p[U][v] += d;                                                                                                     \
      q[U][v] += d * d;                                                                                                 \
    }                                                                                                                   \
    if (mode == SUM_A_AND_CENTRED_AB) {                                                                                 \
      p[U][v] += x;                                                                                                     \
      q[U][v] += x * (LOAD(b + at) - s[v]);                                                                             \
    }                                                                                                                   \
  }
    for (; i + (size_t)unroll <= end; i += (size_t)unroll) {
      UNROLL for (int u = 0; u < unroll; u++) ACCUMULATE(u)
    }
    for (; i < end; i++) ACCUMULATE(0)
#undef ACCUMULATE
    UNROLL for (int v = 0; v < nv; v++) {
      UNROLL for (int u = 1; u < unroll; u++) {
        p[0][v] += p[u][v];
        q[0][v] += q[u][v];
      }
      for (size_t l = 0; l < W; l++) {
        first[(size_t)v * W + l] += p[0][v][l];
        if (mode >= SUM_A_AND_AB) second[(size_t)v * W + l] += q[0][v][l];
      }
    }
  }
}

/// The same for single elements: the columns and rows that fill no vector.
INLINE void NAME(column_rest)(const int mode, size_t rows, size_t stride, size_t from, size_t to, const T *a, const T *b,
                              const T *shift, double *first, double *second) {
  for (size_t i = 0; i < rows; i++)
    for (size_t j = from; j < to; j++) {
      T x = a[i * stride + j];
      if (mode == SUM_A || mode == SUM_A_AND_AB || mode == SUM_A_AND_CENTRED_AB) first[j] += x;
      if (mode == SUM_A_AND_CENTRED_AB) second[j] += (double)x * (double)(b[i * stride + j] - shift[j]);
      if (mode == SUM_AB) first[j] += (double)x * b[i * stride + j];
      if (mode == SUM_A_AND_AB) second[j] += (double)x * b[i * stride + j];
      if (mode == SUM_CENTRED) {
        double d = (double)(x - shift[j]);
        first[j] += d;
        second[j] += d * d;
      }
    }
}

/// Column totals for cols <= PATTERN columns of a matrix whose rows lie `stride` elements apart.
INLINE void NAME(column_totals)(const int mode, size_t rows, size_t stride, size_t cols, const T *a, const T *b,
                                const T *shift, double *first, double *second) {
  size_t k = NAME(rows_as_one)(stride, cols), wide = cols * k - cols * k % W, wide_rows = rows / k;
  double p[PATTERN], q[PATTERN];
  T pattern[PATTERN];
  memset(p, 0, cols * k * sizeof(double));
  memset(q, 0, cols * k * sizeof(double));
  if (mode >= SUM_CENTRED)
    for (size_t r = 0; r < k; r++) memcpy(pattern + r * cols, shift, cols * sizeof(T));
  for (size_t j = 0; j < wide;) {
    size_t left = (wide - j) / W;
    const T *aj = a + j, *bj = b ? b + j : NULL;
    if (left >= 4) {
      NAME(column_panel)(mode, 4, 2, wide_rows, stride * k, aj, bj, pattern + j, p + j, q + j);
      j += 4 * W;
    } else if (left == 3) {
      NAME(column_panel)(mode, 3, 2, wide_rows, stride * k, aj, bj, pattern + j, p + j, q + j);
      j += 3 * W;
    } else if (left == 2) {
      NAME(column_panel)(mode, 2, 4, wide_rows, stride * k, aj, bj, pattern + j, p + j, q + j);
      j += 2 * W;
    } else {
      NAME(column_panel)(mode, 1, 4, wide_rows, stride * k, aj, bj, pattern + j, p + j, q + j);
      j += W;
    }
  }
  for (size_t r = 1; r < k; r++)
    for (size_t j = 0; j < cols; j++) {
      p[j] += p[r * cols + j];
      q[j] += q[r * cols + j];
    }
  size_t done = wide_rows * k * stride;
  if (wide < cols) NAME(column_rest)(mode, wide_rows, stride, wide, cols, a, b, shift, p, q);
  NAME(column_rest)(mode, rows - wide_rows * k, stride, 0, cols, a + done, b ? b + done : NULL, shift, p, q);
  memcpy(first, p, cols * sizeof(double));
  if (mode >= SUM_A_AND_AB) memcpy(second, q, cols * sizeof(double));
}

static void NAME(sum)(size_t outer, size_t middle, size_t inner, const T *x, T *y) {
  if (inner == 1) {
    for (size_t o = 0; o < outer; o++) y[o] = NAME(sum_of)(middle, x + o * middle);
    return;
  }
  for (size_t o = 0; o < outer; o++)
    for (size_t start = 0; start < inner; start += PATTERN) {
      size_t cols = min_size(PATTERN, inner - start);
      double totals[PATTERN];
      NAME(column_totals)(SUM_A, middle, inner, cols, x + o * middle * inner + start, NULL, NULL, totals, NULL);
      for (size_t j = 0; j < cols; j++) y[o * inner + start + j] = (T)totals[j];
    }
}

static void NAME(column_dots)(size_t rows, size_t c, const T *a, const T *b, T *out) {
  for (size_t start = 0; start < c; start += PATTERN) {
    size_t cols = min_size(PATTERN, c - start);
    double totals[PATTERN];
    NAME(column_totals)(SUM_AB, rows, c, cols, a + start, b + start, NULL, totals, NULL);
    for (size_t j = 0; j < cols; j++) out[start + j] = (T)totals[j];
  }
}
