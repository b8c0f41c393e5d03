// Depthwise convolution over padded rows: images whose rows are followed by zeros, as many pixels as a kernel reaches over a border.
// The zeros behind one row are also those before the next. A kernel's taps are then the same offsets at every pixel, nothing is copied,
// and several convolutions can read one padded copy. Rows beyond the image are left out.

/// Elements that a weight gradient reads of a row of zeros.
static size_t NAME(zero_row)(const ap_window *g) {
  return ((size_t)g->ow * (size_t)g->stride + (size_t)((g->kw - 1) * g->dilation)) * (size_t)g->cin + W;
}

static int32_t NAME(row_padding)(const ap_window *g) {
  size_t c = (size_t)g->cin;
  int32_t reach = (g->kh - 1) * g->dilation, other = reach - g->padding;
  if (g->kh != g->kw || g->kh * g->kw > MOST_TAPS || (g->kh != 3 && g->kh != 5) || other < 0) return -1;
  if (!(c % W == 0 || (W % c == 0 && g->stride == 1))) return -1;
  if (NAME(zero_row)(g) > RING) return -1;
  int32_t padding = g->padding > other ? g->padding : other;
  // The last vector of a row may reach over its end by up to W - c lanes.
  int32_t spill = c < W ? (int32_t)(W / c) - 1 : 0;
  return padding > spill ? padding : spill;
}

static size_t NAME(padded_count)(size_t rows, size_t w, size_t c, int32_t padding) {
  return (size_t)padding * c + rows * (w + (size_t)padding) * c + W;
}

static void NAME(pad_rows)(size_t rows, size_t w, size_t c, int32_t padding, const T *x, const T *scale, const T *shift, T *out) {
  size_t gap = (size_t)padding * c, width = w * c;
  T p[PATTERN + W], q[PATTERN + W];
  size_t period = c < W ? W : c;  // a multiple of W, see row_padding
  if (scale)
    for (size_t j = 0; j < period; j++) {
      p[j] = scale[j % c];
      q[j] = shift[j % c];
    }
  memset(out, 0, gap * sizeof(T));
  out += gap;
  for (size_t r = 0; r < rows; r++, x += width, out += width + gap) {
    size_t i = 0;
    if (scale) {
      for (size_t start = 0; i + W <= width; i += W) {
        VEC v = LOAD(x + i) * LOAD(p + start) + LOAD(q + start);
        STORE(out + i, NAME(where)(v > 0, v, (VEC){0}));
        start = start + W == period ? 0 : start + W;
      }
      for (; i < width; i++) {
        T v = x[i] * p[i % c] + q[i % c];
        out[i] = v > 0 ? v : 0;
      }
    } else {
      for (; i + W <= width; i += W) STORE(out + i, LOAD(x + i));
      for (; i < width; i++) out[i] = x[i];
    }
    memset(out + width, 0, gap * sizeof(T));
  }
  memset(out, 0, W * sizeof(T));
}

enum { NAME(STORE_SUM), NAME(ADD_SUM), NAME(GATE_SUM) };  // what becomes of a sum: stored; added; stored where the gate is positive

INLINE void NAME(padded_run)(const int run, const int mode, size_t taps, const T *source, const ptrdiff_t *offsets,
                             const T *weights, size_t step, const T *gate, T *out, size_t out_step, size_t last_lanes) {
  VEC sums[14];
  UNROLL for (int i = 0; i < run; i++) sums[i] = (VEC){0};
  for (size_t t = 0; t < taps; t++) {
    const T *p = source + offsets[t];
    VEC w = LOAD(weights + t * W);
    UNROLL for (int i = 0; i < run; i++) sums[i] += LOAD(p + (size_t)i * step) * w;
  }
  UNROLL for (int i = 0; i < run; i++) {
    T *to = out + (size_t)i * out_step;
    size_t lanes = i == run - 1 ? last_lanes : W;
    VEC v = sums[i];
    if (mode == NAME(ADD_SUM)) v += NAME(load_lanes)(to, lanes);
    if (mode == NAME(GATE_SUM)) v = NAME(where)(LOAD(gate + (size_t)i * out_step) > 0, v, (VEC){0});
    NAME(store_lanes)(to, v, lanes);
  }
}

