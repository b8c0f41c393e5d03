// Dense convolution: which way it goes. One GEMM for 1x1 kernels of stride 1, Winograd for wide 3x3 kernels of stride 1,
// kernels of their own for few channels, and im2col and GEMM over a few images for the rest.

static inline int NAME(is_pointwise)(const ap_window *g) {
  return g->kh == 1 && g->kw == 1 && g->stride == 1 && g->padding == 0;
}

/// Images that go into one matrix product: small images alone would pay for packing the weights again and again.
static inline size_t NAME(images_at_once)(const ap_window *g) {
  enum { ROWS = 256 };
  size_t pixels = (size_t)g->oh * g->ow;
  return pixels == 0 || pixels >= ROWS ? 1 : min_size((size_t)g->n, ROWS / pixels);
}

static size_t NAME(conv2d_scratch)(const ap_window *g) {
  if (NAME(is_pointwise)(g)) return 0;
  if (NAME(is_winograd)(g)) return NAME(winograd_scratch)(g);
  size_t columns = NAME(images_at_once)(g) * (size_t)g->oh * g->ow * g->kh * g->kw * g->cin;
  return NAME(is_few)(g) && columns < NAME(few_scratch)(g) ? NAME(few_scratch)(g) : columns;
}

static int NAME(conv2d_by_image)(const ap_window *g) {
  size_t taps = NAME(is_winograd)(g) ? 1 : (size_t)g->kh * g->kw;
  return NAME(gemm_is_by_row)(taps * g->cin, g->cout);
}

/// columns [oh*ow, kh*kw*cin] of one image.
static void NAME(im2col)(const ap_window *g, const T *restrict x, T *restrict columns) {
  size_t cin = (size_t)g->cin, row = (size_t)g->kw * cin, depth = (size_t)g->kh * row;
  for (int32_t oy = 0; oy < g->oh; oy++, columns += (size_t)g->ow * depth)
    for (int32_t ky = 0; ky < g->kh; ky++) {
      int32_t iy = oy * g->stride - g->padding + ky * g->dilation;
      T *out = columns + (size_t)ky * row;
      for (int32_t ox = 0; ox < g->ow; ox++, out += depth) {
        int32_t left = ox * g->stride - g->padding;
        const T *source = x + ((ptrdiff_t)iy * g->w + left) * g->cin;
        if (iy < 0 || iy >= g->h) {
          memset(out, 0, row * sizeof(T));
        } else if (g->dilation == 1 && left >= 0 && left + g->kw <= g->w) {
          if (row == 3) {  // one channel: a call would cost more than the copy
            out[0] = source[0];
            out[1] = source[1];
            out[2] = source[2];
          } else {
            NAME(copy_run)(source, out, row);
          }
        } else {
          for (int32_t kx = 0; kx < g->kw; kx++) {
            int32_t ix = left + kx * g->dilation;
            T *pixel = out + (size_t)kx * cin;
            if (ix < 0 || ix >= g->w)
              memset(pixel, 0, cin * sizeof(T));
            else
              NAME(copy_run)(x + ((size_t)iy * g->w + ix) * cin, pixel, cin);
          }
        }
      }
    }
}

/// The adjoint of im2col, added to x.
static void NAME(col2im)(const ap_window *g, const T *restrict columns, T *restrict x) {
  size_t cin = (size_t)g->cin;
  for (int32_t oy = 0; oy < g->oh; oy++)
    for (int32_t ox = 0; ox < g->ow; ox++)
      for (int32_t ky = 0; ky < g->kh; ky++) {
        int32_t iy = oy * g->stride - g->padding + ky * g->dilation;
        for (int32_t kx = 0; kx < g->kw; kx++, columns += cin) {
          int32_t ix = ox * g->stride - g->padding + kx * g->dilation;
          if (iy < 0 || iy >= g->h || ix < 0 || ix >= g->w) continue;
          T *pixel = x + ((size_t)iy * g->w + ix) * cin;
          for (size_t c = 0; c < cin; c++) pixel[c] += columns[c];
        }
      }
}

