// Reductions and broadcasts over [outer, middle, inner], dot products, softmax.

/// Sum of a[i] * b[i] (or of a[i] where b is NULL) over at most DOT_BLOCK elements, in LANES interleaved partial sums.
static inline T NAME(dot_block)(size_t n, const T *a, const T *b) {
  T lanes[LANES] = {0};
  size_t whole = n - n % LANES;
  if (b) {
    for (size_t i = 0; i < whole; i += LANES)
      for (size_t l = 0; l < LANES; l++) lanes[l] += a[i + l] * b[i + l];
    for (size_t i = whole; i < n; i++) lanes[i - whole] += a[i] * b[i];
  } else {
    for (size_t i = 0; i < whole; i += LANES)
      for (size_t l = 0; l < LANES; l++) lanes[l] += a[i + l];
    for (size_t i = whole; i < n; i++) lanes[i - whole] += a[i];
  }
  for (size_t width = LANES / 2; width > 0; width /= 2)
    for (size_t l = 0; l < width; l++) lanes[l] += lanes[l + width];
  return lanes[0];
}

static T NAME(dot)(size_t n, const T *a, const T *b) {
  double total = 0;
  for (size_t i = 0; i < n; i += DOT_BLOCK) total += NAME(dot_block)(min_size(DOT_BLOCK, n - i), a + i, b + i);
  return (T)total;
}

/// totals[k] += dot(g, xs[k]) for `count` vectors at once, over at most DOT_BLOCK elements.
INLINE void NAME(dots_block)(const int count, size_t n, const T *g, const T *const *xs, double *totals) {
  enum { STEP = 4 };
  VEC sums[4][STEP];
  const T *x[4];
  UNROLL for (int k = 0; k < count; k++) {
    x[k] = xs[k];
    UNROLL for (int u = 0; u < STEP; u++) sums[k][u] = (VEC){0};
  }
  size_t i = 0;
  for (; i + STEP * W <= n; i += STEP * W)
    UNROLL for (int u = 0; u < STEP; u++) {
      VEC v = LOAD(g + i + (size_t)u * W);
      UNROLL for (int k = 0; k < count; k++) sums[k][u] += v * LOAD(x[k] + i + (size_t)u * W);
    }
  UNROLL for (int k = 0; k < count; k++) {
    VEC sum = (sums[k][0] + sums[k][1]) + (sums[k][2] + sums[k][3]);
    double total = 0;
    for (size_t l = 0; l < W; l++) total += sum[l];
    for (size_t q = i; q < n; q++) total += (double)g[q] * x[k][q];
    totals[k] += total;
  }
}

static void NAME(dots)(size_t count, size_t n, const T *g, const T *const *xs, T *out) {
  for (size_t k = 0; k < count; k += 4) {
    double totals[4] = {0};
    for (size_t i = 0; i < n; i += DOT_BLOCK) {
      size_t length = min_size(DOT_BLOCK, n - i);
      const T *x[4];
      for (size_t q = 0; q < 4 && k + q < count; q++) x[q] = xs[k + q] + i;
      switch (min_size(4, count - k)) {
      case 1: NAME(dots_block)(1, length, g + i, x, totals); break;
      case 2: NAME(dots_block)(2, length, g + i, x, totals); break;
      case 3: NAME(dots_block)(3, length, g + i, x, totals); break;
      case 4: NAME(dots_block)(4, length, g + i, x, totals); break;
      }
    }
    for (size_t q = 0; q < 4 && k + q < count; q++) out[k + q] = (T)totals[q];
  }
}

static T NAME(sum_of)(size_t n, const T *a) {
  double total = 0;
  if (n < LANES)
    for (size_t i = 0; i < n; i++) total += a[i];
  else
    for (size_t i = 0; i < n; i += DOT_BLOCK) total += NAME(dot_block)(min_size(DOT_BLOCK, n - i), a + i, NULL);
  return (T)total;
}

static void NAME(max)(size_t outer, size_t middle, size_t inner, const T *x, T *y) {
  for (size_t o = 0; o < outer; o++) {
    T *out = y + o * inner;
    for (size_t j = 0; j < inner; j++) out[j] = -(T)INFINITY;
    for (size_t i = 0; i < middle; i++) {
      const T *row = x + (o * middle + i) * inner;
      for (size_t j = 0; j < inner; j++) out[j] = out[j] > row[j] || out[j] != out[j] ? out[j] : row[j];
    }
  }
}

static void NAME(broadcast)(size_t outer, size_t middle, size_t inner, const T *x, T *y) {
  for (size_t o = 0; o < outer; o++) {
    if (inner == 1)
      NAME(fill)(middle, x[o], y + o * middle);
    else
      for (size_t i = 0; i < middle; i++) memcpy(y + (o * middle + i) * inner, x + o * inner, inner * sizeof(T));
  }
}

/// y = exp(x - *top) where *top is the row's maximum; returns the sum of y.
static double NAME(exponential_row)(size_t cols, const T *x, T *y, T *top) {
  NAME(max)(1, cols, 1, x, top);
  for (size_t j = 0; j < cols; j++) y[j] = x[j] - *top;
  NAME(exp_all)(cols, y, y);
  double total = 0;
  for (size_t j = 0; j < cols; j++) total += y[j];
  return total;
}

static void NAME(softmax)(size_t rows, size_t cols, const T *x, T *y) {
  for (size_t i = 0; i < rows; i++) {
    T *q = y + i * cols, top;
    double total = NAME(exponential_row)(cols, x + i * cols, q, &top);
    for (size_t j = 0; j < cols; j++) q[j] = (T)(q[j] / total);
  }
}

static void NAME(log_softmax)(size_t rows, size_t cols, const T *x, T *y) {
  for (size_t i = 0; i < rows; i++) {
    const T *p = x + i * cols;
    T *q = y + i * cols, top;
    T shift = (T)log(NAME(exponential_row)(cols, p, q, &top));
    for (size_t j = 0; j < cols; j++) q[j] = p[j] - top - shift;
  }
}
