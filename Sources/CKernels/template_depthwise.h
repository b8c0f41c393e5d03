// Depthwise convolution: vectors along the channels.
//
// Image rows are copied, zero-padded, into a ring of rows on the stack, W channels at a time, so that the inner loop sees
// neither borders nor channel tails: it is a list of taps, each a source and a weight vector, for a run of output pixels
// whose sums stay in registers. Where W is a multiple of c (8 channels, 16 lanes) a vector holds several neighbouring pixels.

enum { NAME(RING) = 65536 / sizeof(T) };  // elements of the ring
#define RING NAME(RING)

/// Copies pixels [from, from + count) of an image row of `width` pixels into `out`, zeros where outside or where the row is
/// NULL. `cols` channels of each pixel are taken; pixels lie c apart in the row and `pitch` (>= cols) apart in `out`.
INLINE void NAME(fill_row)(const T *restrict row, ptrdiff_t from, ptrdiff_t count, ptrdiff_t width, size_t c, size_t cols,
                           size_t pitch, T *restrict out) {
  ptrdiff_t before = row ? (from < 0 ? (-from < count ? -from : count) : 0) : count;
  ptrdiff_t inside = width - (from + before);
  inside = inside < 0 ? 0 : inside > count - before ? count - before : inside;
  memset(out, 0, (size_t)before * pitch * sizeof(T));
  out += (size_t)before * pitch;
  if (row) {
    const T *source = row + (from + before) * (ptrdiff_t)c;
    if (pitch == c && cols == c) {
      memcpy(out, source, (size_t)inside * c * sizeof(T));
    } else if (cols == W) {
      for (ptrdiff_t i = 0; i < inside; i++) STORE(out + (size_t)i * pitch, LOAD(source + (size_t)i * c));
    } else {
      for (ptrdiff_t i = 0; i < inside; i++)
        for (size_t j = 0; j < pitch; j++) out[(size_t)i * pitch + j] = j < cols ? source[(size_t)i * c + j] : 0;
    }
  }
  out += (size_t)inside * pitch;
  memset(out, 0, (size_t)(count - before - inside) * pitch * sizeof(T));
}

INLINE void NAME(tap_run)(const int run, size_t taps, const T *const *sources, const T *const *weights, size_t offset,
                          size_t step, T *out, size_t out_step, size_t lanes, size_t last_lanes) {
  VEC sums[14];
  UNROLL for (int i = 0; i < run; i++) sums[i] = (VEC){0};
  for (size_t t = 0; t < taps; t++) {
    const T *p = sources[t] + offset;
    VEC w = LOAD(weights[t]);
    UNROLL for (int i = 0; i < run; i++) sums[i] += LOAD(p + (size_t)i * step) * w;
  }
  UNROLL for (int i = 0; i < run; i++)
    NAME(store_lanes)(out + (size_t)i * out_step, sums[i], i == run - 1 ? last_lanes : lanes);
}

/// out[i * out_step ..] = sum over taps of sources[t][i * step ..] * weights[t] for `count` vectors of `lanes` lanes, the last
/// one of `last_lanes`.
static void NAME(tap_row)(size_t taps, const T *const *sources, const T *const *weights, size_t step, size_t count, T *out,
                          size_t out_step, size_t lanes, size_t last_lanes) {
  size_t i = 0;
#define RUN(N)                                                                                                          \
  for (; i + (N) <= count; i += (N))                                                                                    \
  NAME(tap_run)                                                                                                         \
  (N, taps, sources, weights, i * step, step, out + i * out_step, out_step, lanes, i + (N) == count ? last_lanes : lanes)
  RUN(14);
  RUN(7);
  RUN(4);
  RUN(2);
  RUN(1);
#undef RUN
}

/// How the channels [start, start + cols) of a depthwise kernel are laid on vectors.
typedef struct {
  size_t cols;   // channels taken
  size_t group;  // pixels in a vector
  size_t pitch;  // elements from pixel to pixel in the ring
  size_t lanes;  // lanes used
} NAME(lanes);

INLINE NAME(lanes) NAME(lanes_for)(const ap_window *g, size_t start) {
  NAME(lanes) l = {.cols = min_size(W, (size_t)g->cin - start), .group = 1, .pitch = W};
  if (g->stride == 1 && start == 0 && l.cols < W && W % l.cols == 0) {
    l.group = W / l.cols;
    l.pitch = l.cols;
  }
  l.lanes = l.cols * l.group;
  return l;
}

