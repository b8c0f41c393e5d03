// The first layer of a network: 3x3 convolution of 1 or 3 channels to any number of half vectors, any stride. A matrix product
// of so few terms is too short to pay for im2col, which copies every pixel nine times; here a zero-padded copy of one image
// is read in place. Nobody wants the gradient of an image often enough for a kernel of its own.

#if VECTOR_BYTES == 64
#define FEW_PIXELS 14  // with two vectors of channels: 28 of 32 registers
#define FEW_VECTORS 2  // of a weight gradient's channels, with nine taps
#else
#define FEW_PIXELS 6
#define FEW_VECTORS 1
#endif

static inline int NAME(is_few)(const ap_window *g) {
  // Without FMA OpenBLAS wins, which chooses by the processor and not by the level.
  return VECTOR_BYTES > 16 && g->kh == 3 && g->kw == 3 && g->dilation == 1 && (g->cin == 1 || g->cin == 3) &&
         (size_t)g->cout % (W / 2) == 0;
}

/// Pixels of a padded row, and elements of a padded image: no more than what the windows cover.
static inline size_t NAME(few_width)(const ap_window *g) { return (size_t)(g->ow - 1) * (size_t)g->stride + 3; }
static inline size_t NAME(few_scratch)(const ap_window *g) {
  return g->oh < 1 || g->ow < 1 ? 0 : ((size_t)(g->oh - 1) * (size_t)g->stride + 3) * NAME(few_width)(g) * (size_t)g->cin;
}

INLINE void NAME(copy_run)(const T *restrict from, T *restrict to, size_t count) {
  size_t i = 0;
  for (; i + W <= count; i += W) STORE(to + i, LOAD(from + i));
  for (; i < count; i++) to[i] = from[i];
}

/// Copies an image inside the border of zeros that `padded` has.
static void NAME(few_pad)(const ap_window *g, const T *restrict x, T *restrict padded) {
  ptrdiff_t width = (ptrdiff_t)NAME(few_width)(g), height = (ptrdiff_t)(g->oh - 1) * g->stride + 3;
  ptrdiff_t columns = min_int(g->w, (int32_t)width - g->padding), rows = min_int(g->h, (int32_t)height - g->padding);
  if (columns <= 0) return;
  size_t cin = (size_t)g->cin;
  for (ptrdiff_t i = 0; i < rows; i++)
    NAME(copy_run)(x + i * g->w * g->cin, padded + ((i + g->padding) * width + g->padding) * g->cin, (size_t)columns * cin);
}

/// `pixels` neighbouring outputs of `nv` vectors of channels, the last of them of `lanes` lanes; run = 3 * cin.
INLINE void NAME(few_tile)(const int run, const int pixels, const int nv, const T *x, size_t pitch, size_t step, const T *w,
                           size_t ldw, T *y, size_t cout, size_t lanes) {
  VEC sums[FEW_PIXELS][2];
  UNROLL for (int i = 0; i < pixels; i++)
    UNROLL for (int v = 0; v < nv; v++) sums[i][v] = (VEC){0};
  for (int ky = 0; ky < 3; ky++, x += pitch)
    UNROLL for (int l = 0; l < run; l++, w += ldw) {
      VEC wv[2];
      UNROLL for (int v = 0; v < nv; v++) wv[v] = LOAD(w + (size_t)v * W);
      UNROLL for (int i = 0; i < pixels; i++) {
        T s = x[(size_t)i * step + (size_t)l];
        UNROLL for (int v = 0; v < nv; v++) sums[i][v] += s * wv[v];
      }
    }
  UNROLL for (int i = 0; i < pixels; i++)
    UNROLL for (int v = 0; v < nv; v++)
      NAME(store_lanes)(y + (size_t)i * cout + (size_t)v * W, sums[i][v], v == nv - 1 ? lanes : W);
}

/// One image of a panel of channels.
INLINE void NAME(few_panel)(const int run, const int nv, const ap_window *g, const T *padded, const T *w, T *y, size_t lanes) {
  size_t cin = (size_t)g->cin, pitch = NAME(few_width)(g) * cin, step = (size_t)g->stride * cin, cout = (size_t)g->cout;
  size_t ow = (size_t)g->ow;
  for (size_t oy = 0; oy < (size_t)g->oh; oy++, y += ow * cout) {
    const T *row = padded + oy * (size_t)g->stride * pitch;
    size_t i = 0;
#define PIXELS(N)                                                                                                       \
  for (; i + (N) <= ow; i += (N)) NAME(few_tile)(run, N, nv, row + i * step, pitch, step, w, 2 * W, y + i * cout, cout, lanes)
    PIXELS(FEW_PIXELS);
    if (FEW_PIXELS > 7) PIXELS(7);
    PIXELS(4);
    PIXELS(2);
    PIXELS(1);
#undef PIXELS
  }
}

