// ReLU, depthwise and pointwise convolution as one: image by image, so that what lies between them stays in the second cache
// and only the result goes to memory. The statistics of the batch norm that follows are taken while the result is still near.

/// out (+)= a function of columns of a and b, see MAP_*; the rows follow one another without gaps.
INLINE void NAME(map_panel)(const int mode, size_t rows, size_t stride, const T *a, const T *b, const T *p, const T *q,
                            const T *r, T *out) {
  VEC pv = LOAD(p), qv = LOAD(q), rv = mode == MAP_RECTIFIED ? (VEC){0} : LOAD(r);
  for (size_t i = 0; i < rows; i++) {
    size_t at = i * stride;
    VEC v = LOAD(a + at) * pv;
    if (mode == MAP_RECTIFIED) {
      v += qv;
      v = NAME(where)(v <= 0, (VEC){0}, v);  // NaN stays NaN
    } else {
      v += LOAD(b + at) * qv + rv;
    }
    STORE(out + at, mode == MAP_PAIR_ADDED ? LOAD(out + at) + v : v);
  }
}

INLINE void NAME(map_rest)(const int mode, size_t rows, size_t stride, size_t from, size_t to, const T *a, const T *b,
                           const T *p, const T *q, const T *r, T *out) {
  for (size_t i = 0; i < rows; i++)
    for (size_t j = from; j < to; j++) {
      size_t at = i * stride + j;
      T v = mode == MAP_RECTIFIED ? a[at] * p[j] + q[j] : a[at] * p[j] + b[at] * q[j] + r[j];
      if (mode == MAP_RECTIFIED) v = v <= 0 ? 0 : v;
      out[at] = mode == MAP_PAIR_ADDED ? out[at] + v : v;
    }
}

INLINE void NAME(map_columns)(const int mode, size_t rows, size_t c, const T *a, const T *b, const T *p, const T *q,
                              const T *r, T *out) {
  size_t k = NAME(rows_as_one)(c, c), wide = c * k - c * k % W, wide_rows = rows / k;
  T pattern[3][PATTERN];
  for (size_t i = 0; i < k; i++) {
    memcpy(pattern[0] + i * c, p, c * sizeof(T));
    memcpy(pattern[1] + i * c, q, c * sizeof(T));
    if (mode != MAP_RECTIFIED) memcpy(pattern[2] + i * c, r, c * sizeof(T));
  }
  for (size_t j = 0; j < wide; j += W)
    NAME(map_panel)(mode, wide_rows, c * k, a + j, b ? b + j : NULL, pattern[0] + j, pattern[1] + j, pattern[2] + j, out + j);
  size_t done = wide_rows * k * c;
  if (wide < c * k) NAME(map_rest)(mode, wide_rows, c * k, wide, c * k, a, b, pattern[0], pattern[1], pattern[2], out);
  NAME(map_rest)(mode, rows - wide_rows * k, c, 0, c, a + done, b ? b + done : NULL, p, q, r, out + done);
}

static void NAME(column_pair)(size_t rows, size_t c, const T *a, const T *b, const T *p, const T *q, const T *r, int add,
                              T *out) {
  if (add)
    NAME(map_columns)(MAP_PAIR_ADDED, rows, c, a, b, p, q, r, out);
  else
    NAME(map_columns)(MAP_PAIR, rows, c, a, b, p, q, r, out);
}

/// Two passes over rows that are near: a mean that cancels nothing in the second.
static void NAME(column_moments)(size_t rows, size_t c, const T *x, double *moments) {
  double first[PATTERN], second[PATTERN];
  T centre[PATTERN];
  double scale = rows ? 1.0 / (double)rows : 0;
  NAME(column_totals)(SUM_A, rows, c, c, x, NULL, NULL, first, NULL);
  for (size_t j = 0; j < c; j++) centre[j] = (T)(first[j] * scale);
  NAME(column_totals)(SUM_CENTRED, rows, c, c, x, NULL, centre, first, second);
  for (size_t j = 0; j < c; j++) {
    moments[j] = centre[j] + first[j] * scale;
    moments[c + j] = fmax(second[j] - first[j] * first[j] * scale, 0);
  }
}

static void NAME(centred_dots)(size_t rows, size_t c, const T *a, const T *b, const T *centre, double *sums) {
  NAME(column_totals)(SUM_A_AND_CENTRED_AB, rows, c, c, a, b, centre, sums, sums + c);
}

/// Scratch memory of the two passes: parts of one buffer.
static size_t NAME(separable_scratch)(const ap_window *g, int32_t images, int32_t padding) {
  size_t n = (size_t)images, input = n * (size_t)g->h * g->w * g->cin, output = n * (size_t)g->oh * g->ow;
  size_t dh = padding > 0 ? NAME(padded_count)(n * (size_t)g->oh, (size_t)g->ow, (size_t)g->cin, padding) : output * (size_t)g->cin;
  return 2 * input + output * ((size_t)g->cin + (size_t)g->cout) + dh + (size_t)g->cin * g->cout;
}

/// The images that a depthwise convolution reads: as they are, or normalised and rectified.
INLINE const T *NAME(separable_input)(size_t pixels, size_t c, const T *x, const T *scale, const T *shift, T *scratch) {
  if (!scale) return x;
  NAME(map_columns)(MAP_RECTIFIED, pixels, c, x, NULL, scale, shift, NULL, scratch);
  return scratch;
}

