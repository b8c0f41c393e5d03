// A mixed operation: many results, each with a coefficient a channel, added up in one pass over the sum.

enum { NAME(MIXED_AT_ONCE) = 48, NAME(MIXED_ROWS) = 8 };

/// W columns from j on: y = (add ? y : constant) + sum of the terms, `run` rows at a time in registers.
INLINE void NAME(mixture_rows)(const int run, size_t count, size_t stride, size_t at, VEC constant, int add, const VEC *coefficients, const T *const *xs, T *y) {
  VEC sums[NAME(MIXED_ROWS)];
  UNROLL for (int u = 0; u < run; u++) sums[u] = add ? LOAD(y + at + (size_t)u * stride) : constant;
  for (size_t t = 0; t < count; t++) {
    const T *x = xs[t] + at;
    UNROLL for (int u = 0; u < run; u++) sums[u] += LOAD(x + (size_t)u * stride) * coefficients[t];
  }
  UNROLL for (int u = 0; u < run; u++) STORE(y + at + (size_t)u * stride, sums[u]);
}

INLINE void NAME(mixture_rest)(size_t count, size_t c, size_t rows, size_t stride, size_t from, size_t to, size_t start,
                               const T *coefficients, const T *constant, int add, const T *const *xs, T *y) {
  for (size_t i = 0; i < rows; i++)
    for (size_t j = from; j < to; j++) {
      size_t at = start + i * stride + j;
      T sum = add ? y[at] : constant[j % c];
      for (size_t t = 0; t < count; t++) sum += xs[t][at] * coefficients[t * c + j % c];
      y[at] = sum;
    }
}

static void NAME(column_mixture)(size_t count, size_t rows, size_t c, const T *coefficients, const T *constant,
                                 const T *const *xs, T *y) {
  size_t k = NAME(rows_as_one)(c, c), width = c * k, wide = width - width % W, wide_rows = rows / k;
  for (size_t t = 0; t < count || t == 0; t += NAME(MIXED_AT_ONCE)) {
    size_t terms = min_size(NAME(MIXED_AT_ONCE), count - t);
    const T *const *x = xs + t;
    const T *factors = coefficients + t * c;
    for (size_t j = 0; j < wide; j += W) {
      VEC vectors[NAME(MIXED_AT_ONCE)], start;
      for (size_t l = 0; l < W; l++) {
        start[l] = constant[(j + l) % c];
        for (size_t q = 0; q < terms; q++) vectors[q][l] = factors[q * c + (j + l) % c];
      }
      size_t i = 0;
      for (; i + NAME(MIXED_ROWS) <= wide_rows; i += NAME(MIXED_ROWS))
        NAME(mixture_rows)(NAME(MIXED_ROWS), terms, width, i * width + j, start, t > 0, vectors, x, y);
      for (; i < wide_rows; i++) NAME(mixture_rows)(1, terms, width, i * width + j, start, t > 0, vectors, x, y);
    }
    NAME(mixture_rest)(terms, c, wide_rows, width, wide, width, 0, factors, constant, t > 0, x, y);
    NAME(mixture_rest)(terms, c, rows - wide_rows * k, c, 0, c, wide_rows * width, factors, constant, t > 0, x, y);
  }
}