INLINE void NAME(padded_row)(const int mode, size_t taps, const T *source, const ptrdiff_t *offsets, const T *weights, size_t step,
                             size_t count, const T *gate, T *out, size_t out_step, size_t last_lanes) {
  size_t i = 0;
#define RUN(N)                                                                                                          \
  for (; i + (N) <= count; i += (N))                                                                                    \
  NAME(padded_run)                                                                                                      \
  (N, mode, taps, source + i * step, offsets, weights, step, gate ? gate + i * out_step : NULL, out + i * out_step, out_step,                                                     \
   i + (N) == count ? last_lanes : W)
  RUN(14);
  RUN(7);
  RUN(4);
  RUN(2);
  RUN(1);
#undef RUN
}

/// A pass over padded rows; taps are in the order of the kernel, or reversed for the input gradient at stride 1.
INLINE void NAME(padded_pass)(const int mode, const int reversed, const ap_window *g, int32_t height, int32_t out_height,
                              int32_t width, int32_t out_width, int32_t padding, const T *rows, const T *w, int32_t gate_padding,
                              const T *gate, T *out) {
  const size_t c = (size_t)g->cin, taps = (size_t)(g->kh * g->kw);
  const ptrdiff_t pitch = ((ptrdiff_t)width + padding) * g->cin, d = g->dilation, s = reversed ? 1 : g->stride;
  const ptrdiff_t before = reversed ? (g->kh - 1) * d - g->padding : g->padding;  // pixels of zeros that the pass sees before a row
  T weights[MOST_TAPS * W] __attribute__((aligned(64)));
  ptrdiff_t offsets[MOST_TAPS];
  for (ptrdiff_t ky = 0; ky < g->kh; ky++)
    for (ptrdiff_t kx = 0; kx < g->kw; kx++) offsets[ky * g->kw + kx] = ky * d * pitch + kx * d * g->cin;
  for (size_t start = 0; start < c; start += W) {
    for (size_t t = 0; t < taps; t++)
      for (size_t j = 0; j < W; j++) weights[t * W + j] = w[(reversed ? taps - 1 - t : t) * c + start + j % (c < W ? c : W)];
    const size_t step = c < W ? W : (size_t)s * c, out_step = c < W ? W : c;
    const size_t elements = (size_t)out_width * c, count = c < W ? (elements + W - 1) / W : (size_t)out_width;
    const size_t last = c < W ? elements - (count - 1) * W : W;
    for (ptrdiff_t image = 0; image < g->n; image++)
      for (ptrdiff_t oy = 0; oy < out_height; oy++) {
        ptrdiff_t top = oy * s - before;
        int32_t from, to;
        valid_taps(top, g->dilation, g->kh, height, &from, &to);
        const T *source = rows + (ptrdiff_t)padding * g->cin + (image * height + top) * pitch - before * g->cin + (ptrdiff_t)start;
        const T *open = NULL;
        if (mode == NAME(GATE_SUM))
          open = gate + (ptrdiff_t)gate_padding * g->cin + (image * out_height + oy) * ((ptrdiff_t)out_width + gate_padding) * g->cin +
                 (ptrdiff_t)start;
        NAME(padded_row)(mode, (size_t)(to - from) * (size_t)g->kw, source, offsets + from * g->kw,
                         weights + (ptrdiff_t)(from * g->kw) * (ptrdiff_t)W, step, count, open,
                         out + (image * out_height + oy) * out_width * g->cin + (ptrdiff_t)start, out_step, last);
      }
  }
}

static void NAME(depthwise_padded)(const ap_window *g, int32_t padding, const T *rows, const T *w, T *y) {
  NAME(padded_pass)(NAME(STORE_SUM), 0, g, g->h, g->oh, g->w, g->ow, padding, rows, w, 0, NULL, y);
}

/// dx at stride 1 from dy in padded rows; added to dx, or only where the padded rows of `gate` are positive.
static void NAME(depthwise_input_gradient_padded)(const ap_window *g, int32_t padding, const T *rows, const T *w, int32_t gate_padding,
                                                  const T *gate, int add, T *dx) {
  if (gate)
    NAME(padded_pass)(NAME(GATE_SUM), 1, g, g->oh, g->h, g->ow, g->w, padding, rows, w, gate_padding, gate, dx);
  else if (add)
    NAME(padded_pass)(NAME(ADD_SUM), 1, g, g->oh, g->h, g->ow, g->w, padding, rows, w, 0, NULL, dx);
  else
    NAME(padded_pass)(NAME(STORE_SUM), 1, g, g->oh, g->h, g->ow, g->w, padding, rows, w, 0, NULL, dx);
}