static void NAME(conv2d)(const ap_window *g, const T *x, const T *w, T *y, T *scratch) {
  size_t pixels = (size_t)g->oh * g->ow, depth = (size_t)g->kh * g->kw * g->cin, cout = (size_t)g->cout;
  if (NAME(is_pointwise)(g)) {
    NAME(gemm_add)(0, 0, (size_t)g->n * pixels, cout, depth, x, w, 0, y);
    return;
  }
  if (NAME(is_few)(g)) {
    NAME(few)(g, x, w, y, scratch);
    return;
  }
  if (NAME(is_winograd)(g)) {
    NAME(winograd)(g, x, w, y, scratch);
    return;
  }
  size_t image = (size_t)g->h * g->w * g->cin, batch = NAME(images_at_once)(g);
  for (size_t i = 0; i < (size_t)g->n; i += batch) {
    size_t count = min_size(batch, (size_t)g->n - i);
    for (size_t q = 0; q < count; q++) NAME(im2col)(g, x + (i + q) * image, scratch + q * pixels * depth);
    NAME(gemm_add)(0, 0, count * pixels, cout, depth, scratch, w, 0, y + i * pixels * cout);
  }
}

static void NAME(conv2d_input_gradient)(const ap_window *g, const T *dy, const T *w, T *dx, T *scratch) {
  size_t pixels = (size_t)g->oh * g->ow, depth = (size_t)g->kh * g->kw * g->cin, cout = (size_t)g->cout;
  if (NAME(is_pointwise)(g)) {
    NAME(gemm_add)(0, 1, (size_t)g->n * pixels, depth, cout, dy, w, 0, dx);
    return;
  }
  if (NAME(is_winograd)(g)) {
    NAME(winograd_input_gradient)(g, dy, w, dx, scratch);
    return;
  }
  size_t image = (size_t)g->h * g->w * g->cin, batch = NAME(images_at_once)(g);
  memset(dx, 0, (size_t)g->n * image * sizeof(T));
  for (size_t i = 0; i < (size_t)g->n; i += batch) {
    size_t count = min_size(batch, (size_t)g->n - i);
    NAME(gemm_add)(0, 1, count * pixels, depth, cout, dy + i * pixels * cout, w, 0, scratch);
    for (size_t q = 0; q < count; q++) NAME(col2im)(g, scratch + q * pixels * depth, dx + (i + q) * image);
  }
}

static void NAME(conv2d_weight_gradient)(const ap_window *g, const T *x, const T *dy, T *dw, T *scratch) {
  size_t pixels = (size_t)g->oh * g->ow, depth = (size_t)g->kh * g->kw * g->cin, cout = (size_t)g->cout;
  if (NAME(is_pointwise)(g)) {
    NAME(gemm_add)(1, 0, depth, cout, (size_t)g->n * pixels, x, dy, 0, dw);
    return;
  }
  if (NAME(is_few)(g)) {
    NAME(few_weight_gradient)(g, x, dy, dw, scratch);
    return;
  }
  if (NAME(is_winograd)(g)) {
    NAME(winograd_weight_gradient)(g, x, dy, dw, scratch);
    return;
  }
  memset(dw, 0, depth * cout * sizeof(T));
  size_t image = (size_t)g->h * g->w * g->cin, batch = NAME(images_at_once)(g);
  for (size_t i = 0; i < (size_t)g->n; i += batch) {
    size_t count = min_size(batch, (size_t)g->n - i);
    for (size_t q = 0; q < count; q++) NAME(im2col)(g, x + (i + q) * image, scratch + q * pixels * depth);
    NAME(gemm_add)(1, 0, depth, cout, count * pixels, scratch, dy + i * pixels * cout, 1, dw);
  }
}