/// Weights [taps, W] of the channels, once for every pixel of a vector.
INLINE void NAME(fill_weights)(size_t taps, size_t c, NAME(lanes) l, const T *w, T *out) {
  for (size_t t = 0; t < taps; t++)
    for (size_t j = 0; j < W; j++) out[t * W + j] = j < l.lanes ? w[t * c + j % l.cols] : 0;
}

/// Output pixels of a row handled together: bounds the ring whatever the image's width.
INLINE ptrdiff_t NAME(row_block)(const ap_window *g) { return g->stride == 1 ? 56 : 28; }

INLINE int NAME(ring_fits)(const ap_window *g) {
  size_t rows = (size_t)(g->kh - 1) * g->dilation + 2;
  size_t pixels = (size_t)NAME(row_block)(g) * (size_t)g->stride + (size_t)(g->kw - 1) * g->dilation + W + 1;
  return g->kh * g->kw <= MOST_TAPS && rows * pixels * W <= RING;
}

static void NAME(depthwise)(const ap_window *g, const T *restrict x, const T *restrict w, T *restrict y) {
  if (!NAME(ring_fits)(g)) {
    NAME(depthwise_plain)(g, x, w, y);
    return;
  }
  T ring[RING] __attribute__((aligned(64))), weights[MOST_TAPS * W] __attribute__((aligned(64)));
  ptrdiff_t c = g->cin, s = g->stride, d = g->dilation, block = NAME(row_block)(g), ring_rows = (g->kh - 1) * d + 1;
  for (ptrdiff_t start = 0; start < c; start += W) {
    NAME(lanes) l = NAME(lanes_for)(g, (size_t)start);
    NAME(fill_weights)((size_t)(g->kh * g->kw), (size_t)c, l, w + start, weights);
    for (ptrdiff_t image = 0; image < g->n; image++)
      for (ptrdiff_t first = 0; first < g->ow; first += block) {
        ptrdiff_t outputs = g->ow - first < block ? g->ow - first : block;
        ptrdiff_t from = first * s - g->padding, length = (outputs - 1) * s + (g->kw - 1) * d + (ptrdiff_t)l.group;
        ptrdiff_t row_elements = length * (ptrdiff_t)l.pitch, next = 0;
        size_t vectors = ((size_t)outputs + l.group - 1) / l.group;
        size_t last_lanes = ((size_t)outputs - (vectors - 1) * l.group) * l.cols;
        for (ptrdiff_t oy = 0; oy < g->oh; oy++) {
          ptrdiff_t top = oy * s - g->padding;
          for (; next <= top + ring_rows - 1 && next < g->h; next++)
            NAME(fill_row)(x + (image * g->h + next) * g->w * c + start, from, length, g->w, (size_t)c, l.cols, l.pitch,
                           ring + (uint32_t)next % (uint32_t)ring_rows * row_elements);
          const T *sources[MOST_TAPS], *tap_weights[MOST_TAPS];
          size_t taps = 0;
          for (ptrdiff_t ky = 0; ky < g->kh; ky++) {
            ptrdiff_t iy = top + ky * d;
            if (iy < 0 || iy >= g->h) continue;
            const T *row = ring + (uint32_t)iy % (uint32_t)ring_rows * row_elements;
            for (ptrdiff_t kx = 0; kx < g->kw; kx++, taps++) {
              sources[taps] = row + kx * d * (ptrdiff_t)l.pitch;
              tap_weights[taps] = weights + (ky * g->kw + kx) * (ptrdiff_t)W;
            }
          }
          size_t step = l.group > 1 ? l.lanes : (size_t)s * W, out_step = l.group > 1 ? l.lanes : (size_t)c;
          NAME(tap_row)(taps, sources, tap_weights, step, vectors, y + ((image * g->oh + oy) * g->ow + first) * c + start,
                        out_step, l.lanes, last_lanes);
        }
      }
  }
}