/// sums[ky, kx] += x at the tap * dy, over the rows of one image; `rows` kernel rows at a time stay in registers.
INLINE void NAME(weight_image)(const int kernel, const int rows, int first, const ap_window *g, ptrdiff_t pitch, const T *image,
                               ptrdiff_t dy_pitch, const T *dy, size_t step, size_t dy_step, size_t count, const T *zeros,
                               T *totals) {
  VEC sums[5][5];
  const ptrdiff_t d = g->dilation;
  UNROLL for (int ky = 0; ky < rows; ky++)
    UNROLL for (int kx = 0; kx < kernel; kx++) sums[ky][kx] = (VEC){0};
  for (ptrdiff_t oy = 0; oy < g->oh; oy++) {
    const T *source[5], *v_row = dy + oy * dy_pitch;
    int any = 0;
    UNROLL for (int ky = 0; ky < rows; ky++) {
      ptrdiff_t iy = oy * g->stride - g->padding + (first + ky) * d;
      int inside = iy >= 0 && iy < g->h;
      source[ky] = inside ? image + iy * pitch - g->padding * (ptrdiff_t)g->cin : zeros;
      any |= inside;
    }
    if (!any) continue;
    for (size_t i = 0; i < count; i++) {
      VEC v = LOAD(v_row + i * dy_step);
      UNROLL for (int ky = 0; ky < rows; ky++)
        UNROLL for (int kx = 0; kx < kernel; kx++) sums[ky][kx] += LOAD(source[ky] + kx * d * g->cin + i * step) * v;
    }
  }
  UNROLL for (int ky = 0; ky < rows; ky++)
    UNROLL for (int kx = 0; kx < kernel; kx++) STORE(totals + (size_t)((first + ky) * kernel + kx) * W, sums[ky][kx]);
}

/// dy in padded rows where dy_padding is not 0, or in plain ones of whole vectors.
static void NAME(depthwise_weight_gradient_padded)(const ap_window *g, int32_t padding, const T *rows, int32_t dy_padding, const T *dy,
                                                   T *dw) {
  const size_t c = (size_t)g->cin, taps = (size_t)(g->kh * g->kw);
  const ptrdiff_t pitch = ((ptrdiff_t)g->w + padding) * g->cin, dy_pitch = ((ptrdiff_t)g->ow + dy_padding) * g->cin;
  T sums[25 * W] __attribute__((aligned(64)));
  T zeros[RING] __attribute__((aligned(64)));
  memset(zeros, 0, NAME(zero_row)(g) * sizeof(T));
  for (size_t start = 0; start < c; start += W) {
    double totals[25 * W];
    for (size_t t = 0; t < taps * W; t++) totals[t] = 0;
    const size_t step = c < W ? W : (size_t)g->stride * c, dy_step = c < W ? W : c;
    const size_t count = c < W ? ((size_t)g->ow * c + W - 1) / W : (size_t)g->ow;
    for (ptrdiff_t image = 0; image < g->n; image++) {
      const T *x = rows + (ptrdiff_t)padding * g->cin + image * g->h * pitch + (ptrdiff_t)start;
      const T *v = dy + (ptrdiff_t)dy_padding * g->cin + image * g->oh * dy_pitch + (ptrdiff_t)start;
#define IMAGE(K, ROWS, FIRST)                                                                                           \
  NAME(weight_image)(K, ROWS, FIRST, g, pitch, x, dy_pitch, v, step, dy_step, count, zeros, sums)
      if (g->kh == 3)
        IMAGE(3, 3, 0);
      else if (VECTOR_BYTES == 64)
        IMAGE(5, 5, 0);
      else  // 25 sums do not fit into 16 registers
        for (int ky = 0; ky < 5; ky++) IMAGE(5, 1, ky);
#undef IMAGE
      for (size_t t = 0; t < taps * W; t++) totals[t] += sums[t];
    }
    const size_t lanes = c < W ? c : W;
    for (size_t t = 0; t < taps; t++)
      for (size_t j = 0; j < lanes; j++) {
        double total = 0;
        for (size_t p = j; p < W; p += lanes) total += totals[t * W + p];
        dw[t * c + start + j] = (T)total;
      }
  }
}
