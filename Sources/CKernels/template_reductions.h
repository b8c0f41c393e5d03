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

static void NAME(dots)(size_t count, size_t n, const T *g, const T *const *xs, T *out) {
  enum { GROUP = 16 };
  for (size_t first = 0; first < count; first += GROUP) {
    size_t group = min_size(GROUP, count - first);
    double totals[GROUP] = {0};
    for (size_t i = 0; i < n; i += DOT_BLOCK)
      for (size_t k = 0; k < group; k++)
        totals[k] += NAME(dot_block)(min_size(DOT_BLOCK, n - i), g + i, xs[first + k] + i);
    for (size_t k = 0; k < group; k++) out[first + k] = (T)totals[k];
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

static void NAME(softmax)(size_t rows, size_t cols, const T *x, T *y) {
  for (size_t i = 0; i < rows; i++) {
    const T *p = x + i * cols;
    T *q = y + i * cols, top;
    NAME(max)(1, cols, 1, p, &top);
    double total = 0;
    for (size_t j = 0; j < cols; j++) {
      q[j] = MATH(exp)(p[j] - top);
      total += q[j];
    }
    for (size_t j = 0; j < cols; j++) q[j] = (T)(q[j] / total);
  }
}

static void NAME(log_softmax)(size_t rows, size_t cols, const T *x, T *y) {
  for (size_t i = 0; i < rows; i++) {
    const T *p = x + i * cols;
    T *q = y + i * cols, top;
    NAME(max)(1, cols, 1, p, &top);
    double total = 0;
    for (size_t j = 0; j < cols; j++) total += MATH(exp)(p[j] - top);
    T shift = (T)log(total);
    for (size_t j = 0; j < cols; j++) q[j] = p[j] - top - shift;
  }
}