static void NAME(separable_forward)(const ap_window *g, int32_t from, int32_t to, const SEPARABLE *s, T *h, T *z,
                                    double *moments, T *scratch) {
  ap_window part = *g;
  part.n = to - from;
  size_t c = (size_t)g->cin, cout = (size_t)g->cout, first = (size_t)from, images = (size_t)part.n;
  size_t pixels = (size_t)g->h * g->w, rows = (size_t)g->oh * g->ow;
  T *spread = h ? h + first * rows * c : scratch, *result = z + first * rows * cout;
  if (s->padded)
    NAME(depthwise_padded)(&part, s->padding, s->padded, s->depthwise, spread);
  else
    NAME(depthwise)(&part,
                    NAME(separable_input)(images * pixels, c, s->x + first * pixels * c, s->scale, s->shift,
                                          scratch + images * rows * c),
                    s->depthwise, spread);
  NAME(gemm_add)(0, 0, images * rows, cout, c, spread, s->pointwise, 0, result);
  NAME(column_moments)(images * rows, cout, result, moments);
}

/// The cotangent of the depthwise result, in padded rows where `padding` is not 0.
INLINE void NAME(pointwise_backward)(size_t rows, size_t pixels, size_t c, size_t cout, int32_t padding, const T *dz,
                                     const T *pointwise, T *transposed, T *plain, T *dh) {
  if (padding == 0) {
    NAME(gemm_add)(0, 1, rows * pixels, c, cout, dz, pointwise, 0, dh);
    return;
  }
  enum { NARROW = 16 };  // a product of so few rows costs more than a copy
  if (pixels < NARROW) {
    NAME(gemm_add)(0, 1, rows * pixels, c, cout, dz, pointwise, 0, plain);
    NAME(pad_rows)(rows, pixels, c, padding, plain, NULL, NULL, dh);
    return;
  }
  for (size_t i = 0; i < c; i++)
    for (size_t j = 0; j < cout; j++) transposed[j * c + i] = pointwise[i * cout + j];
  size_t pitch = (pixels + (size_t)padding) * c, gap = (size_t)padding * c;
  memset(dh, 0, gap * sizeof(T));
  for (size_t r = 0; r < rows; r++) {
    T *row = dh + gap + r * pitch;
    NAME(gemm_add)(0, 0, pixels, c, cout, dz + r * pixels * cout, transposed, 0, row);
    memset(row + pixels * c, 0, gap * sizeof(T));
  }
  memset(dh + gap + rows * pitch, 0, W * sizeof(T));
}

static void NAME(separable_backward)(const ap_window *g, int32_t from, int32_t to, const SEPARABLE *s,
                                     const SEPARABLE_GRADIENT *d, T *scratch) {
  ap_window part = *g;
  part.n = to - from;
  size_t c = (size_t)g->cin, cout = (size_t)g->cout, first = (size_t)from, images = (size_t)part.n;
  size_t pixels = images * (size_t)g->h * g->w, rows = images * (size_t)g->oh * g->ow;
  size_t input_at = first * (size_t)g->h * g->w * c, output_at = first * (size_t)g->oh * g->ow;
  T *again = scratch, *dz = again + rows * c, *rectified = dz + rows * cout, *dx = rectified + pixels * c;
  T *transposed = dx + pixels * c, *dh = transposed + c * cout;
  // With a stride the input gradient has phases, which read plain rows.
  int32_t padding = s->padded && g->stride == 1 ? s->padding : 0;

  const T *cotangent = d->dy + output_at * cout;
  if (d->p) {
    NAME(map_columns)(MAP_PAIR, rows, cout, cotangent, d->z + output_at * cout, d->p, d->q, d->r, dz);
    cotangent = dz;
  }
  const T *x = s->x + input_at, *input = NULL;
  if (!s->padded) input = NAME(separable_input)(pixels, c, x, s->scale, s->shift, rectified);
  if (d->pointwise) {
    const T *h = d->h ? d->h + output_at * c : again;
    if (!d->h && s->padded) NAME(depthwise_padded)(&part, s->padding, s->padded, s->depthwise, again);
    if (!d->h && !s->padded) NAME(depthwise)(&part, input, s->depthwise, again);
    NAME(gemm_add)(1, 0, c, cout, rows, h, cotangent, 0, d->pointwise);
  }
  if (!d->depthwise && !d->dx) return;
  NAME(pointwise_backward)(images * (size_t)g->oh, (size_t)g->ow, c, cout, padding, cotangent, s->pointwise, transposed, again,
                           dh);
  if (d->depthwise) {
    if (s->padded)
      NAME(depthwise_weight_gradient_padded)(&part, s->padding, s->padded, padding, dh, d->depthwise);
    else
      NAME(depthwise_weight_gradient)(&part, input, dh, d->depthwise);
  }
  if (!d->dx) return;

  T *target = d->dx + input_at;
  const T *gate = s->scale ? s->padded : NULL;
  if (padding) {
    NAME(depthwise_input_gradient_padded)(&part, padding, dh, s->depthwise, s->padding, gate, d->add, target);
  } else {
    T *fresh = s->scale || d->add ? dx : target;
    NAME(depthwise_input_gradient)(&part, dh, s->depthwise, fresh);
    if (s->scale) {
      if (!input) input = NAME(separable_input)(pixels, c, x, s->scale, s->shift, rectified);
      NAME(binary)(AP_RELU_GATE, pixels * c, dx, input, target);
    } else if (d->add) {
      NAME(add_scaled)(pixels * c, 1, dx, target, target);
    }
  }
  if (s->scale) NAME(column_totals)(SUM_A_AND_CENTRED_AB, pixels, c, c, target, x, d->centre, d->sums, d->sums + c);
}