INLINE ptrdiff_t NAME(floor_divide)(ptrdiff_t a, ptrdiff_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

/// A forward pass over dy with the taps reversed; with a stride, every phase ix mod stride has taps of its own.
static void NAME(depthwise_input_gradient)(const ap_window *g, const T *restrict dy, const T *restrict w, T *restrict dx) {
  if (!NAME(ring_fits)(g)) {
    NAME(depthwise_input_gradient_plain)(g, dy, w, dx);
    return;
  }
  T ring[RING] __attribute__((aligned(64))), weights[MOST_TAPS * W] __attribute__((aligned(64)));
  ptrdiff_t c = g->cin, s = g->stride, d = g->dilation, block = NAME(row_block)(g) * s;
  ptrdiff_t ring_rows = (g->kh - 1) * d / s + 2;
  for (ptrdiff_t start = 0; start < c; start += W) {
    NAME(lanes) l = NAME(lanes_for)(g, (size_t)start);
    NAME(fill_weights)((size_t)(g->kh * g->kw), (size_t)c, l, w + start, weights);
    for (ptrdiff_t image = 0; image < g->n; image++)
      for (ptrdiff_t first = 0; first < g->w; first += block) {
        ptrdiff_t pixels = g->w - first < block ? g->w - first : block;
        ptrdiff_t from = NAME(floor_divide)(first + g->padding - (g->kw - 1) * d, s);
        ptrdiff_t length = NAME(floor_divide)(first + pixels - 1 + g->padding, s) - from + (ptrdiff_t)l.group;
        ptrdiff_t row_elements = length * (ptrdiff_t)l.pitch, next = 0;
        // The phase that kernel column kx serves, and where in the ring's row its first dy pixel lies.
        int32_t column_phase[MOST_TAPS];
        ptrdiff_t column_offset[MOST_TAPS];
        for (ptrdiff_t kx = 0; kx < g->kw; kx++) {
          ptrdiff_t origin = first + g->padding - kx * d, ox = NAME(floor_divide)(origin + s - 1, s);
          column_phase[kx] = (int32_t)(ox * s - origin);
          column_offset[kx] = (ox - from) * (ptrdiff_t)l.pitch;
        }
        for (ptrdiff_t iy = 0; iy < g->h; iy++) {
          ptrdiff_t last_row = (iy + g->padding) / s;
          for (; next <= last_row && next < g->oh; next++)
            NAME(fill_row)(dy + (image * g->oh + next) * g->ow * c + start, from, length, g->ow, (size_t)c, l.cols, l.pitch,
                           ring + (uint32_t)next % (uint32_t)ring_rows * row_elements);
          for (ptrdiff_t phase = 0; phase < s && phase < pixels; phase++) {
            const T *sources[MOST_TAPS], *tap_weights[MOST_TAPS];
            size_t taps = 0;
            for (ptrdiff_t ky = 0; ky < g->kh; ky++) {
              int32_t vertical = (int32_t)(iy + g->padding - ky * d), oy = s == 1 ? vertical : vertical / g->stride;
              if (vertical < 0 || oy * g->stride != vertical || oy >= g->oh) continue;
              const T *row = ring + (uint32_t)oy % (uint32_t)ring_rows * row_elements;
              for (ptrdiff_t kx = 0; kx < g->kw; kx++) {
                if (column_phase[kx] != phase) continue;
                sources[taps] = row + column_offset[kx];
                tap_weights[taps++] = weights + (ky * g->kw + kx) * (ptrdiff_t)W;
              }
            }
            size_t outputs = (size_t)((pixels - phase + s - 1) / s), vectors = (outputs + l.group - 1) / l.group;
            size_t last_lanes = (outputs - (vectors - 1) * l.group) * l.cols;
            NAME(tap_row)(taps, sources, tap_weights, l.group > 1 ? l.lanes : W, vectors,
                          dx + ((image * g->h + iy) * g->w + first + phase) * c + start,
                          l.group > 1 ? l.lanes : (size_t)(s * c), l.lanes, last_lanes);
          }
        }
      }
  }
}

/// sums[ky, kx] += x row ky (shifted by kx) * dy, for `count` output vectors.
INLINE void NAME(weight_row)(const int kh, const int kw, const T *const *rows, size_t tap_step, size_t step, const T *dy,
                             size_t dy_step, size_t count, T *sums) {
  VEC acc[5][5];
  UNROLL for (int ky = 0; ky < kh; ky++)
    UNROLL for (int kx = 0; kx < kw; kx++) acc[ky][kx] = LOAD(sums + (size_t)(ky * kw + kx) * W);
  for (size_t i = 0; i < count; i++) {
    VEC v = LOAD(dy + i * dy_step);
    UNROLL for (int ky = 0; ky < kh; ky++)
      UNROLL for (int kx = 0; kx < kw; kx++) acc[ky][kx] += LOAD(rows[ky] + (size_t)kx * tap_step + i * step) * v;
  }
  UNROLL for (int ky = 0; ky < kh; ky++)
    UNROLL for (int kx = 0; kx < kw; kx++) STORE(sums + (size_t)(ky * kw + kx) * W, acc[ky][kx]);
}

static void NAME(depthwise_weight_gradient)(const ap_window *g, const T *restrict x, const T *restrict dy, T *restrict dw) {
  int square3 = g->kh == 3 && g->kw == 3, square5 = g->kh == 5 && g->kw == 5;
  if (!NAME(ring_fits)(g) || !(square3 || square5)) {
    NAME(depthwise_weight_gradient_plain)(g, x, dy, dw);
    return;
  }
  T ring[RING] __attribute__((aligned(64))), sums[25 * W] __attribute__((aligned(64)));
  T dy_row[(56 + W) * W] __attribute__((aligned(64)));
  ptrdiff_t c = g->cin, s = g->stride, d = g->dilation, block = NAME(row_block)(g), ring_rows = (g->kh - 1) * d + 1;
  size_t taps = (size_t)(g->kh * g->kw);
  for (ptrdiff_t start = 0; start < c; start += W) {
    NAME(lanes) l = NAME(lanes_for)(g, (size_t)start);
    double totals[25 * W];
    for (size_t t = 0; t < taps * W; t++) totals[t] = 0;
    for (ptrdiff_t image = 0; image < g->n; image++)
      for (ptrdiff_t first = 0; first < g->ow; first += block) {
        ptrdiff_t outputs = g->ow - first < block ? g->ow - first : block;
        ptrdiff_t from = first * s - g->padding, length = (outputs - 1) * s + (g->kw - 1) * d + (ptrdiff_t)l.group;
        ptrdiff_t row_elements = length * (ptrdiff_t)l.pitch, next = 0;
        size_t vectors = ((size_t)outputs + l.group - 1) / l.group;
        T *zeros = ring + ring_rows * row_elements;
        memset(zeros, 0, (size_t)row_elements * sizeof(T));
        memset(sums, 0, taps * W * sizeof(T));
        for (ptrdiff_t oy = 0; oy < g->oh; oy++) {
          ptrdiff_t top = oy * s - g->padding;
          for (; next <= top + ring_rows - 1 && next < g->h; next++)
            NAME(fill_row)(x + (image * g->h + next) * g->w * c + start, from, length, g->w, (size_t)c, l.cols, l.pitch,
                           ring + (uint32_t)next % (uint32_t)ring_rows * row_elements);
          const T *rows[5], *dy_source = dy + ((image * g->oh + oy) * g->ow + first) * c + start;
          for (ptrdiff_t ky = 0; ky < g->kh; ky++) {
            ptrdiff_t iy = top + ky * d;
            rows[ky] = iy < 0 || iy >= g->h ? zeros : ring + (uint32_t)iy % (uint32_t)ring_rows * row_elements;
          }
          size_t step = l.group > 1 ? l.lanes : (size_t)s * W, dy_step = (size_t)c;
          if (l.cols < W) {
            ptrdiff_t room = (ptrdiff_t)(vectors * l.group);
            NAME(fill_row)(dy_source, 0, room, outputs, (size_t)c, l.cols, l.pitch, dy_row);
            dy_source = dy_row;
            dy_step = W;
          }
          size_t tap_step = (size_t)d * l.pitch;
          if (square3)
            NAME(weight_row)(3, 3, rows, tap_step, step, dy_source, dy_step, vectors, sums);
          else if (VECTOR_BYTES == 64)
            NAME(weight_row)(5, 5, rows, tap_step, step, dy_source, dy_step, vectors, sums);
          else  // 25 sums do not fit into 16 registers
            for (int ky = 0; ky < 5; ky++)
              NAME(weight_row)(1, 5, rows + ky, tap_step, step, dy_source, dy_step, vectors, sums + ky * 5 * (ptrdiff_t)W);
        }
        for (size_t t = 0; t < taps * W; t++) totals[t] += sums[t];
      }
    for (size_t t = 0; t < taps; t++)
      for (size_t j = 0; j < l.cols; j++) {
        double total = 0;
        for (size_t p = 0; p < l.group; p++) total += totals[t * W + p * l.cols + j];
        dw[t * (size_t)c + (size_t)start + j] = (T)total;
      }
  }
}
