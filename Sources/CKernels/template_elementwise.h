// Elementwise kernels and strided copies.

#define MAP(EXPRESSION)                                                                                                 \
  for (size_t i = 0; i < n; i++) {                                                                                      \
    T v = x[i];                                                                                                         \
    y[i] = (EXPRESSION);                                                                                                \
  }                                                                                                                     \
  break

static void NAME(unary)(int op, size_t n, const T *x, T *y) {
  switch (op) {
  case AP_NEGATE: MAP(-v);
  case AP_EXP: NAME(exp_all)(n, x, y); break;
  case AP_LOG: MAP(MATH(log)(v));
  case AP_SQRT: MAP(MATH(sqrt)(v));
  case AP_RSQRT: MAP(1 / MATH(sqrt)(v));
  case AP_RECIPROCAL: MAP(1 / v);
  case AP_TANH: NAME(tanh_all)(n, x, y); break;
  case AP_SIGMOID: NAME(sigmoid_all)(n, x, y); break;
  case AP_RELU: MAP(v < 0 ? 0 : v);  // written so that NaN stays NaN
  case AP_STEP: MAP(v > 0 ? 1 : 0);
  case AP_ABS: MAP(MATH(fabs)(v));
  case AP_SIGN: MAP(v > 0 ? 1 : v < 0 ? -1 : v);
  case AP_SQUARE: MAP(v * v);
  case AP_SIN: MAP(MATH(sin)(v));
  case AP_COS: MAP(MATH(cos)(v));
  }
}
#undef MAP

static void NAME(affine)(size_t n, T scale, T shift, const T *x, T *y) {
  for (size_t i = 0; i < n; i++) y[i] = scale * x[i] + shift;
}

static void NAME(power)(size_t n, T exponent, const T *x, T *y) {
  if (exponent == 1)
    memmove(y, x, n * sizeof(T));
  else if (exponent == 2)
    for (size_t i = 0; i < n; i++) y[i] = x[i] * x[i];
  else if (exponent == 3)
    for (size_t i = 0; i < n; i++) y[i] = x[i] * x[i] * x[i];
  else if (exponent == -1)
    for (size_t i = 0; i < n; i++) y[i] = 1 / x[i];
  else
    for (size_t i = 0; i < n; i++) y[i] = MATH(pow)(x[i], exponent);
}

#define MAP2(EXPRESSION)                                                                                                \
  if (as == 1 && bs == 1)                                                                                               \
    for (size_t i = 0; i < n; i++) {                                                                                    \
      T p = a[i], q = b[i];                                                                                             \
      y[i] = (EXPRESSION);                                                                                              \
    }                                                                                                                   \
  else if (as == 1 && bs == 0) {                                                                                        \
    T q = *b;                                                                                                           \
    for (size_t i = 0; i < n; i++) {                                                                                    \
      T p = a[i];                                                                                                       \
      y[i] = (EXPRESSION);                                                                                              \
    }                                                                                                                   \
  } else if (as == 0 && bs == 1) {                                                                                      \
    T p = *a;                                                                                                           \
    for (size_t i = 0; i < n; i++) {                                                                                    \
      T q = b[i];                                                                                                       \
      y[i] = (EXPRESSION);                                                                                              \
    }                                                                                                                   \
  } else                                                                                                                \
    for (size_t i = 0; i < n; i++) {                                                                                    \
      T p = a[(ptrdiff_t)i * as], q = b[(ptrdiff_t)i * bs];                                                             \
      y[i] = (EXPRESSION);                                                                                              \
    }                                                                                                                   \
  break

static void NAME(binary_row)(int op, size_t n, const T *a, ptrdiff_t as, const T *b, ptrdiff_t bs, T *y) {
  if (n == 0) return;
  switch (op) {
  case AP_ADD: MAP2(p + q);
  case AP_SUBTRACT: MAP2(p - q);
  case AP_MULTIPLY: MAP2(p * q);
  case AP_DIVIDE: MAP2(p / q);
  case AP_MAXIMUM: MAP2(p > q || p != p ? p : q);  // NaN in either stays NaN
  case AP_MINIMUM: MAP2(p < q || p != p ? p : q);
  case AP_GREATER: MAP2(p > q ? 1 : 0);
  case AP_RELU_GATE: MAP2(q > 0 ? p : q != q ? q : 0);  // NaN has no side; it stays NaN, as in ReLU itself
  }
}
#undef MAP2

static void NAME(binary)(int op, size_t n, const T *a, const T *b, T *y) { NAME(binary_row)(op, n, a, 1, b, 1, y); }

/// out [rows, cols] = a[i * rs + j * cs].
static void NAME(spread)(size_t rows, size_t cols, const T *a, ptrdiff_t rs, ptrdiff_t cs, T *out) {
  if (cs == 0)
    for (size_t i = 0; i < rows; i++) {
      T value = a[(ptrdiff_t)i * rs];
      for (size_t j = 0; j < cols; j++) out[i * cols + j] = value;
    }
  else
    for (size_t i = 0; i < rows; i++)
      for (size_t j = 0; j < cols; j++) out[i * cols + j] = a[(ptrdiff_t)i * rs + (ptrdiff_t)j * cs];
}

