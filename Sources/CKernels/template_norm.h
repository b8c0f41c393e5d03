// Batch normalisation over the rows of [rows, c].

INLINE void NAME(apply_panel)(const int mode, const int nv, size_t rows, size_t stride, const T *a, const T *y, const T *p,
                              const T *q, const T *r, T *out) {
  VEC pv[4], qv[4], rv[4];
  UNROLL for (int v = 0; v < nv; v++) {
    pv[v] = LOAD(p + (size_t)v * W);
    qv[v] = LOAD(q + (size_t)v * W);
    rv[v] = LOAD(r + (size_t)v * W);
  }
  for (size_t i = 0; i < rows; i++)
    UNROLL for (int v = 0; v < nv; v++) {
      size_t at = i * stride + (size_t)v * W;
      if (mode == APPLY_NORM)
        STORE(out + at, ((LOAD(a + at) - pv[v]) - qv[v]) * rv[v]);
      else
        STORE(out + at, ((LOAD(a + at) - pv[v]) - LOAD(y + at) * qv[v]) * rv[v]);
    }
}

INLINE void NAME(apply_rest)(const int mode, size_t rows, size_t stride, size_t from, size_t to, const T *a, const T *y,
                             const T *p, const T *q, const T *r, T *out) {
  for (size_t i = 0; i < rows; i++)
    for (size_t j = from; j < to; j++) {
      size_t at = i * stride + j;
      out[at] = ((a[at] - p[j]) - (mode == APPLY_NORM ? q[j] : y[at] * q[j])) * r[j];
    }
}

/// p, q and r have room for PATTERN elements, of which the first cols are given; the rest is overwritten.
INLINE void NAME(apply_columns)(const int mode, size_t rows, size_t stride, size_t cols, const T *a, const T *y, T *p, T *q,
                                T *r, T *out) {
  size_t k = NAME(rows_as_one)(stride, cols), wide = cols * k - cols * k % W, wide_rows = rows / k;
  for (size_t i = 1; i < k; i++) {
    memcpy(p + i * cols, p, cols * sizeof(T));
    memcpy(q + i * cols, q, cols * sizeof(T));
    memcpy(r + i * cols, r, cols * sizeof(T));
  }
  for (size_t j = 0; j < wide;) {
    size_t left = (wide - j) / W;
    const T *aj = a + j, *yj = y ? y + j : NULL;
    if (left >= 4) {
      NAME(apply_panel)(mode, 4, wide_rows, stride * k, aj, yj, p + j, q + j, r + j, out + j);
      j += 4 * W;
    } else if (left >= 2) {
      NAME(apply_panel)(mode, 2, wide_rows, stride * k, aj, yj, p + j, q + j, r + j, out + j);
      j += 2 * W;
    } else {
      NAME(apply_panel)(mode, 1, wide_rows, stride * k, aj, yj, p + j, q + j, r + j, out + j);
      j += W;
    }
  }
  size_t done = wide_rows * k * stride;
  if (wide < cols) NAME(apply_rest)(mode, wide_rows, stride, wide, cols, a, y, p, q, r, out);
  NAME(apply_rest)(mode, rows - wide_rows * k, stride, 0, cols, a + done, y ? y + done : NULL, p, q, r, out + done);
}

static void NAME(batch_norm)(size_t rows, size_t c, T eps, const T *x, T *y, T *mean, T *rstd) {
  double scale = rows ? 1.0 / (double)rows : 0;
  // One pass for both moments, about a shift close to the mean so that nothing cancels: the mean of some rows first, and
  // where that turns out to lie outside the spread of the data, the mean itself.
  enum { SAMPLES = 32 };
  size_t step = rows > SAMPLES ? rows / SAMPLES : 1, samples = rows ? min_size(SAMPLES, rows) : 0;
  for (size_t start = 0; start < c; start += PATTERN) {
    size_t cols = min_size(PATTERN, c - start);
    double sums[PATTERN], squares[PATTERN];
    T shift[PATTERN], offset[PATTERN], factor[PATTERN];
    for (size_t j = 0; j < cols; j++) sums[j] = 0;
    for (size_t i = 0; i < samples; i++)
      for (size_t j = 0; j < cols; j++) sums[j] += x[i * step * c + start + j];
    for (size_t j = 0; j < cols; j++) shift[j] = samples ? (T)(sums[j] / (double)samples) : 0;
    for (int again = 1; again >= 0; again--) {
      NAME(column_totals)(SUM_CENTRED, rows, c, cols, x + start, NULL, shift, sums, squares);
      int far = 0;
      for (size_t j = 0; j < cols; j++) {
        sums[j] *= scale;
        squares[j] = fmax(squares[j] * scale - sums[j] * sums[j], 0);
        far |= sums[j] * sums[j] > 4 * squares[j] && squares[j] > 0;
      }
      if (!far || !again) break;
      for (size_t j = 0; j < cols; j++) shift[j] = (T)(shift[j] + sums[j]);
    }
    for (size_t j = 0; j < cols; j++) {
      mean[start + j] = (T)(shift[j] + sums[j]);
      offset[j] = (T)sums[j];
      rstd[start + j] = factor[j] = (T)(1 / sqrt(squares[j] + (double)eps));
    }
    NAME(apply_columns)(APPLY_NORM, rows, c, cols, x + start, NULL, shift, offset, factor, y + start);
  }
}

static void NAME(batch_norm_jacobian)(size_t rows, size_t c, const T *y, const T *rstd, const T *v, T *out) {
  double scale = rows ? 1.0 / (double)rows : 0;
  for (size_t start = 0; start < c; start += PATTERN) {
    size_t cols = min_size(PATTERN, c - start);
    double sums[PATTERN], products[PATTERN];
    T mean[PATTERN], slope[PATTERN], factor[PATTERN];
    NAME(column_totals)(SUM_A_AND_AB, rows, c, cols, v + start, y + start, NULL, sums, products);
    for (size_t j = 0; j < cols; j++) {
      mean[j] = (T)(sums[j] * scale);
      slope[j] = (T)(products[j] * scale);
      factor[j] = rstd[start + j];
    }
    NAME(apply_columns)(APPLY_JACOBIAN, rows, c, cols, v + start, y + start, mean, slope, factor, out + start);
  }
}