static void NAME(few)(const ap_window *g, const T *x, const T *w, T *y, T *scratch) {
  if (g->oh < 1 || g->ow < 1) return;
  size_t cin = (size_t)g->cin, cout = (size_t)g->cout, taps = 9 * cin, image = (size_t)g->h * g->w * cin;
  memset(scratch, 0, NAME(few_scratch)(g) * sizeof(T));
  for (size_t n = 0; n < (size_t)g->n; n++, y += (size_t)g->oh * g->ow * cout) {
    NAME(few_pad)(g, x + n * image, scratch);
    for (size_t j = 0; j < cout; j += 2 * W) {
      T packed[27 * 2 * W] __attribute__((aligned(64)));
      size_t cols = min_size(2 * W, cout - j);
      for (size_t t = 0; t < taps; t++)
        for (size_t q = 0; q < 2 * W; q += W)
          STORE(packed + t * 2 * W + q, cols > q ? NAME(load_lanes)(w + t * cout + j + q, min_size(W, cols - q)) : (VEC){0});
#define PANEL(NV, LANES)                                                                                                \
  do {                                                                                                                  \
    if (cin == 1)                                                                                                       \
      NAME(few_panel)(3, NV, g, scratch, packed, y + j, LANES);                                                         \
    else                                                                                                                \
      NAME(few_panel)(9, NV, g, scratch, packed, y + j, LANES);                                                         \
  } while (0)
      if (cols == 2 * W)
        PANEL(2, W);
      else if (cols == W + W / 2)
        PANEL(2, W / 2);
      else if (cols == W)
        PANEL(1, W);
      else
        PANEL(1, W / 2);
#undef PANEL
    }
  }
}

/// dw += the products of nine taps, in `rows` padded rows of `run` elements, with the channels of dy, for `height` rows of
/// outputs.
INLINE void NAME(few_taps)(const int rows, const int run, const int nv, const ap_window *g, size_t height, const T *x,
                           size_t pitch, const T *dy, T *dw, size_t lanes) {
  size_t cout = (size_t)g->cout, step = (size_t)g->stride * (size_t)g->cin, ow = (size_t)g->ow;
  VEC sums[9][2];
  UNROLL for (int t = 0; t < rows * run; t++)
    UNROLL for (int v = 0; v < nv; v++) sums[t][v] = (VEC){0};
  for (size_t oy = 0; oy < height; oy++, x += (size_t)g->stride * pitch) {
    const T *row = x;
    for (size_t ox = 0; ox < ow; ox++, row += step, dy += cout) {
      VEC d[2];
      UNROLL for (int v = 0; v < nv; v++) d[v] = NAME(load_lanes)(dy + (size_t)v * W, v == nv - 1 ? lanes : W);
      UNROLL for (int ky = 0; ky < rows; ky++)
        UNROLL for (int l = 0; l < run; l++)
          UNROLL for (int v = 0; v < nv; v++) sums[ky * run + l][v] += row[(size_t)ky * pitch + (size_t)l] * d[v];
    }
  }
  UNROLL for (int t = 0; t < rows * run; t++)
    UNROLL for (int v = 0; v < nv; v++) {
      size_t count = v == nv - 1 ? lanes : W;
      T *p = dw + (size_t)t * cout + (size_t)v * W;
      NAME(store_lanes)(p, NAME(load_lanes)(p, count) + sums[t][v], count);
    }
}

/// A panel of channels, for all taps of `height` rows of outputs.
INLINE void NAME(few_all_taps)(const int nv, const ap_window *g, size_t height, const T *x, size_t pitch, const T *dy, T *dw,
                               size_t lanes) {
  if (g->cin == 1)
    NAME(few_taps)(3, 3, nv, g, height, x, pitch, dy, dw, lanes);
  else
    for (size_t ky = 0; ky < 3; ky++)
      NAME(few_taps)(1, 9, nv, g, height, x + ky * pitch, pitch, dy, dw + ky * 9 * (size_t)g->cout, lanes);
}

static void NAME(few_weight_gradient)(const ap_window *g, const T *x, const T *dy, T *dw, T *scratch) {
  size_t cin = (size_t)g->cin, cout = (size_t)g->cout, image = (size_t)g->h * g->w * cin;
  memset(dw, 0, 9 * cin * cout * sizeof(T));
  if (g->oh < 1 || g->ow < 1) return;
  size_t oh = (size_t)g->oh, ow = (size_t)g->ow, pitch = NAME(few_width)(g) * cin;
  size_t block = ow < GEMM_DEPTH ? GEMM_DEPTH / ow : 1;  // rows added up in registers: bounds the error
  memset(scratch, 0, NAME(few_scratch)(g) * sizeof(T));
  for (size_t n = 0; n < (size_t)g->n; n++) {
    NAME(few_pad)(g, x + n * image, scratch);
    for (size_t oy = 0; oy < oh; oy += block) {
      size_t height = min_size(block, oh - oy), j = 0;
      const T *rows = scratch + oy * (size_t)g->stride * pitch;
      for (; j + FEW_VECTORS * W <= cout; j += FEW_VECTORS * W)
        NAME(few_all_taps)(FEW_VECTORS, g, height, rows, pitch, dy + j, dw + j, W);
      if (FEW_VECTORS == 2 && cout - j == W + W / 2) {
        NAME(few_all_taps)(2, g, height, rows, pitch, dy + j, dw + j, W / 2);
        j = cout;
      }
      if (j + W <= cout) {
        NAME(few_all_taps)(1, g, height, rows, pitch, dy + j, dw + j, W);
        j += W;
      }
      if (j < cout) NAME(few_all_taps)(1, g, height, rows, pitch, dy + j, dw + j, W / 2);
      dy += height * ow * cout;
    }
  }
}
#undef FEW_PIXELS
#undef FEW_VECTORS