static void NAME(binary_strided)(int op, size_t rows, size_t cols, const T *a, ptrdiff_t ars, ptrdiff_t acs, const T *b,
                                 ptrdiff_t brs, ptrdiff_t bcs, T *y) {
  enum { BUFFER = 1024 };
  if (rows == 0 || cols == 0) return;
  if (cols == 1) {
    NAME(binary_row)(op, rows, a, ars, b, brs, y);
  } else if (ars == acs * (ptrdiff_t)cols && brs == bcs * (ptrdiff_t)cols) {
    NAME(binary_row)(op, rows * cols, a, acs, b, bcs, y);
  } else if (cols <= BUFFER / 8) {
    // Short rows: spread what is not contiguous over some rows, then one long row. A row that all rows share is spread once.
    T as[BUFFER], bs[BUFFER];
    size_t block = BUFFER / cols;
    int a_whole = acs == 1 && ars == (ptrdiff_t)cols, b_whole = bcs == 1 && brs == (ptrdiff_t)cols;
    for (size_t i = 0; i < rows; i += block) {
      size_t count = min_size(block, rows - i);
      const T *p = a + (ptrdiff_t)i * ars, *q = b + (ptrdiff_t)i * brs;
      if (!a_whole && (i == 0 || ars != 0)) NAME(spread)(count, cols, p, ars, acs, as);
      if (!b_whole && (i == 0 || brs != 0)) NAME(spread)(count, cols, q, brs, bcs, bs);
      NAME(binary_row)(op, count * cols, a_whole ? p : as, 1, b_whole ? q : bs, 1, y + i * cols);
    }
  } else {
    for (size_t i = 0; i < rows; i++)
      NAME(binary_row)(op, cols, a + (ptrdiff_t)i * ars, acs, b + (ptrdiff_t)i * brs, bcs, y + i * cols);
  }
}

static void NAME(add_scaled)(size_t n, T scale, const T *x, const T *y, T *out) {
  for (size_t i = 0; i < n; i++) out[i] = y[i] + scale * x[i];
}

static void NAME(fill)(size_t n, T value, T *y) {
  for (size_t i = 0; i < n; i++) y[i] = value;
}

/// y = (add ? y : 0) + sum over `count` of weights[k] * xs[k].
INLINE void NAME(combine)(const int count, int add, size_t n, const T *weights, const T *const *xs, T *y) {
  VEC w[4];
  const T *x[4];
  UNROLL for (int k = 0; k < count; k++) {
    w[k] = (VEC){0} + weights[k];
    x[k] = xs[k];
  }
  size_t i = 0;
  for (; i + W <= n; i += W) {
    VEC v = add ? LOAD(y + i) : (VEC){0};
    UNROLL for (int k = 0; k < count; k++) v += w[k] * LOAD(x[k] + i);
    STORE(y + i, v);
  }
  for (; i < n; i++) {
    T v = add ? y[i] : 0;
    UNROLL for (int k = 0; k < count; k++) v += weights[k] * x[k][i];
    y[i] = v;
  }
}

static void NAME(linear_combination)(size_t count, size_t n, const T *weights, const T *const *xs, T *y) {
  enum { BLOCK = 2048 };  // y stays in the nearest cache between groups of four
  if (count == 0) NAME(fill)(n, 0, y);
  for (size_t start = 0; start < n; start += BLOCK) {
    size_t length = min_size(BLOCK, n - start);
    for (size_t k = 0; k < count; k += 4) {
      const T *x[4];
      for (size_t q = 0; q < 4 && k + q < count; q++) x[q] = xs[k + q] + start;
      switch (min_size(4, count - k)) {
      case 1: NAME(combine)(1, k > 0, length, weights + k, x, y + start); break;
      case 2: NAME(combine)(2, k > 0, length, weights + k, x, y + start); break;
      case 3: NAME(combine)(3, k > 0, length, weights + k, x, y + start); break;
      case 4: NAME(combine)(4, k > 0, length, weights + k, x, y + start); break;
      }
    }
  }
}

static void NAME(gather_strided)(int rank, const int32_t *shape, const ptrdiff_t *strides, const T *x, T *y) {
  if (rank == 0) {
    *y = *x;
    return;
  }
  if (rank == 1) {
    ptrdiff_t stride = strides[0], count = shape[0];
    if (stride == 1)
      memcpy(y, x, (size_t)count * sizeof(T));
    else
      for (ptrdiff_t i = 0; i < count; i++) y[i] = x[i * stride];
    return;
  }
  size_t inner = 1;
  for (int k = 1; k < rank; k++) inner *= (size_t)shape[k];
  for (ptrdiff_t i = 0; i < shape[0]; i++)
    NAME(gather_strided)(rank - 1, shape + 1, strides + 1, x + i * strides[0], y + (size_t)i * inner);
}

static void NAME(scatter_strided)(int rank, const int32_t *shape, const ptrdiff_t *strides, const T *x, T *y) {
  if (rank == 0) {
    *y = *x;
    return;
  }
  if (rank == 1) {
    ptrdiff_t stride = strides[0], count = shape[0];
    if (stride == 1)
      memcpy(y, x, (size_t)count * sizeof(T));
    else
      for (ptrdiff_t i = 0; i < count; i++) y[i * stride] = x[i];
    return;
  }
  size_t inner = 1;
  for (int k = 1; k < rank; k++) inner *= (size_t)shape[k];
  for (ptrdiff_t i = 0; i < shape[0]; i++)
    NAME(scatter_strided)(rank - 1, shape + 1, strides + 1, x + (size_t)i * inner, y + i * strides[0]);
}
